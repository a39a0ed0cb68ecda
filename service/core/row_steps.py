"""The steps that tax notes make a lot's refund rows take on chain (contracts/TaxRows.sol). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.core.lot_facts import Paper
from verifier.claim_messages import ROW_STATES
from verifier.kinds import REVERSAL


@dataclass(frozen=True, slots=True)
class RowStep:
    """What one TAX_STATE note does to a row. ``row`` counts the lot's rows from 1, in the order of their first notes.

    The chain is told that number and never the office's own (申报序号 or 关联号), which could be guessed. ``row`` is 0
    and ``state`` empty where the note names no row or no state. ``pieces`` is None where the note names none.
    """

    lot: int
    position: int
    party: int
    row: int
    seq: str
    state: str
    pieces: int | None
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A stored TAX_STATE note, or the reversal of one, with the party that wrote it."""

    paper: Paper
    party: int


def row_steps(notes: Iterable[Note]) -> list[RowStep]:
    """The steps of one lot, oldest first."""
    ordered = sorted(notes, key=lambda note: note.paper.position)
    undone = {note.paper.target for note in ordered if note.paper.kind & REVERSAL}
    number_by_seq: dict[str, int] = {}
    return [
        _step(note, number_by_seq, note.paper.position in undone) for note in ordered if not note.paper.kind & REVERSAL
    ]


def _step(note: Note, number_by_seq: dict[str, int], is_taken_back: bool) -> RowStep:
    paper = note.paper
    groups = paper.groups()
    document, pieces = groups.get("document", {}), groups.get("goods", {}).get("pieces")
    seq, state = document.get("tax_seq"), document.get("tax_state")
    row = 0
    if isinstance(seq, str) and seq:
        row = number_by_seq.setdefault(seq, len(number_by_seq) + 1)
    is_read = row > 0 and isinstance(state, str) and state in ROW_STATES[1:]
    return RowStep(
        lot=paper.lot,
        position=paper.position,
        party=note.party,
        row=row if is_read else 0,
        seq=seq if isinstance(seq, str) else "",
        state=str(state) if is_read else "",
        pieces=pieces if type(pieces) is int else None,
        is_taken_back=is_taken_back,
    )
