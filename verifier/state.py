"""What the contract held at the anchor's block; here as a state proof shows it (EIP-1186)."""

from typing import Protocol

from verifier.anchor import Anchor
from verifier.contract import TREE_ROOT_SLOT, TREE_SIZE_SLOT, expected_code, history_slots, length_of, size_of
from verifier.errors import InvalidError, UnavailableError
from verifier.evm_proof import Header, Trie
from verifier.keccak import keccak256
from verifier.view import History


class State(Protocol):
    """The contract at one block. Whoever opens one has checked that it runs the pinned code."""

    def tree_head(self) -> tuple[int, bytes]:
        """Size and root of the tree."""

    def history(self, lot: int) -> History:
        """The history of a lot or book."""


def verify_tree_head(state: State, anchor: Anchor) -> None:
    """InvalidError unless the contract held the anchor's tree head."""
    if state.tree_head() != (anchor.tree_size, anchor.root):
        raise InvalidError(f"the contract held another tree head at block {anchor.block_number}")


class ProvenState:
    """The storage of the contract, proven against the anchor's block hash. Who trusts that hash trusts the rest.

    Raises UnavailableError if the anchor carries no proof, InvalidError if the proof is not of its block, or if the
    contract runs other code than ours.
    """

    def __init__(self, anchor: Anchor) -> None:
        proof = anchor.state_proof
        if proof is None:
            raise UnavailableError("the credential carries no state proof")
        if keccak256(proof.header) != anchor.block_hash:
            raise InvalidError("the block header of the state proof is not the anchor's block")
        header = Header.from_rlp(proof.header)
        if (header.number, header.timestamp) != (anchor.block_number, anchor.block_time):
            raise InvalidError("the anchor's block has another number or time")
        self._trie = Trie(proof.nodes)
        account = self._trie.account(header.state_root, anchor.domain.contract)
        if account.code_hash != keccak256(expected_code(anchor.domain)):
            raise InvalidError("the contract does not run the pinned code of this log")
        self._storage_root = account.storage_root

    def tree_head(self) -> tuple[int, bytes]:
        """Size and root of the tree."""
        return size_of(self._slot(TREE_SIZE_SLOT)), self._slot(TREE_ROOT_SLOT).to_bytes(32, "big")

    def history(self, lot: int) -> History:
        """The history of a lot or book."""
        head, counts = history_slots(lot)
        return History(self._slot(head).to_bytes(32, "big"), length_of(self._slot(counts)))

    def _slot(self, slot: int) -> int:
        return self._trie.storage(self._storage_root, slot)
