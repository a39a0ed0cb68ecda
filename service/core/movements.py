"""Turns a posted event into what the ledger is asked: names become numbers, a declared line becomes its lot."""

from collections.abc import Callable, Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from service.core.errors import RefusedError, WaitingError
from service.core.events import EventIn
from service.core.ledger import Movement
from service.core.rows import ROWS, Row
from verifier.canonical import from_base64url
from verifier.errors import InvalidError, MalformedError
from verifier.kinds import Scope
from verifier.record import Word, line_message, lot_from_hex, registry_book, verify_line
from verifier.registry import key_id_of_line

EXPORT_FLAG = "0"
"""Digit 9 of a declaration number: 0 export, 1 import."""
_GRANTS = ("ADMIT", "ADMIT_END")


def line_of(event: EventIn) -> str | None:
    """The line of an event with its part number written out: ``<18 digits>-<项号>-<part>``."""
    line = event.line
    return line + "-00" if line is not None and len(line) == 21 else line


def lot_of(event: EventIn, party: int, lot_by_line: Mapping[str, int]) -> int | None:
    """The lot or book that an event names; None for a line that is not declared, and where it names none."""
    if event.lot is not None:
        return lot_from_hex(event.lot)
    if event.line is None and event.kind in _GRANTS:
        return registry_book(party)
    return lot_by_line.get(line_of(event) or "")


def resolve(
    event: EventIn,
    party: int,
    event_time: datetime,
    lot_by_line: Mapping[str, int],
    line_key_party: Callable[[bytes], int | None],
) -> Movement:
    """The movement that an event asks for.

    ``line_key_party`` tells which party a line key is registered to. Raises WaitingError if the line is not declared
    yet, RefusedError for an unlisted kind, a line signature that does not hold, or a lot that is not named.
    """
    row = ROWS.get(event.kind)
    if row is None:
        raise RefusedError("LotLedgerUnlistedKind", "expected a kind of the table", field="kind", got=event.kind[:40])
    line = line_of(event)
    if event.lot is not None and line is not None:
        raise RefusedError("Malformed", "expected line or lot, not both", field="lot")
    is_declare = row.scope is Scope.OPEN and not row.is_reversal
    if is_declare:
        lot = _declared_lot(event, party, line, line_key_party)
    elif event.lot is not None:
        lot = lot_from_hex(event.lot)
    elif line is not None:
        if line not in lot_by_line:
            raise WaitingError("LotLedgerUnknownLot", "the line is not declared yet", field="line")
        lot = lot_by_line[line]
    elif row.scope is Scope.GRANT:
        lot = registry_book(party)
    else:
        raise RefusedError("Malformed", "expected line or lot", field="line")
    target_key = None if event.target_id is None else (event.target_party or party, event.target_id)
    amount, currency = _amount(event, row)
    return Movement(
        party,
        (party, event.event_id),
        row,
        Word(lot, event.site or 0, row.code, event.quantity or 0),
        int(event_time.timestamp()),
        target_key,
        line if is_declare else None,
        amount,
        currency,
    )


def _declared_lot(event: EventIn, party: int, line: str | None, line_key_party: Callable[[bytes], int | None]) -> int:
    """The lot that the customs gateway's line signature derives (docs/formats.md §1)."""
    document = event.document or {}
    if line is None:
        raise RefusedError("Malformed", "DECLARE names its line", field="line")
    if line[8] != EXPORT_FLAG:
        raise RefusedError("NotAnExport", "expected the export flag 0 as ninth digit", field="line", got=line[8])
    declaration_no, item_no, part_no = line[:18], int(line[19:21]), int(line[22:24])
    named = (document.get("declaration_no", declaration_no), document.get("item_no", item_no))
    if named != (declaration_no, item_no) or document.get("part_no", part_no) != part_no:
        raise RefusedError("LineMismatch", "the document group names another line", field="document")
    try:
        key_bytes = from_base64url(document.get("line_key"))
        key = load_der_public_key(key_bytes)
        signature = from_base64url(document.get("line_signature"))
        if not isinstance(key, RSAPublicKey) or line_key_party(key_id_of_line(key_bytes)) != party:
            raise RefusedError(
                "LineKeyUnknown", "expected a line key registered to the sender", field="document.line_key"
            )
        return verify_line(key, signature, line_message(declaration_no, item_no, part_no))
    except (InvalidError, MalformedError, ValueError) as error:
        raise RefusedError("LineSignature", str(error), field="document.line_signature") from error


def _amount(event: EventIn, row: Row) -> tuple[int | None, str | None]:
    """What a sale brought or a refund gave back, for the check that refunds stay within their sale."""
    money = event.money
    if money is None:
        return None, None
    amount = money.get("refund_minor") if row.name == "REFUND" else money.get("gross_minor")
    return amount, money.get("currency")
