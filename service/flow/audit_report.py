"""What an audit found."""

from dataclasses import dataclass, field
from typing import Any, Literal

MAX_FINDINGS = 50
"""Findings that are kept; more are counted."""

Part = Literal["chain", "contract", "store", "checkpoint", "lot"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. ``part`` says where."""

    part: Part
    detail: str


@dataclass(slots=True)
class AuditReport:
    """An audit as of one block. ``notes`` are worth knowing and no fault."""

    block_number: int
    block_hash: bytes
    leaves: int = 0
    lots: int = 0
    events: int = 0
    checkpoints: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.count == 0

    def find(self, part: Part, detail: str) -> None:
        """Add a finding."""
        self.count += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(part, detail))

    def to_json(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {
            "sound": self.is_sound,
            "block_number": self.block_number,
            "block_hash": "0x" + self.block_hash.hex(),
            "leaves": self.leaves,
            "lots_and_books": self.lots,
            "events": self.events,
            "checkpoints": self.checkpoints,
            "finding_count": self.count,
            "findings": [{"part": one.part, "detail": one.detail} for one in self.findings],
            "notes": self.notes,
        }
