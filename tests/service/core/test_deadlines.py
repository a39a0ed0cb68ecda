"""Deadlines of a lot from its facts: which there are, when they are due, how they stand, what is not known."""

import string
from dataclasses import replace
from datetime import date

import pytest

from service.core import deadline_texts
from service.core.deadlines import EVIDENCE_DAYS, Deadline, State, deadlines_of
from service.core.lot_facts import LotFacts, SaleDay, TaxNote, fold_tax_rows
from verifier.kinds import Home, Site
from verifier.lanes import LotAccounts
from verifier.rules import evidence_until

EXPORT, TODAY = date(2026, 3, 10), date(2026, 6, 1)
PRE_REFUND = TaxNote(seq="2026040001", state="PRE_REFUND", day=date(2026, 4, 8), pieces=1000, method="exempt_refund")
FINALISED = replace(PRE_REFUND, state="FINALISED", day=date(2026, 4, 20), finalised_on=date(2026, 4, 20), method=None)


def accounts(**lanes):
    """Pieces by the name of their lane; those of a warehouse lie in site 1."""
    by_site = {0: [0] * 8, 1: [0] * 8}
    for name, pieces in lanes.items():
        lane = Home.__members__.get(name)
        by_site[1 if lane is None else 0][Site[name] if lane is None else lane] = pieces
    return LotAccounts(5, by_site)


def a_lot(*notes, sold=780, **members):
    """1,000 pieces of the worked example, exported on 2026-03-10, 780 of them sold."""
    facts = LotFacts(
        lot=5, line="223320260001234567-01-00", declared=1000,
        accounts=accounts(SOLD=sold, ON_HAND=1000 - sold), export_date=EXPORT, declared_on=date(2026, 3, 5),
        is_food=False, rows=fold_tax_rows(notes),
    )  # fmt: skip
    return replace(facts, **members)


def one(facts, code, today=TODAY) -> Deadline:
    (found,) = [deadline for deadline in deadlines_of(facts, today) if deadline.code == code]
    return found


def codes(facts, today=TODAY):
    return [deadline.code for deadline in deadlines_of(facts, today)]


def stands(deadline):
    return deadline.state.value, None if deadline.due is None else deadline.due.isoformat()


def test_the_worked_example():
    found = {deadline.code: stands(deadline) for deadline in deadlines_of(a_lot(PRE_REFUND, FINALISED), TODAY)}
    assert found == {
        "return_relief": ("open", "2026-09-10"),
        "return_channel": ("open", "2027-03-05"),
        "claim": ("met", "2027-04-30"),
        "exchange": ("open", "2027-04-30"),
        "reconciliation": ("open", "2027-04-30"),
        "final_claim": ("met", "2029-03-10"),
        "retention": ("open", "2036-04-08"),
    }


def test_the_most_urgent_comes_first():
    found = deadlines_of(a_lot(PRE_REFUND, FINALISED), TODAY)
    dues = [deadline.due for deadline in found]
    assert dues == sorted(dues)


@pytest.mark.parametrize(
    ("today", "state", "days_left"),
    [
        ("2026-06-01", "open", 333),
        ("2027-03-30", "open", 31),
        ("2027-03-31", "soon", 30),
        ("2027-04-30", "soon", 0),
        ("2027-05-01", "overdue", -1),
    ],
)
def test_days_are_left_until_the_last_day_is_over(today, state, days_left):
    deadline = one(a_lot(PRE_REFUND, FINALISED), "reconciliation", date.fromisoformat(today))
    assert (deadline.state.value, deadline.days_left) == (state, days_left)


@pytest.mark.parametrize(
    ("method", "due", "not_known"),
    [
        ("exempt_refund", "2027-04-30", ()),
        ("exempt_credit_refund", "2027-04-15", ("filing_period",)),
        (None, "2027-04-15", ("filing_period", "method")),
    ],
)
def test_who_reconciles_decides_the_last_day(method, due, not_known):
    deadline = one(a_lot(replace(PRE_REFUND, method=method), FINALISED), "reconciliation")
    assert (deadline.due, deadline.not_known) == (date.fromisoformat(due), not_known)
    assert deadline.is_provisional == ("filing_period" in not_known)
    assert deadline.opens_on == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("notes", "state", "text"),
    [
        ([PRE_REFUND], "not_applicable", "reconciliation.review"),
        ([PRE_REFUND, replace(FINALISED, finalised_on=None)], "open", "reconciliation.unknown"),
        ([FINALISED, replace(FINALISED, state="REVERSED")], "met", "reconciliation.done"),
        (
            [FINALISED, replace(FINALISED, state="REVERSED"), replace(FINALISED, state="RECLAIMED", pieces=780)],
            "met",
            "",
        ),
        ([FINALISED, replace(FINALISED, state="RECOVERED")], "not_applicable", "reconciliation.gone"),
        ([FINALISED, replace(FINALISED, state="REPAID", pieces=1000)], "not_applicable", "reconciliation.gone"),
        ([FINALISED, replace(FINALISED, state="REPAID", pieces=150)], "open", "reconciliation"),
        ([replace(PRE_REFUND, state="ORDINARY")], "not_applicable", "reconciliation.gone"),
    ],
)
def test_the_state_of_the_row_decides_whether_one_reconciles(notes, state, text):
    deadline = one(a_lot(*notes), "reconciliation")
    assert (deadline.state.value, deadline.text) == (state, text or "reconciliation.done")


def test_every_row_of_a_line_has_a_window_of_its_own():
    early = replace(FINALISED, seq="1", finalised_on=date(2025, 12, 20), pieces=400)
    late = replace(FINALISED, seq="2", finalised_on=date(2026, 4, 20), pieces=600)
    found = [one.due for one in deadlines_of(a_lot(early, late), TODAY) if one.code == "reconciliation"]
    assert found == [date(2026, 4, 20), date(2027, 4, 15)]


def test_what_is_repaid_reversed_or_never_claimed_is_open_for_the_36_months():
    reversed_ = replace(FINALISED, state="REVERSED")
    reclaimed = replace(FINALISED, state="RECLAIMED", pieces=780)
    deadline = one(a_lot(PRE_REFUND, FINALISED, reversed_, reclaimed), "final_claim")
    assert (stands(deadline), dict(deadline.numbers)) == (("open", "2029-03-10"), {"pieces": 220})
    assert dict(one(a_lot(), "claim").numbers) == {"pieces": 1000}
    assert one(a_lot(replace(PRE_REFUND, pieces=None)), "claim").not_known == ("claims", "pieces")


def test_an_unclaimed_export_is_overdue_once_the_36_months_are_over():
    assert one(a_lot(), "final_claim", date(2029, 3, 10)).state is State.SOON
    assert one(a_lot(), "final_claim", date(2029, 3, 11)).state is State.OVERDUE


def test_nothing_is_due_before_the_first_piece_left():
    assert deadlines_of(a_lot(accounts=accounts(DECLARED=1000), export_date=None), TODAY) == []
    assert deadlines_of(a_lot(accounts=accounts(VOID=1000)), TODAY) == []


def test_without_customs_day_the_export_clocks_are_asked_for_not_guessed():
    found = deadlines_of(a_lot(PRE_REFUND, FINALISED, export_date=None), TODAY)
    assert [(one.code, one.due) for one in found if one.due is None] == [("export_date", None)]
    assert {one.code for one in found} == {"reconciliation", "retention", "export_date"}


def test_collection_is_never_called_met_or_lapsed_without_saying_that_it_is_not_known():
    late = one(a_lot(), "exchange", date(2027, 5, 1))
    assert (late.state, late.not_known) == (State.OVERDUE, ("collected",))
    assert one(a_lot(PRE_REFUND), "exchange").not_known == ("collected", "exchange_on_unsold")
    nothing = one(a_lot(accounts=accounts(RETURNED=900, DESTROYED=100)), "exchange")
    assert nothing.state is State.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("members", "today", "relief", "channel"),
    [
        ({}, "2026-09-10", "soon", "open"),
        ({}, "2026-09-11", "not_applicable", "open"),
        ({"accounts": accounts(SOLD=900, RETURNING=100)}, "2026-09-11", "overdue", "open"),
        ({"accounts": accounts(SOLD=900, RETURNING=100)}, "2027-03-06", "overdue", "overdue"),
        ({"accounts": accounts(SOLD=1000)}, "2026-06-01", "not_applicable", "not_applicable"),
        ({"is_food": True}, "2026-06-01", "not_applicable", "open"),
        ({"export_date": date(2028, 1, 1), "declared_on": None}, "2028-01-02", "not_applicable", "open"),
    ],
)
def test_the_two_clocks_of_a_return(members, today, relief, channel):
    facts, day = a_lot(**members), date.fromisoformat(today)
    assert (one(facts, "return_relief", day).state.value, one(facts, "return_channel", day).state.value) == (
        relief,
        channel,
    )


def test_the_channel_is_counted_from_the_earliest_day_of_release():
    channel = one(a_lot(), "return_channel")
    assert (channel.due, channel.is_provisional) == (date(2027, 3, 5), True)


def test_food_that_nobody_told_of_is_named():
    assert "is_food" in one(a_lot(is_food=None), "return_relief").not_known


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-05-16", None),
        ("2026-05-17", "soon"),
        ("2026-05-22", "soon"),
        ("2026-05-23", "open"),
        ("2026-06-01", "open"),
        ("2026-06-02", None),
    ],
)
def test_the_evidence_clock_runs_for_each_day_of_sales(day, state):
    facts = a_lot(PRE_REFUND, FINALISED, sale_days=(SaleDay(date.fromisoformat(day), 3, 7),))
    found = [deadline for deadline in deadlines_of(facts, TODAY) if deadline.code == "sale_evidence"]
    assert [deadline.state.value for deadline in found] == ([state] if state else [])
    for deadline in found:
        assert dict(deadline.numbers) == {"day": date.fromisoformat(day), "sales": 3, "pieces": 7}
        assert deadline.not_known == ("filed",)


def test_the_evidence_clock_of_sales_is_that_of_pre_refunded_goods():
    sales = (SaleDay(date(2026, 5, 30), 1, 1),)
    assert "sale_evidence" not in codes(a_lot(replace(PRE_REFUND, state="ORDINARY"), sale_days=sales))
    assert one(a_lot(sale_days=sales), "sale_evidence").not_known == ("filed", "pre_refund")


def test_the_papers_of_a_claim_are_asked_for_while_their_15_days_run():
    lot = a_lot(PRE_REFUND)
    assert stands(one(lot, "claim_papers", date(2026, 4, 23))) == ("soon", "2026-04-23")
    assert "claim_papers" not in codes(lot, date(2026, 4, 24))


def test_the_days_of_the_evidence_clock_are_the_rules():
    assert (evidence_until(TODAY) - TODAY).days == EVIDENCE_DAYS


@pytest.mark.parametrize("table", ["TEXTS", "NOT_KNOWN"])
def test_every_text_stands_in_both_languages_with_the_same_numbers(table):
    for code, (english, chinese) in getattr(deadline_texts, table).items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, chinese)]
        assert fields[0] == fields[1], code
        assert english.isascii(), code
        assert any("一" <= letter <= "鿿" for letter in chinese), code


def test_every_deadline_of_these_tests_can_be_shown():
    lots = [
        a_lot(PRE_REFUND, replace(FINALISED, pieces=None), sale_days=(SaleDay(TODAY, 1, 1),)),
        a_lot(replace(PRE_REFUND, pieces=None), export_date=None),
        a_lot(is_food=True),
    ]
    shown = {deadline.text for lot in lots for deadline in deadlines_of(lot, TODAY)}
    for lot in lots:
        for deadline in deadlines_of(lot, TODAY):
            document = deadline.to_json()
            assert "{" not in document["what"]["en"] + document["what"]["zh"]
            assert document["due"] is None or document["due"] == deadline.due.isoformat()
    assert {"sale_evidence", "export_date", "return_relief.food"} <= shown
