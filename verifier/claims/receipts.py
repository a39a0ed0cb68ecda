"""What banks say came in: each receipt once, and paid to the exporter (谁出口谁收汇).

Receipts explain a ceiling and decide none: they may be more or less than what was declared or sold. How much of a
ceiling banks have used is on chain.
"""

from verifier.claims.case import Case, ClaimRefusedError, Figures, Told
from verifier.claims.fees import undone_by
from verifier.claims.members import amount, find_currency, find_text, find_whole


def receipts(case: Case) -> list[Figures]:
    """The receipts in the ranges of the books that the claim consumes.

    Raises ClaimRefusedError: PayeeNotExporter, ReceiptTwice.
    """
    found: list[Figures] = []
    seen: set[tuple[int, str]] = set()
    for book in case.books:
        first, end = case.range_of(book)
        undone = undone_by(book, end)
        for note in book.events[first:end]:
            if note.kind == "FX_RECEIPT" and note.position not in undone:
                found.append(_receipt(case, note, seen))
    return found


def _receipt(case: Case, note: Told, seen: set[tuple[int, str]]) -> Figures:
    currency, minor = amount(note, "received_minor")
    payee = find_whole(note, "money", "payee_party")
    if payee != case.owner:
        raise ClaimRefusedError(
            "PayeeNotExporter", f"{note} was paid to another party",
            position=note.position, expected=case.owner, got=payee,
        )  # fmt: skip
    reference = find_text(note, "money", "bank_reference")
    if reference is not None:
        if (note.attester, reference) in seen:
            raise ClaimRefusedError("ReceiptTwice", f"{note} names a receipt that came before", position=note.position)
        seen.add((note.attester, reference))
    figures: Figures = {"bank": note.attester, "currency": currency, "received_minor": minor}
    date = find_text(note, "money", "date")
    return figures | ({} if date is None else {"date": date}) | _conversion(note)


def _conversion(note: Told) -> Figures:
    """What the platform converted before it paid out; the statement of that currency shows it leave."""
    currency = find_currency(note, "money", "converted_from")
    minor, rate = find_whole(note, "money", "converted_minor"), find_text(note, "money", "conversion_rate")
    if currency is None or minor is None:
        return {}
    converted: Figures = {"currency": currency, "converted_minor": minor}
    return {"converted": converted | ({} if rate is None else {"conversion_rate": rate})}
