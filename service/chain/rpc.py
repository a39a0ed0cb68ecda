"""One node of an EVM chain by JSON-RPC: blocks, raw transactions, receipts. No contract is known here.

Large answers (logs) and raw transactions go past web3's formatters, which would copy every record several times.
"""

import time
from typing import Any

import requests
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3
from web3.providers.rpc.utils import ExceptionRetryConfiguration

from service.chain.errors import ChainRevertError, ChainUnavailableError
from service.core.chain import Block

CONNECT_SECONDS, READ_SECONDS = 2, 5
"""A caller of the API waits for the node: one that hangs is an outage at once, and asking again is safe."""
_LOGS_SECONDS = 30
"""Logs of many blocks take a node longer; only the worker asks for them."""
_MINED_SECONDS = 30
_RETRY = ExceptionRetryConfiguration(errors=(requests.ConnectionError,), retries=2)
"""Both attempts counted: a kept connection may be closed just when it is used. A slow answer is not asked for again."""
_MAX_FEE = 2_000_000_000
"""Wei a gas; far above the base fee of a development chain, and free chains ignore it."""
_NO_FAULTS = ("already known", "already imported", "nonce too low", "replacement transaction underpriced")
"""What nodes say to a transaction that they have, that is mined, or whose nonce another one in their pool holds."""


class RpcError(Exception):
    """The node answered with an error. ``data`` is the revert data, if there is any."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error.get("message", "")))
        data = error.get("data")
        self.data = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""


class ChainRpc:
    """JSON-RPC calls to one node. All raise ChainUnavailableError if it does not answer."""

    def __init__(self, rpc_url: str) -> None:
        self.rpc_url = rpc_url
        self.web3 = Web3(_provider(rpc_url, READ_SECONDS))
        self._for_logs = _provider(rpc_url, _LOGS_SECONDS)

    def ask(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call without web3's formatters."""
        provider = self._for_logs if method == "eth_getLogs" else self.web3.provider
        try:
            answer = provider.make_request(method, list(parameters))  # type: ignore[arg-type]
        except (requests.RequestException, OSError) as error:
            raise ChainUnavailableError(f"the chain node does not answer {method}") from error
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def chain_id(self) -> int:
        """The chain's id."""
        return int(self.ask("eth_chainId"), 16)

    def block(self, number: int | str = "latest") -> Block | None:
        """A block, or None if the chain has no such block."""
        tag = hex(number) if isinstance(number, int) else number
        found = self.ask("eth_getBlockByNumber", tag, False)
        if found is None:
            return None
        block_hash, parent = (bytes.fromhex(found[name][2:]) for name in ("hash", "parentHash"))
        return Block(int(found["number"], 16), block_hash, int(found["timestamp"], 16), parent)

    def transaction_count(self, address: str) -> int:
        """How many transactions of an account are mined."""
        return int(self.ask("eth_getTransactionCount", address, "latest"), 16)

    def set_balance(self, address: str, wei: int) -> None:
        """Give an account money; only a development chain does that."""
        self.ask("anvil_setBalance", address, hex(wei))

    def send(self, raw_tx: bytes) -> bool:
        """Hand a signed transaction to the node. One that the node has already, pending or mined, is not an error.
        Nor is another one with its nonce: one of the two will be mined, and reconciling sees which.

        False if its nonce is used up: it is mined, or another one is.
        """
        try:
            self.ask("eth_sendRawTransaction", "0x" + raw_tx.hex())
        except RpcError as error:
            message = str(error).lower()
            if not any(known in message for known in _NO_FAULTS):
                raise
            return "nonce too low" not in message
        return True

    def is_mined(self, tx_hash: bytes) -> bool | None:
        """True if a transaction succeeded, False if it failed, None if it is not mined."""
        receipt = self.ask("eth_getTransactionReceipt", "0x" + tx_hash.hex())
        return None if receipt is None else int(receipt["status"], 16) == 1

    def wait(self, tx_hash: bytes) -> Any:
        """The receipt of a transaction once it is mined. ChainRevertError if it was refused."""
        deadline = time.monotonic() + _MINED_SECONDS
        while time.monotonic() < deadline:
            receipt = self.ask("eth_getTransactionReceipt", "0x" + tx_hash.hex())
            if receipt is not None:
                if int(receipt["status"], 16) != 1:
                    raise ChainRevertError("refused when it was mined")
                return receipt
            time.sleep(0.05)
        raise ChainUnavailableError("a transaction was not mined in time")

    def try_call(self, sender: str, to: bytes, data: str, gas: int | None = None) -> RpcError | None:
        """What a call would meet now, with so much gas if it is given; None if it would go through."""
        call = {"from": sender, "to": "0x" + to.hex(), "data": data} | ({} if gas is None else {"gas": hex(gas)})
        try:
            self.ask("eth_call", call, "latest")
        except RpcError as error:
            return error
        return None

    def sign(
        self,
        account: LocalAccount,
        to: bytes | None,
        data: str,
        *,
        tx_nonce: int,
        gas: int,
        chain_id: int | None = None,
    ) -> tuple[bytes, bytes]:
        """A signed transaction that calls a contract, or deploys one (``to`` None), and its hash. Nothing is sent."""
        transaction: dict[str, Any] = {
            "data": data,
            "gas": gas,
            "nonce": tx_nonce,
            "chainId": self.chain_id() if chain_id is None else chain_id,
            "maxFeePerGas": _MAX_FEE,
            "maxPriorityFeePerGas": 0,
            "value": 0,
        }
        if to is not None:
            transaction["to"] = Web3.to_checksum_address(to)
        signed = account.sign_transaction(transaction)
        return bytes(signed.raw_transaction), bytes(signed.hash)


def _provider(rpc_url: str, read_seconds: int) -> HTTPProvider:
    timeout = {"timeout": (CONNECT_SECONDS, read_seconds)}
    return HTTPProvider(rpc_url, request_kwargs=timeout, exception_retry_configuration=_RETRY)
