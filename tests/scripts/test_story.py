"""The story's pieces and cents, replayed by a ledger of the tests' own."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import ConfigDict, TypeAdapter, with_config

from scripts.csv_events import read_events, write_events
from scripts.demo_events import admissions
from scripts.story import GOODS, story
from scripts.story_expected import EXPECTED_ACCOUNTS, EXPECTED_MONEY, LINE_A, LINE_B
from service.core.groups import GROUP_TYPES
from verifier.canonical import from_base64url
from verifier.event import GROUPS
from verifier.record import line_message, verify_line

STRICT = ConfigDict(extra="forbid", strict=True)
ADAPTERS = {name: TypeAdapter(with_config(STRICT)(type_)) for name, type_ in GROUP_TYPES.items()}
MEMBERS = {"event_id", "kind", "line", "lot", "site", "quantity", "event_time", "target_id", "target_party"}


@pytest.fixture(scope="module")
def steps(line_key):
    return story(line_key)


def of_kind(steps, *kinds):
    return [event for _, event in steps if event["kind"] in kinds]


def total(events, member, **wanted):
    found = [event["money"] for event in events]
    return sum(money[member] for money in found if wanted.items() <= money.items())


def test_every_piece_ends_where_the_table_says(replay, steps):
    replay.post_all(steps)
    assert replay.accounts() == EXPECTED_ACCOUNTS
    assert replay.held == []


def test_nothing_needs_to_wait(replay, steps):
    assert replay.post_all(steps).held_kinds == Counter()


def test_the_lots_balance_at_every_moment(replay, steps):
    for step in steps:
        replay.post(*step)
        held = Counter()
        for (line, _, _), pieces in replay.pieces.items():
            held[line] += pieces
        assert held == Counter(replay.declared)


def test_the_totals_do_not_depend_on_how_the_orders_fall(replay, line_key):
    assert replay.post_all(story(line_key, seed=99)).accounts() == EXPECTED_ACCOUNTS


@pytest.mark.parametrize("currency", EXPECTED_MONEY)
def test_the_money_is_right_to_the_cent(steps, currency):
    expected, fees = EXPECTED_MONEY[currency], of_kind(steps, "FEE")
    charged = {
        name: total(fees, "fee_minor", currency=currency, fee_type=name)
        for name in ("commission", "storage", "delivery", "destination_tax")
    }
    gross = total(of_kind(steps, "SALE"), "gross_minor", currency=currency)
    refunds = total(of_kind(steps, "REFUND"), "refund_minor", currency=currency)
    receipts = of_kind(steps, "FX_RECEIPT")
    converted = [event["money"] for event in receipts if event["money"].get("converted_from") == currency]
    received = sum(money["converted_minor"] for money in converted)
    received += sum(
        event["money"]["received_minor"]
        for event in receipts
        if event["money"]["currency"] == currency and "converted_from" not in event["money"]
    )
    ceiling = gross - refunds - sum(charged.values())
    found = {"gross": gross, "refunds": refunds, **charged, "ceiling": ceiling, "received": received}
    assert found | {"remaining": ceiling - received} == expected


def test_the_pieces_sold_are_those_of_the_worked_example(steps):
    sold = Counter()
    for event in of_kind(steps, "SALE"):
        money = event["money"]
        sold[event["line"], money["currency"], money["gross_minor"] // event["quantity"]] += event["quantity"]
        assert 1 <= event["quantity"] <= 5
    assert sold == {(LINE_A, "USD", 1500): 600, (LINE_A, "CAD", 2000): 200, (LINE_B, "USD", 4000): 300}
    assert sum(event["quantity"] for event in of_kind(steps, "RETURN_IN")) == 20
    assert sum(event["quantity"] for event in of_kind(steps, "RELEASE")) == 12


def test_the_cash_is_fourteen_thousand_four_hundred_ninety_eight_dollars(steps):
    receipts = of_kind(steps, "FX_RECEIPT")
    assert total(receipts, "received_minor") == 14_498_00
    assert {event["money"]["payee_party"] for event in receipts} == {7}
    assert len({event["money"]["bank_reference"] for event in receipts}) == len(receipts)


def test_statements_tie_out_with_the_events_they_settle(steps):
    settled = defaultdict(Counter)
    for event in of_kind(steps, "SALE", "REFUND", "FEE"):
        money = event["money"]
        for member in ("gross_minor", "refund_minor", "fee_minor"):
            settled[event["order"]["settlement_id"]][member] += money.get(member, 0)
    closing = Counter()
    for event in of_kind(steps, "PLATFORM_STATEMENT"):
        money, found = event["money"], settled.pop(event["order"]["settlement_id"])
        assert money["opening_minor"] == closing[money["currency"]]
        assert money["sales_minor"] == found["gross_minor"]
        assert money["refunds_minor"] == found["refund_minor"]
        assert money["fees_minor"] == found["fee_minor"]
        inflow = money["opening_minor"] + money["sales_minor"] + money["conversions_minor"]
        outflow = money["refunds_minor"] + money["fees_minor"]
        assert inflow - outflow == money["payout_minor"] + money["closing_minor"]
        assert money["closing_minor"] >= 0
        closing[money["currency"]] = money["closing_minor"]
    assert settled == {}
    assert closing == {"USD": 75_00, "CAD": 0}


def test_shares_of_an_order_sum_to_its_gross(steps):
    gross, shares, lines = {}, Counter(), defaultdict(set)
    for event in of_kind(steps, "SALE"):
        order_ref = event["order"]["order_ref"]
        assert gross.setdefault(order_ref, event["money"]["order_gross_minor"]) == event["money"]["order_gross_minor"]
        shares[order_ref] += event["money"]["gross_minor"]
        lines[order_ref].add(event["line"])
    assert shares == gross
    assert sum(len(found) == 2 for found in lines.values()) == 15


def test_tax_notes_carry_the_pre_refund_and_what_was_repaid(steps):
    notes = of_kind(steps, "TAX_STATE")
    states = Counter(event["document"]["tax_state"] for event in notes)
    assert states == {"PRE_REFUND": 2, "FINALISED": 2, "REPAID": 1}
    claimed = [event for event in notes if event["document"]["tax_state"] == "PRE_REFUND"]
    assert total(claimed, "tax_minor") == 9_700_00
    for event in notes:
        if "rebate_rate" in event["money"]:
            assert (
                event["money"]["cost_minor"] * int(event["money"]["rebate_rate"][2:])
                == 100 * event["money"]["tax_minor"]
            )


def test_the_line_signature_numbers_the_lot(steps):
    for event in of_kind(steps, "DECLARE"):
        document = event["document"]
        key = load_der_public_key(from_base64url(document["line_key"]))
        message = line_message(document["declaration_no"], document["item_no"], document["part_no"])
        assert 0 < verify_line(key, from_base64url(document["line_signature"]), message) < 1 << 63


def test_events_have_the_members_of_the_api_and_their_own_ids(steps):
    assert tuple(GROUP_TYPES) == GROUPS
    for party, event in [*admissions(), *steps]:
        assert set(event) <= MEMBERS | set(GROUPS), (party, event)
        for group in set(event) & set(GROUPS):
            ADAPTERS[group].validate_python(event[group])
    assert len({(party, event["event_id"]) for party, event in steps}) == len(steps)


def test_identifiers_pass_their_check_digits(steps):
    for goods in GOODS.values():
        weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(goods["gtin"]))
        assert weighted % 10 == 0
    containers = {event["logistics"]["container"] for event in of_kind(steps, "DEPART")}
    assert containers == {"CSQU3054383"}  # the example of ISO 6346 itself


def test_the_story_survives_the_way_through_csv(tmp_path, steps):
    start = datetime(2026, 9, 1, tzinfo=UTC)
    write_events(tmp_path, ((start + timedelta(seconds=n), *step) for n, step in enumerate(steps)))
    assert list(read_events(tmp_path)) == steps
