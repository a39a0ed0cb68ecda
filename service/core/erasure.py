"""What is asked to be erased, what goes and what stays. Pure values (docs/erasure.md)."""

from dataclasses import dataclass
from enum import StrEnum

from service.core.details import buyer_subject, order_subject
from service.core.retention import Evidence, Kept

ERASED = "Erased"
"""How the waiting of an event ends whose details were erased."""


class SubjectKind(StrEnum):
    """Whose details."""

    ORDER = "order"
    BUYER = "buyer"


@dataclass(frozen=True, slots=True)
class Asked:
    """Erase what ``party`` has told of one order or buyer. ``by`` says who asks, for the record of erasures."""

    party: int
    kind: SubjectKind
    value: str
    by: str

    @property
    def name(self) -> str:
        """The name of the subject."""
        return order_subject(self.value) if self.kind is SubjectKind.ORDER else buyer_subject(self.value)


@dataclass(frozen=True, slots=True)
class SubjectEvent:
    """An event that tells of a subject, as far as deciding needs it."""

    evidence: Evidence
    has_person: bool


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """An erasure as it is recorded: what went, when, at whose word; never whose details they were.

    ``subject`` is there until it is finished: it says what is left to do after a crash. Times in unix seconds.
    """

    number: int
    party: int
    kind: SubjectKind
    groups: tuple[str, ...]
    asked_by: str
    asked_at: int
    events: int
    subject: int | None
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an erasure does: ``groups`` of ``events`` events go, ``waiting`` events end, ``kept`` says what stays why.

    ``number`` is that of the record once it is done.
    """

    subject: int | None
    events: int
    groups: tuple[str, ...]
    waiting: tuple[bytes, ...]
    kept: Kept | None
    number: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing would go."""
        return not (self.groups or self.waiting or self.takes_key)

    @property
    def takes_key(self) -> bool:
        """Whether the subject's key goes: nothing that it locks is kept."""
        return self.subject is not None and self.kept is None
