"""The rows of a lot's tax account, replayed from its TAX_STATE notes: the tax office's word, and all of it.

The machine is the ``ClaimRegistry``'s: a row (申报序号 or 关联号) begins with PRE_REFUND or ORDINARY and goes on as
``_NEXT`` says. States and pieces are read here; what they come to in money is in ``tax_amounts``, since a reader such
as customs sees the certificates and not the amounts.
"""

from dataclasses import dataclass, replace
from datetime import date

from verifier.calendar import beijing_day
from verifier.claims.case import ClaimRefusedError, LotStory, Told
from verifier.claims.members import check_same_attester, find_day, find_text, find_whole
from verifier.kinds import REVERSAL_SUFFIX
from verifier.record import lot_to_hex

METHODS = ("exempt_refund", "exempt_credit_refund")
"""免退税 of a trader, 免抵退税 of a manufacturer."""
PRE_REFUND_TYPE = "HWC-YT"
_NEXT: dict[str | None, tuple[str, ...]] = {
    None: ("PRE_REFUND", "ORDINARY"),
    "PRE_REFUND": ("FINALISED",),
    "FINALISED": ("REPAID", "REVERSED", "RECOVERED"),
    "REPAID": (),
    "REVERSED": ("RECLAIMED",),
    "RECLAIMED": ("RECLAIM_ADJUSTED",),
    "RECLAIM_ADJUSTED": ("RECLAIM_ADJUSTED",),
    "ORDINARY": (),
    "RECOVERED": ("ORDINARY",),
}
_STANDING = ("PRE_REFUND", "FINALISED")
_REFUNDED = ("RECLAIMED", "RECLAIM_ADJUSTED", "ORDINARY")


@dataclass(frozen=True, slots=True)
class Repayment:
    """Tax repaid for pieces of a row, with its 已补税 certificate."""

    note: Told
    pieces: int
    certificate_no: str
    certificate_on: date


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One row. ``state`` stays FINALISED while some of its pieces are repaid for, and is REPAID when all are.

    ``opened`` is the PRE_REFUND or ORDINARY note, ``finalised`` the FINALISED one, ``last`` the last that was not a
    repayment. ``pieces`` is what the row was finalised for; ``refunded`` what a claim after a sale covers.
    """

    lot: int
    seq: str
    state: str
    method: str | None
    tax_row: str | None
    opened: Told
    last: Told
    pieces: int
    refunded: int = 0
    finalised: Told | None = None
    repayments: tuple[Repayment, ...] = ()

    @property
    def repaid_pieces(self) -> int:
        """Pieces whose refund was repaid."""
        return sum(repayment.pieces for repayment in self.repayments)

    @property
    def finalised_on(self) -> date | None:
        """The day on which the office finalised the pre-refund."""
        return None if self.finalised is None else find_day(self.finalised, "document", "finalised_on")

    @property
    def standing_pieces(self) -> int:
        """Pieces whose pre-refund stands: neither repaid nor reversed nor recovered."""
        return self.pieces - self.repaid_pieces if self.state in _STANDING else 0

    @property
    def refunded_pieces(self) -> int:
        """Pieces that a refund stands for, before or after their sale."""
        return self.refunded if self.state in _REFUNDED else self.standing_pieces


def tax_rows(lot: LotStory) -> tuple[TaxRow, ...]:
    """The rows of a lot in the order in which they were opened.

    Raises ClaimRefusedError: RowNumberMissing, RowOfAnotherLine, RowStateMissing, RowTransition, RowPieces,
    RowsAboveDeclared, RowNotPreRefund, RowMethod, FinalisedOnMissing, CertificateMissing, TakenBackByAnother, IllTyped;
    and WithheldError.
    """
    rows: dict[str, TaxRow] = {}
    lines = _line_numbers(lot)
    for note in _notes(lot):
        seq = find_text(note, "document", "tax_seq")
        if seq is None:
            raise _refused("RowNumberMissing", note, "names no row", field="document.tax_seq")
        _check_line(note, lines)
        rows[seq] = _apply(rows.get(seq), note, seq)
        standing = sum(row.standing_pieces for row in rows.values())
        if standing > lot.declared:
            raise _refused(
                "RowsAboveDeclared", note, "makes the rows speak of more pieces than were declared",
                expected=lot.declared, got=standing,
            )  # fmt: skip
    return tuple(rows.values())


def _notes(lot: LotStory) -> list[Told]:
    """The notes that stand; the office that wrote one is the one to take it back."""
    found = []
    for note in lot.events:
        if note.kind == "TAX_STATE":
            for reversal in lot.followers(note, "TAX_STATE" + REVERSAL_SUFFIX):
                check_same_attester(reversal, note)
            if not lot.is_taken_back(note):
                found.append(note)
    return found


def line_number(declaration_no: str, item_no: int) -> str:
    """The 21 digits by which tax offices know a line: the unit of the tax account is (declaration, 项号)."""
    return f"{declaration_no}0{item_no:02d}"


def _line_numbers(lot: LotStory) -> set[str]:
    """The line that the lot was declared as, and those that customs bound it to since."""
    found = set()
    names = (("DECLARE", "declaration_no", "item_no"), ("REDECLARE", "successor_declaration_no", "successor_item_no"))
    for kind, declaration, item in names:
        for event in lot.of(kind):
            number, item_no = find_text(event, "document", declaration), find_whole(event, "document", item)
            if number is not None and item_no is not None:
                found.add(line_number(number, item_no))
    return found


def _check_line(note: Told, lines: set[str]) -> None:
    row = find_text(note, "document", "tax_row")
    if row not in lines:
        raise _refused("RowOfAnotherLine", note, "is of another line", expected=sorted(lines), got=row)


def _apply(row: TaxRow | None, note: Told, seq: str) -> TaxRow:
    state = find_text(note, "document", "tax_state")
    if state is None:
        raise _refused("RowStateMissing", note, "names no state", field="document.tax_state")
    before = None if row is None else row.state
    if state not in _NEXT[before]:
        raise _refused("RowTransition", note, f"cannot make a row {state}", expected=list(_NEXT[before]), got=state)
    _check_method(row, note)
    pieces = find_whole(note, "goods", "pieces", minimum=1)
    if row is None:
        return _open(note, seq, state, pieces)
    match state:
        case "FINALISED":
            if find_day(note, "document", "finalised_on") is None:
                raise _refused("FinalisedOnMissing", note, "names no day", field="document.finalised_on")
            _check_pieces(note, pieces, row.pieces)
            return replace(row, state=state, last=note, finalised=note, pieces=pieces or row.pieces)
        case "REPAID":
            return _repay(row, note, pieces)
        case "REVERSED" | "RECOVERED":
            if pieces not in (None, row.standing_pieces):
                raise _refused(
                    "RowPieces", note, "does not take back the whole row", expected=row.standing_pieces, got=pieces
                )
            return replace(row, state=state, last=note)
        case _:  # RECLAIMED, RECLAIM_ADJUSTED, ORDINARY after RECOVERED
            _check_pieces(note, pieces, row.pieces - row.repaid_pieces, is_needed=True)
            return replace(row, state=state, last=note, refunded=pieces or 0)


def _open(note: Told, seq: str, state: str, pieces: int | None) -> TaxRow:
    _check_pieces(note, pieces, pieces or 0, is_needed=True)
    claim_type = find_text(note, "document", "claim_type")
    if state == "PRE_REFUND" and claim_type != PRE_REFUND_TYPE:
        raise _refused(
            "RowNotPreRefund", note, "is not marked as a pre-refund", expected=PRE_REFUND_TYPE, got=claim_type
        )
    return TaxRow(
        note.lot,
        seq,
        state,
        find_text(note, "document", "tax_method"),
        find_text(note, "document", "tax_row"),
        note,
        note,
        pieces or 0,
        refunded=(pieces or 0) if state == "ORDINARY" else 0,
    )


def _repay(row: TaxRow, note: Told, pieces: int | None) -> TaxRow:
    number = find_text(note, "document", "certificate_no")
    if number is None:
        raise _refused("CertificateMissing", note, "names no certificate", field="document.certificate_no")
    _check_pieces(note, pieces, row.standing_pieces, is_needed=True)
    issued = find_day(note, "document", "certificate_on") or beijing_day(note.time)
    repaid = replace(row, repayments=(*row.repayments, Repayment(note, pieces or 0, number, issued)))
    return repaid if repaid.standing_pieces else replace(repaid, state="REPAID", last=note)


def _check_pieces(note: Told, pieces: int | None, most: int, *, is_needed: bool = False) -> None:
    if (pieces is None and is_needed) or (pieces or 0) > most:
        raise _refused("RowPieces", note, "speaks of more pieces than its row, or of none", expected=most, got=pieces)


def _check_method(row: TaxRow | None, note: Told) -> None:
    method = find_text(note, "document", "tax_method")
    expected = METHODS if row is None else (row.method, None)
    if method not in expected:
        raise _refused("RowMethod", note, "is of another method", expected=list(expected), got=method)


def _refused(code: str, note: Told, detail: str, **figures: object) -> ClaimRefusedError:
    return ClaimRefusedError(code, f"{note} {detail}", lot=lot_to_hex(note.lot), position=note.position, **figures)
