"""The registry of claims on chain: typed reads, and the transactions that the outbox sends."""

from collections.abc import Sequence
from typing import Any

import requests
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import Web3Exception

from service.chain.artifact import claims_artifact, explain_revert
from service.chain.errors import ChainUnavailableError
from service.chain.rpc import ChainRpc


class ChainClaims(ChainRpc):
    """One ClaimRegistry on one chain, by JSON-RPC. ``chain_number`` is the chain's id."""

    def __init__(self, rpc_url: str, contract: bytes, chain_number: int) -> None:
        super().__init__(rpc_url)
        self._address = contract
        self._chain_number = chain_number
        self._contract = self.web3.eth.contract(
            address=Web3.to_checksum_address(contract), abi=claims_artifact()["abi"]
        )

    def block_number(self) -> int:
        """The newest block."""
        return int(self.ask("eth_blockNumber"), 16)

    def receipt_of(self, tx_hash: bytes) -> tuple[int, bool] | None:
        """(block, whether it succeeded) of a transaction; None if it is not mined."""
        receipt = self.ask("eth_getTransactionReceipt", "0x" + tx_hash.hex())
        return None if receipt is None else (int(receipt["blockNumber"], 16), int(receipt["status"], 16) == 1)

    def why_refused(self, sender: str, function: str, arguments: Sequence[Any], *, gas: int) -> str:
        """The contract's reason for refusing a call with so much gas now; empty if it would accept."""
        error = self.try_call(sender, self._address, self._encode(function, arguments), gas)
        return "" if error is None else explain_revert(error.data) if error.data else str(error)

    def why_refused_again(self, sender: str, raw_tx: bytes) -> str:
        """The contract's reason for refusing a signed transaction now; empty if it would accept."""
        data = "0x" + bytes(TypedTransaction.from_bytes(HexBytes(raw_tx)).as_dict()["data"]).hex()
        error = self.try_call(sender, self._address, data)
        return "" if error is None else explain_revert(error.data) if error.data else str(error)

    def sign_claim_call(
        self, account: LocalAccount, function: str, arguments: Sequence[Any], *, tx_nonce: int, gas: int
    ) -> tuple[bytes, bytes]:
        """A signed transaction that calls the registry, and its hash. Nothing is sent."""
        data = self._encode(function, arguments)
        return self.sign(account, self._address, data, tx_nonce=tx_nonce, gas=gas, chain_id=self._chain_number)

    def tank(self, claim_id: bytes, currency: str) -> tuple[int, int]:
        """(cumulative share, limit) of a currency of a claim."""
        share, limit, _ = self._call("tankOf", claim_id, currency.encode())
        return int(share), int(limit)

    def receipt_share(self, bank: int, reference: bytes) -> int:
        """How far a bank's receipt is drained."""
        return int(self._call("receiptOf", bank, reference)[0])

    def adverse_sum(self, claim_id: bytes) -> int:
        """The sum of the ledger's adverse counters over the lots of a claim."""
        return int(self._call("adverseOf", claim_id))

    def book_cursor(self, purpose: int, book: int) -> int:
        """Up to which position claims of a purpose have consumed a book."""
        return int(self._call("bookCursor", purpose, book))

    def overdrawn_of(self, owner: int) -> list[bytes]:
        """Lineages of an owner that are overdrawn and not settled."""
        return [bytes(claim_id) for claim_id in self._call("overdrawnOf", owner)]

    def row_live_pieces(self, lot: int, row: int) -> int:
        """Pieces of a lot's refund row that are live: neither repaid nor taken back."""
        return int(self._call("rowOf", lot, row)[2])

    def refunds(self, lot: int) -> tuple[int, int]:
        """Pieces of a lot in live pre-refund rows, and pieces refunded for good."""
        live, refunded = self._call("refundsOf", lot)
        return int(live), int(refunded)

    def claim_version(self, claim_id: bytes) -> int:
        """The version of a claim; 0 if there is none."""
        return int(self._call("claimOf", claim_id)[5])

    def _encode(self, function: str, arguments: Sequence[Any]) -> str:
        return str(self._contract.encode_abi(function, list(arguments)))

    def _call(self, function: str, *arguments: Any) -> Any:
        try:
            return self._contract.functions[function](*arguments).call()
        except (requests.RequestException, OSError, Web3Exception) as error:
            raise ChainUnavailableError(f"the chain node does not answer {function}") from error
