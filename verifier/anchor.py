"""The anchor of a credential: which log on which chain, its tree head, and the block at which both were read."""

from dataclasses import dataclass
from typing import Any

from verifier.eip712 import Domain
from verifier.errors import MalformedError
from verifier.evm_proof import StateProof
from verifier.shapes import hex_bytes, integer, members, to_hex

_MEMBERS = (
    "chain_id",
    "contract",
    "log_id",
    "tree_size",
    "root",
    "block_number",
    "block_hash",
    "block_time",
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """``root`` and ``block_hash`` have 32 bytes; ``block_time`` is in unix seconds.

    ``state_proof`` shows from the block hash alone what the contract held at that block (EIP-1186).
    """

    domain: Domain
    tree_size: int
    root: bytes
    block_number: int
    block_hash: bytes
    block_time: int
    state_proof: StateProof | None = None

    @classmethod
    def from_json(cls, value: Any) -> "Anchor":
        """Read the member ``anchor``."""
        found = members(value, "anchor", _MEMBERS, ("state_proof",))
        proof = found.get("state_proof")
        if "state_proof" in found and proof is None:
            raise MalformedError("state_proof is null")
        return cls(
            Domain(
                integer(found["chain_id"], "chain_id"),
                hex_bytes(found["contract"], "contract", 20),
                hex_bytes(found["log_id"], "log_id", 32),
            ),
            integer(found["tree_size"], "tree_size", minimum=1),
            hex_bytes(found["root"], "root", 32),
            integer(found["block_number"], "block_number"),
            hex_bytes(found["block_hash"], "block_hash", 32),
            integer(found["block_time"], "block_time"),
            None if proof is None else StateProof.from_json(proof),
        )

    def to_json(self) -> dict[str, Any]:
        """The member ``anchor``."""
        found: dict[str, Any] = {
            "chain_id": self.domain.chain_id,
            "contract": to_hex(self.domain.contract),
            "log_id": to_hex(self.domain.log_id),
            "tree_size": self.tree_size,
            "root": to_hex(self.root),
            "block_number": self.block_number,
            "block_hash": to_hex(self.block_hash),
            "block_time": self.block_time,
        }
        return found if self.state_proof is None else found | {"state_proof": self.state_proof.to_json()}
