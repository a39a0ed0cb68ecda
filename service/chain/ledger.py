"""The log on chain: typed reads and the transactions that the relayer and the registrar send.

Works on any EVM JSON-RPC node.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, Protocol

import requests
from eth_account.signers.local import LocalAccount
from web3 import Web3

from service.chain.artifact import artifact, explain_revert, registry_change
from service.chain.errors import ChainMismatchError, ChainUnavailableError
from service.chain.rpc import ChainRpc, RpcError
from service.core.chain import Recorded
from service.core.state_proof import storage_keys, to_state_proof
from verifier.eip712 import Domain
from verifier.evm_proof import StateProof
from verifier.keccak import keccak256

_RECORDED = "0x" + keccak256(b"Recorded(uint64,uint32,bytes32,bytes)").hex()
_REGISTRY_GAS = 600_000
_DEPLOY_GAS = 14_000_000


class BatchCall(Protocol):
    """What a batch says to the contract."""

    @property
    def records(self) -> bytes: ...
    @property
    def first_leaf(self) -> int: ...
    @property
    def party(self) -> int: ...
    @property
    def keyed_nonce(self) -> int: ...
    @property
    def deadline(self) -> int: ...
    @property
    def signature(self) -> bytes: ...


class ChainLedger(ChainRpc):
    """One LotLedger on one chain, by JSON-RPC."""

    def __init__(self, rpc_url: str, contract: bytes | None = None) -> None:
        super().__init__(rpc_url)
        self.address = contract
        if contract is not None:
            self._set_address(contract)

    def has_code(self) -> bool:
        """Whether there is a contract at our address."""
        assert self.address is not None
        return len(self.ask("eth_getCode", "0x" + self.address.hex(), "latest")) > 2

    # -- the log

    def code(self, block: int) -> bytes:
        """The runtime code at our address as of a block."""
        assert self.address is not None
        return bytes.fromhex(self.ask("eth_getCode", "0x" + self.address.hex(), hex(block))[2:])

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

    def account_word(self, lot: int, site: int, block: int | str = "latest") -> int:
        """The eight lanes of a lot at a site, as the contract keeps them as of a block."""
        return int(self._call("accountWord", lot, site, block=block))

    def nonce_of(self, party: int, lane: int = 0) -> int:
        """The next batch nonce of a party in a lane, counted within it."""
        return int(self._call("nonceOf", party, lane)) & (1 << 64) - 1

    def recorded(self, first_block: int, last_block: int) -> Iterator[Recorded]:
        """The ``Recorded`` logs of a range of blocks, in the order of the log, each with its registry change if any."""
        assert self.address is not None
        query = {"address": "0x" + self.address.hex(), "fromBlock": hex(first_block), "toBlock": hex(last_block)}
        logs = self.ask("eth_getLogs", query)
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
            block = self.ask("eth_getBlockByNumber", hex(block_number), False)
            proof = self.ask("eth_getProof", "0x" + self.address.hex(), storage_keys(lots), hex(block_number))
        except RpcError:
            return None
        made = to_state_proof(block, proof)
        return made if keccak256(made.header).hex() == block["hash"][2:] else None

    # -- transactions

    def sign_record(
        self, relayer: LocalAccount, batch: BatchCall, *, gas: int, tx_nonce: int, chain_id: int
    ) -> tuple[bytes, bytes]:
        """The signed transaction that records a batch, and its hash. Nothing is sent."""
        assert self.address is not None
        return self.sign(relayer, self.address, self._record_data(batch), tx_nonce=tx_nonce, gas=gas, chain_id=chain_id)

    def why_refused(self, relayer: LocalAccount, batch: BatchCall) -> str:
        """The contract's reason for refusing a batch now; empty if it would accept."""
        return self._why_refused(relayer.address, self._record_data(batch))

    def _why_refused(self, sender: str, data: str) -> str:
        assert self.address is not None
        error = self.try_call(sender, self.address, data)
        return "" if error is None else explain_revert(error.data) if error.data else str(error)

    def _record_data(self, batch: BatchCall) -> str:
        return str(
            self._contract.encode_abi(
                "record",
                [batch.records, batch.first_leaf, batch.party, batch.keyed_nonce, batch.deadline, batch.signature],
            )
        )

    def sign_call(
        self, account: LocalAccount, function: str, arguments: Sequence[Any], *, tx_nonce: int
    ) -> tuple[bytes, bytes]:
        """A signed transaction that changes the registry, and its hash. Nothing is sent."""
        assert self.address is not None
        data = str(self._contract.encode_abi(function, list(arguments)))
        return self.sign(account, self.address, data, tx_nonce=tx_nonce, gas=_REGISTRY_GAS)

    def why_call_refused(self, account: LocalAccount, function: str, arguments: Sequence[Any]) -> str:
        """The contract's reason for refusing a registry call now; empty if it would accept."""
        assert self.address is not None
        data = self._contract.encode_abi(function, list(arguments))
        return self._why_refused(account.address, str(data))

    def deploy(self, account: LocalAccount, log_id: bytes) -> int:
        """Deploy a new LotLedger with ``account`` as its registrar, take it as ours, and return its block."""
        contract = self.web3.eth.contract(abi=artifact()["abi"], bytecode=artifact()["bytecode"])
        data = str(contract.constructor(log_id, account.address).data_in_transaction)
        tx_nonce = self.transaction_count(account.address)
        raw_tx, tx_hash = self.sign(account, None, data, tx_nonce=tx_nonce, gas=_DEPLOY_GAS)
        self.send(raw_tx)
        receipt = self.wait(tx_hash)
        self._set_address(bytes.fromhex(receipt["contractAddress"][2:]))
        return int(receipt["blockNumber"], 16)

    def _set_address(self, address: bytes) -> None:
        self.address = address
        self._contract = self.web3.eth.contract(address=Web3.to_checksum_address(address), abi=artifact()["abi"])

    def _call(self, function: str, *arguments: Any, block: int | str = "latest") -> Any:
        try:
            return self._contract.functions[function](*arguments).call(block_identifier=block)  # type: ignore[arg-type]
        except (requests.RequestException, OSError) as error:
            raise ChainUnavailableError(f"the chain node does not answer {function}") from error
