"""The log on chain: typed reads and the transactions that the relayer and the registrar send.

Works on any EVM JSON-RPC node. Large answers (logs) and raw transactions go past web3's formatters, which would copy
every record several times.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, Protocol

import requests
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from service.chain.artifact import artifact, explain_revert, registry_change
from service.chain.errors import ChainMismatchError, ChainRevertError, ChainUnavailableError
from service.core.chain import Block, Recorded
from service.core.state_proof import storage_keys, to_state_proof
from verifier.eip712 import Domain
from verifier.evm_proof import StateProof
from verifier.keccak import keccak256

_RECORDED = "0x" + keccak256(b"Recorded(uint64,uint32,bytes32,bytes)").hex()
_TIMEOUT_SECONDS = 30
_REGISTRY_GAS = 600_000
_DEPLOY_GAS = 8_000_000
_MAX_FEE = 2_000_000_000
"""Wei a gas; far above the base fee of a development chain, and free chains ignore it."""


_NO_FAULTS = ("already known", "already imported", "nonce too low", "replacement transaction underpriced")
"""What nodes say to a transaction that they have, that is mined, or whose nonce another one in their pool holds."""


class _RpcError(Exception):
    """The node answered with an error. ``data`` is the revert data, if there is any."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error.get("message", "")))
        data = error.get("data")
        self.data = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""


class BatchCall(Protocol):
    """What a batch says to the contract."""

    @property
    def records(self) -> bytes: ...
    @property
    def first_leaf(self) -> int: ...
    @property
    def party(self) -> int: ...
    @property
    def nonce(self) -> int: ...
    @property
    def deadline(self) -> int: ...
    @property
    def signature(self) -> bytes: ...


class ChainLedger:
    """One LotLedger on one chain, by JSON-RPC."""

    def __init__(self, rpc_url: str, contract: bytes | None = None) -> None:
        self.rpc_url = rpc_url
        self._web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": _TIMEOUT_SECONDS}))
        self.address = contract
        if contract is not None:
            self._set_address(contract)

    def _ask(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call without web3's formatters."""
        try:
            answer = self._web3.provider.make_request(method, list(parameters))  # type: ignore[arg-type]
        except (requests.RequestException, OSError) as error:
            raise ChainUnavailableError(f"the chain node does not answer {method}") from error
        if "error" in answer:
            raise _RpcError(answer["error"])
        return answer["result"]

    # -- blocks and accounts

    def chain_id(self) -> int:
        """The chain's id."""
        return int(self._ask("eth_chainId"), 16)

    def block(self, number: int | str = "latest") -> Block | None:
        """A block, or None if the chain has no such block."""
        tag = hex(number) if isinstance(number, int) else number
        found = self._ask("eth_getBlockByNumber", tag, False)
        if found is None:
            return None
        block_hash, parent = (bytes.fromhex(found[name][2:]) for name in ("hash", "parentHash"))
        return Block(int(found["number"], 16), block_hash, int(found["timestamp"], 16), parent)

    def transaction_count(self, address: str) -> int:
        """How many transactions of an account are mined."""
        return int(self._ask("eth_getTransactionCount", address, "latest"), 16)

    def set_balance(self, address: str, wei: int) -> None:
        """Give an account money; only a development chain does that."""
        self._ask("anvil_setBalance", address, hex(wei))

    def has_code(self) -> bool:
        """Whether there is a contract at our address."""
        assert self.address is not None
        return len(self._ask("eth_getCode", "0x" + self.address.hex(), "latest")) > 2

    # -- the log

    def domain(self) -> Domain:
        """Chain id, contract and log id."""
        assert self.address is not None
        if not self.has_code():
            raise ChainMismatchError(f"no contract at 0x{self.address.hex()} on chain {self.chain_id()}")
        return Domain(self.chain_id(), self.address, bytes(self._call("logId")))

    def tree_head(self, block: int | str = "latest") -> tuple[int, bytes]:
        """Size and root of the tree as of a block."""
        size, root = self._call("treeHead", block=block)
        return size, bytes(root)

    def history(self, lot: int, block: int | str = "latest") -> tuple[bytes, int]:
        """Head and length of a lot's history as of a block."""
        head, length, _ = self._call("history", lot, block=block)
        return bytes(head), length

    def account_word(self, lot: int, site: int) -> int:
        """The eight lanes of a lot at a site, as the contract keeps them."""
        return int(self._call("accountWord", lot, site))

    def nonce_of(self, party: int) -> int:
        """The next batch nonce of a party."""
        return int(self._call("nonceOf", party, 0))

    def recorded(self, first_block: int, last_block: int) -> Iterator[Recorded]:
        """The ``Recorded`` logs of a range of blocks, in the order of the log, each with its registry change if any."""
        assert self.address is not None
        query = {"address": "0x" + self.address.hex(), "fromBlock": hex(first_block), "toBlock": hex(last_block)}
        logs = self._ask("eth_getLogs", query)
        for log, following in zip_longest(logs, logs[1:]):
            if log["topics"][0] != _RECORDED:
                continue
            data = bytes.fromhex(log["data"][2:])
            length = int.from_bytes(data[64:96], "big")
            yield Recorded(
                int(log["topics"][1], 16),
                int(log["topics"][2], 16),
                data[:32],
                data[96 : 96 + length],
                bytes.fromhex(log["transactionHash"][2:]),
                int(log["blockNumber"], 16),
                bytes.fromhex(log["blockHash"][2:]),
                None if following is None else registry_change(following),
            )

    def state_proof(self, block_number: int, lots: Iterable[int]) -> StateProof | None:
        """What the contract held of the tree head and these histories at a block (EIP-1186); None without proof."""
        assert self.address is not None
        try:
            block = self._ask("eth_getBlockByNumber", hex(block_number), False)
            proof = self._ask("eth_getProof", "0x" + self.address.hex(), storage_keys(lots), hex(block_number))
        except _RpcError:
            return None
        made = to_state_proof(block, proof)
        return made if keccak256(made.header).hex() == block["hash"][2:] else None

    # -- transactions

    def sign_record(
        self, relayer: LocalAccount, batch: BatchCall, *, gas: int, tx_nonce: int, chain_id: int
    ) -> tuple[bytes, bytes]:
        """The signed transaction that records a batch, and its hash. Nothing is sent."""
        assert self.address is not None
        transaction: dict[str, Any] = {
            "to": Web3.to_checksum_address(self.address),
            "data": self._record_data(batch),
            "gas": gas,
            "nonce": tx_nonce,
            "chainId": chain_id,
            "maxFeePerGas": _MAX_FEE,
            "maxPriorityFeePerGas": 0,
            "value": 0,
        }
        signed = relayer.sign_transaction(transaction)
        return bytes(signed.raw_transaction), bytes(signed.hash)

    def why_refused(self, relayer: LocalAccount, batch: BatchCall) -> str:
        """The contract's reason for refusing a batch now; empty if it would accept."""
        return self._why_refused(relayer.address, self._record_data(batch))

    def _why_refused(self, sender: str, data: str) -> str:
        assert self.address is not None
        call = {"from": sender, "to": "0x" + self.address.hex(), "data": data}
        try:
            self._ask("eth_call", call, "latest")
        except _RpcError as error:
            return explain_revert(error.data) if error.data else str(error)
        return ""

    def _record_data(self, batch: BatchCall) -> str:
        return str(
            self._contract.encode_abi(
                "record", [batch.records, batch.first_leaf, batch.party, batch.nonce, batch.deadline, batch.signature]
            )
        )

    def send(self, raw_tx: bytes) -> bool:
        """Hand a signed transaction to the node. One that the node has already, pending or mined, is not an error.
        Nor is another one with its nonce: one of the two will be mined, and reconciling sees which.

        False if its nonce is used up: it is mined, or another one is.
        """
        try:
            self._ask("eth_sendRawTransaction", "0x" + raw_tx.hex())
        except _RpcError as error:
            message = str(error).lower()
            if not any(known in message for known in _NO_FAULTS):
                raise
            return "nonce too low" not in message
        return True

    def is_mined(self, tx_hash: bytes) -> bool | None:
        """True if a transaction succeeded, False if it failed, None if it is not mined."""
        receipt = self._ask("eth_getTransactionReceipt", "0x" + tx_hash.hex())
        return None if receipt is None else int(receipt["status"], 16) == 1

    def sign_call(
        self, account: LocalAccount, function: str, arguments: Sequence[Any], *, tx_nonce: int
    ) -> tuple[bytes, bytes]:
        """A signed transaction that changes the registry, and its hash. Nothing is sent."""
        call = self._contract.functions[function](*arguments)
        return self._sign(account, call, tx_nonce=tx_nonce, gas=_REGISTRY_GAS)

    def why_call_refused(self, account: LocalAccount, function: str, arguments: Sequence[Any]) -> str:
        """The contract's reason for refusing a registry call now; empty if it would accept."""
        assert self.address is not None
        data = self._contract.encode_abi(function, list(arguments))
        return self._why_refused(account.address, str(data))

    def deploy(self, account: LocalAccount, log_id: bytes) -> int:
        """Deploy a new LotLedger with ``account`` as its registrar, take it as ours, and return its block."""
        contract = self._web3.eth.contract(abi=artifact()["abi"], bytecode=artifact()["bytecode"])
        tx_nonce = self.transaction_count(account.address)
        constructor = contract.constructor(log_id, account.address)
        raw_tx, tx_hash = self._sign(account, constructor, tx_nonce=tx_nonce, gas=_DEPLOY_GAS)
        self.send(raw_tx)
        receipt = self.wait(tx_hash)
        self._set_address(bytes.fromhex(receipt["contractAddress"][2:]))
        return int(receipt["blockNumber"], 16)

    def wait(self, tx_hash: bytes) -> Any:
        """The receipt of a transaction once it is mined. ChainRevertError if it was refused."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            receipt = self._ask("eth_getTransactionReceipt", "0x" + tx_hash.hex())
            if receipt is not None:
                if int(receipt["status"], 16) != 1:
                    raise ChainRevertError("refused when it was mined")
                return receipt
            time.sleep(0.05)
        raise ChainUnavailableError("a transaction was not mined in time")

    def _set_address(self, address: bytes) -> None:
        self.address = address
        self._contract = self._web3.eth.contract(address=Web3.to_checksum_address(address), abi=artifact()["abi"])

    def _call(self, function: str, *arguments: Any, block: int | str = "latest") -> Any:
        try:
            return self._contract.functions[function](*arguments).call(block_identifier=block)  # type: ignore[arg-type]
        except (requests.RequestException, OSError) as error:
            raise ChainUnavailableError(f"the chain node does not answer {function}") from error

    def _sign(self, account: LocalAccount, call: Any, *, tx_nonce: int, gas: int) -> tuple[bytes, bytes]:
        fields = {"from": account.address, "nonce": tx_nonce, "gas": gas, "chainId": self.chain_id(), "value": 0}
        transaction = call.build_transaction(fields | {"maxFeePerGas": _MAX_FEE, "maxPriorityFeePerGas": 0})
        signed = account.sign_transaction(transaction)
        return bytes(signed.raw_transaction), bytes(signed.hash)
