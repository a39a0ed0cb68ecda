"""The table of rules, and the windows and last days that follow from it."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier import rules
from verifier.calendar import BEIJING
from verifier.rule_table import RULES, Unit
from verifier.rules import rule_for, settlement_window

DAYS = st.dates(date(2010, 1, 1), date(2060, 12, 31))
NAMES = sorted({rule.name for rule in RULES})


def day(text):
    return None if text is None else date.fromisoformat(text)


@pytest.mark.parametrize(
    ("finalised_on", "first", "last", "manufacturer_last", "is_provisional"),
    [
        ("2026-04-20", "2026-05-01", "2027-04-30", "2027-04-15", True),
        ("2025-02-13", "2025-03-01", "2026-04-30", "2026-04-20", False),
        ("2025-12-20", "2026-01-01", "2026-04-30", "2026-04-20", False),
        ("2025-12-31", "2026-01-01", "2026-04-30", "2026-04-20", False),
        ("2026-01-01", "2026-02-01", "2027-04-30", "2027-04-15", True),
    ],
)
def test_the_reconciliation_window(finalised_on, first, last, manufacturer_last, is_provisional):
    window = settlement_window(day(finalised_on))
    assert window == rules.SettlementWindow(day(first), day(last), day(last), day(manufacturer_last), is_provisional)


@pytest.mark.parametrize(
    ("function", "on", "last"),
    [
        (rules.exchange_deadline, "2026-03-10", "2027-04-30"),
        (rules.exchange_deadline, "2026-12-31", "2027-04-30"),
        (rules.exchange_deadline, "2025-12-31", "2026-04-30"),
        (rules.exchange_deadline, "2019-01-01", None),
        (rules.exchange_extension_until, "2026-03-10", "2029-03-10"),
        (rules.claim_deadline, "2026-03-10", "2027-04-30"),
        (rules.claim_deadline, "2025-03-10", "2026-04-30"),
        (rules.claim_until, "2026-03-10", "2029-03-10"),
        (rules.claim_until, "2025-12-31", None),
        (rules.claim_until, "2026-01-01", "2029-01-01"),
        (rules.deemed_domestic_on, "2026-03-10", "2029-03-11"),
        (rules.deemed_domestic_on, "2025-12-31", None),
        (rules.return_relief_until, "2026-03-10", "2026-09-10"),
        (rules.return_relief_until, "2026-08-31", "2027-02-28"),
        (rules.return_relief_until, "2027-12-31", "2028-06-30"),
        (rules.return_relief_until, "2028-01-01", None),
        (rules.return_relief_until, "2025-12-31", "2026-06-30"),
        (rules.return_channel_until, "2026-03-10", "2027-03-10"),
        (rules.return_channel_until, "2028-02-29", "2029-02-28"),
        (rules.evidence_until, "2026-05-02", "2026-05-17"),
        (rules.evidence_until, "2026-12-20", "2027-01-04"),
        (rules.claim_papers_until, "2026-04-08", "2026-04-23"),
        (rules.retention_until, "2026-04-08", "2036-04-08"),
        (rules.retention_until, "2025-12-31", "2030-12-31"),
        (rules.advance_until, "2026-05-31", "2027-05-31"),
    ],
)
def test_last_days(function, on, last):
    assert function(day(on)) == day(last)


def test_food_has_no_relief_and_yet_the_customs_channel():
    export = date(2026, 3, 10)
    assert rules.return_relief_until(export, is_food=True) is None
    assert rules.return_channel_until(export) == date(2027, 3, 10)


def test_no_window_before_the_rule_was_made():
    assert settlement_window(date(2025, 1, 26)) is None
    assert settlement_window(date(2025, 1, 27)) is not None


def test_an_unknown_rule_is_the_callers_fault():
    with pytest.raises(KeyError):
        rule_for("no_such_rule", date(2026, 1, 1))


def test_ids_are_unique_and_every_text_is_there_in_both_languages():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.en.isascii(), rule.id
        assert any("一" <= letter <= "鿿" for letter in rule.zh), rule.id
        assert rule.document, rule.id
        assert (rule.amount is None) == (rule.unit is None), rule.id


@given(DAYS, st.sampled_from(NAMES))
def test_never_two_versions_of_a_rule_at_once(on, name):
    covering = [rule for rule in RULES if rule.name == name and rule.covers(on)]
    assert len(covering) <= 1
    assert rule_for(name, on) == (covering[0] if covering else None)


@pytest.mark.parametrize("name", NAMES)
def test_versions_of_a_rule_follow_each_other_without_a_gap(name):
    versions = sorted((rule for rule in RULES if rule.name == name), key=lambda rule: rule.valid_from)
    for older, newer in itertools.pairwise(versions):
        assert older.valid_to is not None
        assert newer.valid_from == older.valid_to + timedelta(days=1)


@given(DAYS)
def test_a_window_lies_after_its_finalisation_and_ends_the_manufacturers_in_april(finalised_on):
    window = settlement_window(finalised_on)
    if window is None:
        return
    assert finalised_on < window.first < window.manufacturer_last < window.last == window.trader_last
    assert (window.first.day, window.manufacturer_last.month, window.last.month, window.last.day) == (1, 4, 4, 30)
    assert window.last.year == finalised_on.year + 1


def test_no_function_of_a_term_meets_a_unit_that_it_cannot_count():
    terms = {rule.name for rule in RULES if rule.unit not in (None, Unit.WORKING_DAYS)}
    assert {"deemed_domestic", "return_relief", "return_channel", "sales_evidence", "retention"} <= terms
    with pytest.raises(ValueError, match="no term"):
        rules._term_end("bop_report", date(2026, 1, 1))
    assert BEIJING.utcoffset(None) == timedelta(hours=8)
