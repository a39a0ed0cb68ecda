"""Platform statements tie out: nothing of an account's money appears or vanishes between two statements.

opening + sales − refunds ± adjustments − fees + fee credits + compensation − reserve held + reserve released ±
conversions = payout + closing; and each statement of a currency opens with what the one before closed with.
"""

from verifier.claims.case import BookStory, ClaimRefusedError, Told

_IN = (
    "opening_minor", "sales_minor", "adjustments_minor", "fee_credits_minor", "compensation_minor",
    "reserve_released_minor", "conversions_minor",
)  # fmt: skip
_OUT = ("refunds_minor", "fees_minor", "reserve_held_minor", "payout_minor", "closing_minor")


def check_statements(book: BookStory) -> None:
    """Check every statement of a book whose money group is shown.

    Raises ClaimRefusedError (StatementOpen, StatementGap) with the difference in minor units.
    """
    undone = book.reversed_positions()
    closing_by_currency: dict[str, int] = {}
    for note in book.events:
        if note.kind != "PLATFORM_STATEMENT" or note.position in undone or "money" not in note.groups:
            continue
        money = note.group("money")
        currency = str(money.get("currency", ""))
        difference = _total(note, _IN) - _total(note, _OUT)
        if difference:
            raise ClaimRefusedError(
                "StatementOpen", f"{note} does not tie out", position=note.position, currency=currency, got=difference
            )
        expected = closing_by_currency.get(currency, money.get("opening_minor", 0))
        if money.get("opening_minor", 0) != expected:
            raise ClaimRefusedError(
                "StatementGap", f"{note} does not open with what the one before closed with",
                position=note.position, currency=currency, expected=expected, got=money.get("opening_minor", 0),
            )  # fmt: skip
        closing_by_currency[currency] = money.get("closing_minor", 0)


def _total(note: Told, members: tuple[str, ...]) -> int:
    money = note.group("money")
    return sum(int(money.get(member, 0)) for member in members)
