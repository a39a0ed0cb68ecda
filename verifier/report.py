"""What a verification answers: one of three things, step by step, with what was *not* checked beside it."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from verifier.anchor import Anchor
from verifier.claim_record import Recorded
from verifier.declaration import Line
from verifier.payload import Cutoff
from verifier.record import lot_to_hex
from verifier.roles import Custody
from verifier.shapes import to_hex
from verifier.status import StatusPlace

Facts = dict[str, int | str]
"""Numbers and names that fill a text of ``verifier.texts``."""


class Outcome(StrEnum):
    """How one step ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


class Answer(StrEnum):
    """What the verifier says of a credential."""

    VALID = "valid"
    INVALID = "invalid"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One of the ten steps. ``reason`` is empty if it passed; ``variant`` names a text of its own for how it ended."""

    number: int
    outcome: Outcome
    reason: str = ""
    facts: Facts = field(default_factory=dict)
    variant: str = ""

    def to_json(self) -> dict[str, Any]:
        """The step as the machine form shows it."""
        return {"step": self.number, "outcome": self.outcome.value, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be said beside the answer: a code of ``verifier.texts`` and what fills its text."""

    code: str
    facts: Facts = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The note as the machine form shows it."""
        return {"code": self.code, **self.facts}


@dataclass(frozen=True, slots=True)
class Attestation:
    """What one party attested: how many events of each kind, in which roles it stood, and who held its keys."""

    party: int
    roles: tuple[str, ...]
    count_by_kind: dict[str, int]
    custody: tuple[Custody, ...]

    def to_json(self) -> dict[str, Any]:
        """The attestation as the machine form shows it."""
        return {
            "party": self.party,
            "roles": list(self.roles),
            "kinds": self.count_by_kind,
            "keys": [custody.value for custody in self.custody],
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """A disclosed group of the event at a position of the history of a lot or book."""

    lot: int
    position: int
    kind: str
    group: str
    value: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The group as the machine form shows it."""
        lot = lot_to_hex(self.lot)
        return {"lot": lot, "position": self.position, "kind": self.kind, "group": self.group, "value": self.value}


@dataclass(frozen=True, slots=True)
class Statement:
    """What the credential says, once it holds together in itself. ``lines`` are the lots whose line is proven.

    ``claim`` is the member of the payload: its figures follow from the events only if step 8 passed.
    """

    vct: str
    iss: str
    issuer: int
    iat: int
    exp: int
    claim: dict[str, Any]
    lots: tuple[int, ...]
    lines: dict[int, Line]
    recorded: Recorded | None
    cutoff: Cutoff
    anchor: Anchor
    shown: tuple[Shown, ...]
    status: StatusPlace | None = None

    def lots_by_line(self) -> list[int]:
        """The lots in the order of their lines; those whose line is not proven come last."""
        return sorted(self.lots, key=self._place)

    def _place(self, lot: int) -> tuple[bool, str, int, int]:
        line = self.lines.get(lot)
        return (True, "", 0, 0) if line is None else (False, line.declaration_no, line.item_no, line.part_no or 0)

    def to_json(self) -> dict[str, Any]:
        """The statement as the machine form shows it."""
        anchor = self.anchor
        return {
            "vct": self.vct,
            "iss": self.iss,
            "issuer": self.issuer,
            "iat": self.iat,
            "exp": self.exp,
            "claim": self.claim,
            "lots": [lot_to_hex(lot) for lot in self.lots],
            "lines": {
                lot_to_hex(lot): {
                    "declaration_no": line.declaration_no,
                    "item_no": line.item_no,
                    "part_no": line.part_no,
                }
                for lot, line in self.lines.items()
            },
            "recorded": None if self.recorded is None else asdict(self.recorded),
            "status": None if self.status is None else self.status.to_json()["status_list"],
            "cutoff": self.cutoff.to_json(),
            "checkpoint": {
                "log": anchor.domain.origin("")[1:],
                "tree_size": anchor.tree_size,
                "root": to_hex(anchor.root),
                "block_number": anchor.block_number,
                "block_hash": to_hex(anchor.block_hash),
                "block_time": anchor.block_time,
            },
            "disclosed": [shown.to_json() for shown in self.shown],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer. ``statement`` is there unless the credential is invalid; it is confirmed only if valid.

    ``is_from_pdf``: a credential was found in a certificate, and the answer is of it alone.
    """

    answer: Answer
    steps: tuple[StepResult, ...]
    statement: Statement | None
    attestations: tuple[Attestation, ...]
    remarks: tuple[Note, ...]
    not_checked: tuple[Note, ...]
    is_from_pdf: bool = False

    @property
    def deciding_step(self) -> StepResult | None:
        """The step because of which the answer is not "valid"."""
        wanted = {Answer.INVALID: Outcome.FAILED, Answer.CANNOT_TELL: Outcome.NOT_CHECKED}.get(self.answer)
        return next((step for step in self.steps if step.outcome is wanted), None)

    def to_json(self) -> dict[str, Any]:
        """The machine form."""
        deciding = self.deciding_step
        return {
            "answer": self.answer.value,
            "because": None if deciding is None else deciding.to_json(),
            "steps": [step.to_json() for step in self.steps],
            "says": None if self.statement is None else self.statement.to_json(),
            "attested": [attestation.to_json() for attestation in self.attestations],
            "remarks": [remark.to_json() for remark in self.remarks],
            "not_checked": [note.to_json() for note in self.not_checked],
        }
