"""Fees, credits, statements and receipts of a claim's books."""

import pytest

from tests.verifier.claims.cases import EXPORTER, PLATFORM, STRANGER, BookOf, Lot, make_case
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.exchange import exchange_figures
from verifier.claims.members import amount
from verifier.claims.record import BookPart, LotPart, Part


@pytest.fixture
def book():
    return BookOf()


def sold() -> Lot:
    lot = Lot()
    lot.sell(1, 1000_00, order={"settlement_id": "S1"})
    return lot


def parts(book, *ranges):
    """A first part that takes the sale, and one range of the book for each version."""
    sale = LotPart(0x11, 0, frozenset((5,)))
    return tuple(
        Part((sale,) if number == 0 else (), (BookPart(book.lot, first, end),))
        for number, (first, end) in enumerate(ranges)
    )  # fmt: skip


def figures(*books, lot=None, **rest):
    return exchange_figures(make_case([lot or sold()], list(books), **rest))


def usd(*books, **rest):
    return figures(*books, **rest)["currencies"]["USD"]


def refusal(*books, **rest) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(*books, **rest)
    return refused.value


# -- bills


def test_a_bill_line_counts_once(book):
    book.fee(10_00, bill_no="B", bill_line=1)
    book.fee(10_00, bill_no="B", bill_line=2)
    book.fee(10_00, bill_no="B", by=STRANGER)
    assert usd(book)["fees_minor"] == 30_00
    again = book.fee(10_00, bill_no="B", bill_line=2)
    assert (refusal(book).code, refusal(book).figures) == ("FeeBilledTwice", {"position": again})


def test_many_credits_of_one_fee_are_summed_once(book, monkeypatch):
    """A biller that gives a fee back cent by cent must not hold up the claim."""
    fee = book.fee(5_00)
    for _ in range(400):
        book.credit(fee, 1)
    calls = []
    monkeypatch.setattr(
        "verifier.claims.fees.amount", lambda *given, **named: calls.append(given) or amount(*given, **named)
    )
    assert usd(book)["fee_credits_minor"] == 4_00
    assert len(calls) < 2_000


def test_fees_that_other_claims_took_are_named(book):
    """Who consumed the rest of a book the chain does not say: a claim that nobody is shown may have."""
    book.credit(book.fee(300_00), 20_00)
    book.fee(40_00, is_netted=False)
    gone = book.fee(7_00)
    book.fee(10_00)
    book.add("FEE_REVERSAL", target=gone, by=PLATFORM)
    assert figures(book)["fees_in_other_claims_minor"] == {}
    assert figures(book, parts=parts(book, (5, 6)))["fees_in_other_claims_minor"] == {"USD": 290_00}
    assert figures(book, parts=parts(book, (0, 2), (2, 4)))["fees_in_other_claims_minor"] == {"USD": 10_00}


def test_a_bill_line_counts_once_over_books_and_claims(book):
    other = BookOf(2)
    book.fee(10_00, bill_no="B")
    other.fee(10_00, bill_no="B")
    assert refusal(book, other).code == "FeeBilledTwice"
    book.fee(5_00, bill_no="B")
    assert refusal(book, parts=parts(book, (1, 2))).code == "FeeBilledTwice"


def test_a_corrected_bill_may_come_again(book):
    wrong = book.fee(10_00, bill_no="B")
    book.add("FEE_REVERSAL", target=wrong, by=PLATFORM)
    book.fee(8_00, bill_no="B")
    assert usd(book)["fees_minor"] == 8_00


@pytest.mark.parametrize("money", [{"fee_type": None}, {"fee_type": "sundry"}, {"bill_no": None}])
def test_a_fee_states_its_type_and_bill(book, money):
    book.fee(10_00, **money)
    assert refusal(book).code == "FeeNotItemised"


def test_a_hidden_fee_cannot_be_told(book):
    fee = book.fee(10_00)
    book.edit(fee, groups={})
    with pytest.raises(WithheldError):
        figures(book)


# -- credits


def test_credits_never_pass_their_fee(book):
    fee = book.fee(10_00)
    book.credit(fee, 6_00)
    assert usd(book)["fee_credits_minor"] == 6_00
    book.credit(fee, 4_01)
    assert (refusal(book).code, refusal(book).figures["expected"], refusal(book).figures["got"]) == (
        "CreditAboveFee",
        10_00,
        10_01,
    )


def test_nothing_is_given_back_of_a_fee_that_was_taken_back(book):
    fee = book.fee(10_00)
    book.credit(fee, 6_00)
    book.add("FEE_REVERSAL", target=fee, by=PLATFORM)
    assert refusal(book).code == "CreditAboveFee"


def test_only_who_charged_gives_back(book):
    """A second biller whom the exporter admitted would credit the platform's fees."""
    fee = book.fee(10_00)
    book.credit(fee, 5_00, by=STRANGER)
    assert (refusal(book).code, refusal(book).figures["got"]) == ("CreditByAnother", STRANGER)


def test_only_who_charged_takes_back(book):
    fee = book.fee(10_00)
    book.add("FEE_REVERSAL", target=fee, by=STRANGER)
    assert refusal(book).code == "TakenBackByAnother"


# -- claims that follow one another


def test_a_fee_of_an_earlier_claim_comes_back_once_it_is_taken_back(book):
    fee = book.fee(10_00)  # position 0, of the earlier claim
    book.fee(3_00)
    book.add("FEE_REVERSAL", target=fee, by=PLATFORM)
    found = usd(book, parts=parts(book, (1, 3)))
    assert (found["fees_minor"], found["fee_credits_minor"]) == (3_00, 10_00)


def test_a_credit_of_an_earlier_claim_goes_once_it_is_taken_back(book):
    fee = book.fee(10_00)
    credit = book.credit(fee, 4_00)
    book.add("FEE_CREDIT_REVERSAL", target=credit, by=PLATFORM)
    assert usd(book, parts=parts(book, (2, 3)))["fee_credits_minor"] == -4_00


def test_what_a_later_claim_takes_back_is_not_taken_back_here_too(book):
    """The reversal lies behind this claim's range: counted by both, it would raise two ceilings."""
    fee = book.fee(10_00)
    book.fee(1_00)
    book.add("FEE_REVERSAL", target=fee, by=PLATFORM)
    older = parts(book, (0, 1), (1, 2))
    assert usd(book, parts=older)["fees_minor"] == 11_00


# -- statements


def statement(book, number="S1", **amounts):
    return book.statement("USD", number, **amounts)


def test_a_statement_that_ties_out_is_accepted(book):
    book.fee(150_00)
    statement(
        book, opening=10_00, sales=1000_00, refunds=20_00, adjustments=-5_00, fees=150_00, fee_credits=1_00,
        compensation=7_00, reserve_held=100_00, reserve_released=30_00, conversions=-3_00, payout=700_00, closing=70_00,
    )  # fmt: skip
    found = usd(book)
    assert found["ceiling_minor"] == 850_00, "reserves and compensation change no ceiling"


def test_a_statement_that_does_not_tie_out_is_refused(book):
    statement(book, sales=1000_00, payout=999_00)
    assert (refusal(book).code, refusal(book).figures["expected"], refusal(book).figures["got"]) == (
        "StatementOpen",
        1000_00,
        999_00,
    )


def test_a_statement_opens_with_what_the_one_before_closed_with(book):
    statement(book, sales=1000_00, closing=1000_00)
    statement(book, "S2", opening=900_00, payout=900_00)
    assert refusal(book).code == "StatementGap"


def test_a_corrected_statement_takes_its_old_place(book):
    first = statement(book, sales=2000_00, closing=2000_00)
    second = statement(book, "S2", opening=1000_00, payout=1000_00)
    book.add("PLATFORM_STATEMENT_REVERSAL", target=first, by=PLATFORM)
    again = statement(book, sales=1000_00, closing=1000_00)
    for place, day in ((second, "2026-05-01"), (again, "2026-04-01")):
        groups = book.events[place].groups
        book.edit(place, groups=groups | {"money": groups["money"] | {"period_from": day}})
    assert usd(book)["ceiling_minor"] == 1000_00


def test_fees_that_only_a_statement_knows_are_refused(book):
    """Netting silently: a fee without a bill would swell the ceiling."""
    book.fee(100_00)
    statement(book, sales=1000_00, fees=150_00, payout=850_00)
    assert (refusal(book).code, refusal(book).figures["expected"], refusal(book).figures["got"]) == (
        "FeesNotItemised",
        150_00,
        100_00,
    )
    book.fee(50_00, "storage")
    assert usd(book)["ceiling_minor"] == 850_00


def test_sales_beyond_the_statement_that_they_name_are_refused(book):
    book.fee(1_00)
    statement(book, sales=900_00, fees=1_00, payout=899_00)
    assert (refusal(book).code, refusal(book).figures["expected"], refusal(book).figures["got"]) == (
        "SalesAboveStatement",
        900_00,
        1000_00,
    )


def test_a_hidden_statement_cannot_be_told(book):
    place = statement(book, sales=1000_00, payout=1000_00)
    book.edit(place, groups={})
    with pytest.raises(WithheldError):
        figures(book)


# -- receipts


@pytest.mark.parametrize("payee", [STRANGER, None])
def test_a_receipt_was_paid_to_the_exporter(book, payee):
    book.receipt(10_00, payee=payee)
    refused = refusal(book)
    assert (refused.code, refused.figures["expected"], refused.figures["got"]) == ("PayeeNotExporter", EXPORTER, payee)


def test_a_receipt_comes_once(book):
    book.receipt(10_00)
    book.receipt(10_00)
    assert refusal(book).code == "ReceiptTwice"


def test_a_receipt_that_was_taken_back_is_not_listed(book):
    receipt = book.receipt(10_00)
    book.add("FX_RECEIPT_REVERSAL", target=receipt, by=6)
    assert figures(book)["receipts"] == []
