"""P6, return to origin 退运: goods that came home under the declaration that they left on, as customs let them in.

Two verdicts, each with its own clock, and neither stands for the other: *relief* from import tax within six months of
export (财政部 海关总署 税务总局公告2026年第16号, 2023年第4号 before), and the customs *channel* for returned goods
within one year of release (海关总署公告2020年第44号). The day that decides is customs' ENTRY. A late return is recorded
all the same; only the relief is refused. A refund is repaid first: the tax office's notes carry the certificates.
"""

from dataclasses import dataclass
from datetime import date

from verifier.claims.case import Case, ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.members import find_day, find_flag, find_text
from verifier.claims.papers import NOT_STATED, declared_on, departed_by_customs, export_day, left, stated, stated_food
from verifier.claims.repaid import Repaid, repaid_of
from verifier.kinds import REVERSAL_SUFFIX
from verifier.record import lot_to_hex
from verifier.rules import return_channel_until, return_relief_until
from verifier.shapes import members

ROOTS = frozenset(("ENTRY",))
CONSUMED = frozenset(("ENTRY", "ENTRY" + REVERSAL_SUFFIX))
"""What of a lot a claim of return takes into its set."""
_IMPORT_FLAG = "1"
_RELIEF_MODES = ("1210", "9610", "9710", "9810")
"""Of e-commerce exports: what left as general trade (0110) has no relief, only the channel (公告2026年第16号)."""
Verdict = tuple[str, str | None]
"""``granted``, ``refused`` or ``open``, and why it is not granted."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Pieces of a lot that entered, and the paper on which they did."""

    event: Told
    pieces: int
    before: int
    """Pieces of the lot that had entered before."""
    on: date
    declaration_no: str
    is_original_state: bool | None


def return_figures(case: Case) -> Figures:
    """The figures of a return to origin; what it takes is ``case.record``.

    Raises ClaimRefusedError (NotForThisClaim, LeftOut, EntryNotTaken, NothingReturned, NoDeparture, NotByCustoms,
    ExportDateMissing, EntryDateMissing, EntryBeforeExport, ImportDeclarationMissing, NotAnImport, OtherDeclaration, and
    what ``tax_rows`` raises) and WithheldError.
    """
    members(case.asked, "claim.asked", ())
    lots, pieces, entries = {}, {}, []
    for lot in case.lots:
        taken = list(case.taken(lot))
        _check_taken(lot, taken)
        positions = {event.position for event in taken}
        found = [entry for entry in _entries(lot) if entry.event.position in positions]
        pieces[lot_to_hex(lot.lot)] = sum(entry.pieces for entry in found)
        repaid = repaid_of(lot, departed_by_customs(lot))
        lots[lot_to_hex(lot.lot)] = _lot_figures(lot, pieces[lot_to_hex(lot.lot)], repaid)
        entries += [_entry_figures(lot, entry, repaid) for entry in found]
    if not any(pieces.values()) and not case.is_later_version:  # customs may take the entry back afterwards
        raise ClaimRefusedError("NothingReturned", "no piece of the claim has entered", got=0)
    return {"pieces": pieces, "lots": lots, "entries": entries}


def left_out(case: Case, lot: LotStory) -> frozenset[int]:
    """Positions that take an entry back and that this claim has not taken: the claim of the entry must have."""
    taken = {event.position for event in case.taken(lot)}
    return frozenset(
        event.position for event in lot.events if event.kind in CONSUMED - ROOTS and event.position not in taken
    )


def _check_taken(lot: LotStory, taken: list[Told]) -> None:
    positions = {event.position for event in taken}
    for event in taken:
        if event.kind not in CONSUMED:
            raise ClaimRefusedError("NotForThisClaim", f"{event} has no place in this claim", position=event.position)
        if event.kind not in ROOTS and event.target not in positions:
            raise ClaimRefusedError(
                "EntryNotTaken", f"{event} takes back an entry of another claim", position=event.position
            )
        for follower in lot.followers(event, *CONSUMED):
            if follower.position not in positions:
                raise ClaimRefusedError("LeftOut", f"{follower} is left out", position=follower.position)


def _entries(lot: LotStory) -> list[_Entry]:
    """Every entry of the lot that stands, oldest first: what is left of it, and what entered before it."""
    found, before = [], 0
    for event in lot.of("ENTRY"):
        pieces = left(lot, event)
        found.append(_entry(lot, event, pieces, before))
        before += pieces
    return found


def _entry(lot: LotStory, event: Told, pieces: int, before: int) -> _Entry:
    on = find_day(event, "document", "entry_date")
    if on is None:
        raise _refused("EntryDateMissing", event, "names no day of entry", field="document.entry_date")
    exported = export_day(lot)
    if on < exported:
        raise _refused(
            "EntryBeforeExport", event, "is dated before the export",
            expected=exported.isoformat(), got=on.isoformat(),
        )  # fmt: skip
    number = find_text(event, "document", "import_declaration_no")
    if number is None:
        raise _refused(
            "ImportDeclarationMissing", event, "names no import declaration", field="document.import_declaration_no"
        )
    if not (len(number) == 18 and number.isascii() and number.isdigit() and number[8] == _IMPORT_FLAG):
        raise _refused("NotAnImport", event, "names a paper that is no import declaration", got=number)
    _check_declaration(lot, event)
    return _Entry(event, pieces, before, on, number, find_flag(event, "document", "is_original_state"))


def _check_declaration(lot: LotStory, event: Told) -> None:
    """Goods come back on the declaration that they left on, line by line (公告2020年第44号)."""
    for member in ("declaration_no", "item_no"):
        named, expected = event.group("document").get(member), lot.declaration.group("document").get(member)
        if named is not None and named != expected:
            raise _refused("OtherDeclaration", event, "names another declared line", expected=expected, got=named)


def _lot_figures(lot: LotStory, claimed: int, repaid: Repaid) -> Figures:
    returned = lot.lane("RETURNED")
    is_food = stated_food(lot)
    return {
        "declared": lot.declared,
        "returned": returned,
        "returned_before": returned - claimed,
        "returnable": lot.declared - returned,
        "export_date": export_day(lot).isoformat(),
        "is_food": NOT_STATED if is_food is None else is_food,
        "certificates": [
            {"certificate_no": given.certificate_no, "certificate_on": given.on.isoformat(), "pieces": given.pieces}
            for given in repaid.given_back
            if given.certificate_no is not None
        ],
    }


def _entry_figures(lot: LotStory, entry: _Entry, repaid: Repaid) -> Figures:
    refund = repaid.status(entry.before + entry.pieces, entry.on)
    relief_until = return_relief_until(export_day(lot))
    channel_until = return_channel_until(min(declared_on(lot), export_day(lot)))
    mode = find_text(entry.event, "document", "entry_mode")
    figures: Figures = {
        "lot": lot_to_hex(lot.lot),
        "quantity": entry.pieces,
        "import_declaration_no": entry.declaration_no,
        "entry_date": entry.on.isoformat(),
        "entry_mode": NOT_STATED if mode is None else mode,
        "is_original_state": NOT_STATED if entry.is_original_state is None else entry.is_original_state,
        "refund": refund,
        "relief": _verdict(_relief(lot, entry, relief_until, refund), relief_until),
        "channel": _verdict(_channel(lot, entry), channel_until),
    }
    certificate = find_text(entry.event, "document", "certificate_no")
    return figures | ({} if certificate is None else {"certificate_no": certificate})


def _relief(lot: LotStory, entry: _Entry, until: date | None, refund: str) -> Verdict:
    """What is refused outweighs what is open."""
    certificate = find_text(entry.event, "document", "certificate_no")
    is_food, mode = stated_food(lot), stated(lot, "mode")
    refusals = (
        ("no_rule", until is None),
        ("other_mode", mode not in (None, *_RELIEF_MODES)),
        ("food", is_food is True),
        ("late", until is not None and entry.on > until),
        ("altered", entry.is_original_state is False),
        (refund, refund in ("not_repaid", "repaid_after_entry")),
        ("other_certificate", refund == "repaid" and not _is_known(lot, certificate)),
    )
    doubts = (
        ("mode_not_stated", mode is None),
        ("food_not_stated", is_food is None),
        ("state_not_stated", entry.is_original_state is None),
        (refund, refund == "refund_not_told"),
    )
    return _weigh(refusals, doubts)


def _is_known(lot: LotStory, certificate: str | None) -> bool:
    """Whether the tax office's own notes carry the certificate that customs was shown; none shown is none doubted."""
    return certificate is None or any(
        find_text(note, "document", "certificate_no") == certificate for note in lot.of("TAX_STATE")
    )


def _channel(lot: LotStory, entry: _Entry) -> Verdict:
    """Counted from the release, which no event tells: it lies between the declaration and the departure."""
    earliest, latest = (return_channel_until(day) for day in (min(declared_on(lot), export_day(lot)), export_day(lot)))
    refusals = (
        ("no_rule", latest is None),
        ("late", latest is not None and entry.on > latest),
        ("altered", entry.is_original_state is False),
    )
    doubts = (
        ("release_not_told", earliest is None or entry.on > earliest),
        ("state_not_stated", entry.is_original_state is None),
    )
    return _weigh(refusals, doubts)


def _weigh(refusals: tuple[tuple[str, bool], ...], doubts: tuple[tuple[str, bool], ...]) -> Verdict:
    for verdict, reasons in (("refused", refusals), ("open", doubts)):
        reason = next((name for name, holds in reasons if holds), None)
        if reason is not None:
            return verdict, reason
    return "granted", None


def _verdict(verdict: Verdict, until: date | None) -> Figures:
    word, reason = verdict
    return {
        "verdict": word,
        **({} if reason is None else {"reason": reason}),
        **({} if until is None else {"until": until.isoformat()}),
    }


def _refused(code: str, event: Told, detail: str, **figures: object) -> ClaimRefusedError:
    return ClaimRefusedError(code, f"{event} {detail}", lot=lot_to_hex(event.lot), position=event.position, **figures)
