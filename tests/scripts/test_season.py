"""The busy season, read back from its files and replayed by a ledger of the tests' own."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from scripts.csv_events import PARTY_BY_FILE, CsvRowError, read_events
from scripts.demo_events import sign_lines
from scripts.season import simulate
from scripts.season_world import check_digit, container_number
from verifier.kinds import KINDS, Scope

ROOT = Path(__file__).resolve().parents[2]
FILES = ["carrier.csv", "exporter.csv", "gateway.csv", "platform.csv", "wms-hamburg.csv", "wms-los-angeles.csv"]
NOT_IN_SEASON = {"ACCESS_LOG", "SALE_AT_EXPORT", "TAX_STATE", "REDECLARE", "FX_RECEIPT"}
CORRECTED = {"RECEIVE_REVERSAL", "SHIP_REVERSAL", "SALE_REVERSAL", "DESTROY_REVERSAL", "REFUND_REVERSAL"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("season")
    simulate().write(path)
    return path


@pytest.fixture(scope="module")
def steps(folder):
    return list(read_events(folder))


def expected(folder):
    accounts = json.loads((folder / "expected.json").read_text())
    return {line: {int(site): lanes for site, lanes in sites.items()} for line, sites in accounts.items()}


def test_every_piece_ends_where_the_simulation_says(replay, folder, steps):
    replay.post_all(steps)
    assert replay.accounts() == expected(folder)
    assert replay.held == []


def test_the_lots_balance(replay, steps):
    replay.post_all(steps)
    held = Counter()
    for (line, _, _), pieces in replay.pieces.items():
        held[line] += pieces
    assert held == replay.declared


def test_the_season_is_as_big_as_promised(replay, folder, steps):
    replay.post_all(steps)
    assert len(replay.events) >= 20_000
    assert len(replay.declared) == 50
    assert sorted(path.name for path in folder.glob("*.csv")) == FILES
    declarations = Counter(line[:18] for line in replay.declared)
    assert set(declarations.values()) == {2}
    assert {event["site"] for _, event in steps if event["kind"] == "SHIP"} == {1, 2}


def test_the_season_has_every_trouble_of_a_real_one(steps):
    known = {kind.name for kind in KINDS if kind.scope < Scope.GRANT}
    assert {event["kind"] for _, event in steps} == known - NOT_IN_SEASON | CORRECTED


def test_some_events_wait_and_some_come_twice(replay, steps):
    replay.post_all(steps)
    assert replay.duplicates == 6
    assert replay.held_kinds["SALE"] > 10, "sales before their late shipments"
    assert replay.held_kinds["SHIP"] > 10, "shipments before their late receipts"
    assert replay.held_kinds["RETURN_IN"] > 5, "returns before their late sales"


@pytest.mark.parametrize(("seed", "events"), [(1, 20_000), (2, 3_000), (3, 45_000)])
def test_other_seasons_are_acceptable_too(replay, seed, events):
    season = simulate(seed, events)
    replay.post_all(step for _, _, step in season.world.rows)
    accounts = season.world.expected()
    assert {
        line: {str(site): lanes for site, lanes in sites.items()} for line, sites in replay.accounts().items()
    } == accounts
    assert replay.held == []
    assert len(replay.events) >= events


def test_the_same_seed_gives_the_same_bytes(tmp_path, folder):
    script, again = ROOT / "scripts" / "season.py", tmp_path / "again"
    subprocess.run([sys.executable, script, "--out", again], check=True, capture_output=True)
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_another_seed_gives_another_season(steps):
    assert [step for _, _, step in simulate(seed=8).world.rows] != steps


def test_nothing_is_posted_before_it_happened():
    for posted_at, _, (_, event) in simulate().world.rows:
        assert datetime.fromisoformat(event["event_time"]) <= posted_at


def test_warehouses_write_the_time_of_their_clocks(steps):
    try:
        zones = {4: ZoneInfo("America/Los_Angeles"), 5: ZoneInfo("Europe/Berlin")}
    except ZoneInfoNotFoundError:
        pytest.skip("no time zone data on this machine")
    offsets = defaultdict(set)
    for party, event in steps:
        if party in zones:
            at = datetime.fromisoformat(event["event_time"])
            assert at.astimezone(zones[party]).utcoffset() == at.utcoffset(), event
            offsets[party].add(event["event_time"][-6:])
    assert offsets == {4: {"-08:00", "-07:00"}, 5: {"+01:00", "+02:00"}}


def test_yen_have_no_smaller_unit(steps):
    sales = [event for _, event in steps if event["kind"] == "SALE"]
    cents = {currency: [] for currency in ("USD", "CAD", "JPY", "EUR", "GBP")}
    for event in sales:
        cents[event["money"]["currency"]].append(event["money"]["gross_minor"] / event["quantity"])
    mean = {currency: sum(prices) / len(prices) for currency, prices in cents.items()}
    assert 1.0 < mean["JPY"] / mean["USD"] < 2.2, "some 150 yen for 100 cents"


def test_statements_tie_out_with_the_events_they_settle(replay, steps):
    replay.post_all(steps)
    settled, closing, signs = defaultdict(Counter), Counter(), {"SALE_REVERSAL": -1, "REFUND_REVERSAL": -1}
    statements = []
    for event in replay.events.values():
        if event["kind"] == "PLATFORM_STATEMENT":
            statements.append(event)
        elif "settlement_id" in event.get("order", {}):
            for member, minor in event["money"].items():
                if member in ("gross_minor", "refund_minor", "adjust_minor", "fee_minor"):
                    settled[event["order"]["settlement_id"]][member] += minor * signs.get(event["kind"], 1)
    assert len(statements) >= 4 * 5 - 2
    for event in statements:
        money, found = event["money"], settled[event["order"]["settlement_id"]]
        assert money["opening_minor"] == closing[money["currency"]]
        inflow = money["opening_minor"] + found["gross_minor"] + found["adjust_minor"]
        assert inflow - found["refund_minor"] - found["fee_minor"] == money["payout_minor"] + money["closing_minor"]
        assert money["sales_minor"] == found["gross_minor"]
        closing[money["currency"]] = money["closing_minor"]


def test_lines_can_be_signed_after_reading(line_key, steps):
    declared = [event for _, event in sign_lines(line_key, steps) if event["kind"] == "DECLARE"]
    assert len({event["document"]["line_signature"] for event in declared}) == 50
    assert all("line_signature" not in event["document"] for _, event in steps if event["kind"] == "DECLARE")


def test_identifiers_pass_their_check_digits(steps):
    assert check_digit("629104150021") == "3"
    assert container_number(305438)[4:10] == "305438"
    for _, event in steps:
        if event["kind"] == "DECLARE":
            gtin = event["goods"]["gtin"]
            assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(gtin)) % 10 == 0


HEADER = "posted_at,event_id,kind,line,lot,site,quantity,event_time,target_id,ship_purpose,gross_minor,is_netted"
ROW = {
    "posted_at": "2026-03-02T19:00:00-08:00",
    "event_id": "LA-OUT-000001",
    "kind": "SHIP",
    "line": "223320260001200000-01",
    "site": "1",
    "quantity": "2",
    "event_time": "2026-03-02T09:00:00-08:00",
    "ship_purpose": "sale",
}


def write_rows(folder, *rows, header=HEADER, name="wms-los-angeles.csv", encoding="utf-8"):
    lines = [header, *(",".join(row.get(column, "") for column in header.split(",")) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)


def test_a_row_becomes_an_event(tmp_path):
    write_rows(tmp_path, ROW)
    event = {name: ROW[name] for name in ("event_id", "kind", "line", "event_time")}
    event |= {"site": 1, "quantity": 2, "logistics": {"ship_purpose": "sale"}}
    assert list(read_events(tmp_path)) == [(4, event)]


def test_a_spreadsheet_may_add_a_byte_order_mark(tmp_path):
    write_rows(tmp_path, ROW, encoding="utf-8-sig")
    assert len(list(read_events(tmp_path))) == 1


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("quantity", "3.5", "a whole number, 0 or more"),
        ("quantity", "-1", "a whole number, 0 or more"),
        ("quantity", "", "a value"),
        ("kind", "SHIPPED", "a kind such as SHIP, SALE or SHIP_REVERSAL"),
        ("line", "22332026000120000-01", "a line such as"),
        ("line", "", "a line, a lot, a SKU or the event that it names"),
        ("lot", "8000000100000007", "either a line or, for a book, a lot"),
        ("event_time", "2026-03-02 09:00", "a time written YYYY-MM-DDThh:mm:ss±hh:mm"),
        ("event_time", "2026-02-30T09:00:00-08:00", "a time written YYYY-MM-DDThh:mm:ss±hh:mm"),
        ("ship_purpose", "gift", "one of sale, replacement"),
        ("gross_minor", "15.00", "a whole number without separators"),
        ("gross_minor", "9" * 5000, "a whole number without separators"),
        ("is_netted", "yes", "true or false"),
        ("target_id", "X", "an empty cell, since a SHIP names no event"),
        ("event_id", "x" * 101, "at most 100 characters"),
    ],
)
def test_a_bad_cell_is_named(tmp_path, column, cell, expected):
    write_rows(tmp_path, ROW, ROW | {column: cell})
    with pytest.raises(CsvRowError) as caught:
        list(read_events(tmp_path))
    error = caught.value
    assert (error.file, error.line) == ("wms-los-angeles.csv", 3)
    assert error.column in (column, "line")
    assert expected in error.expected
    assert str(error) == f"{error.file} line 3, column {error.column}: expected {error.expected}, got {error.got}"


@pytest.mark.parametrize(("column", "cell"), [("sku", "A-100"), ("target_id", "LA-OUT-1")])
def test_the_line_may_be_left_out_where_something_else_leads_to_the_lots(tmp_path, column, cell):
    row = ROW | {"line": "", "kind": "SHIP_VOID" if column == "target_id" else "SHIP"}
    header = HEADER if column in HEADER.split(",") else f"{HEADER},{column}"
    write_rows(tmp_path, row | {column: cell, "owner": "7"}, header=header + ",owner")
    ((_, event),) = read_events(tmp_path)
    assert not {"line", "lot"} & event.keys()
    assert event["owner"] == 7


def test_a_sale_without_its_shipment_is_named(tmp_path):
    write_rows(tmp_path, ROW | {"kind": "SALE"}, name="platform.csv")
    with pytest.raises(CsvRowError, match="the event_id of the SHIP that a SALE names"):
        list(read_events(tmp_path))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER + ",buyer_name", "a member of an event or of its groups"),
        (HEADER + ",kind", "each column once"),
        (HEADER.replace("quantity,", ""), "this column in the header"),
    ],
)
def test_a_bad_header_is_named(tmp_path, header, expected):
    write_rows(tmp_path, ROW, header=header)
    with pytest.raises(CsvRowError, match=expected):
        list(read_events(tmp_path))


def test_rows_that_go_back_in_time_are_refused(tmp_path):
    write_rows(tmp_path, ROW, ROW | {"posted_at": "2026-03-02T18:59:59-08:00"})
    with pytest.raises(CsvRowError, match="not before the row above"):
        list(read_events(tmp_path))


def test_a_short_row_is_refused(tmp_path):
    write_rows(tmp_path, ROW)
    with (tmp_path / "wms-los-angeles.csv").open("a") as file:
        file.write("2026-03-02T19:00:00-08:00,LA-OUT-2\n")
    with pytest.raises(CsvRowError, match="12 cells as in the header, got 2 cells"):
        list(read_events(tmp_path))


def test_a_file_of_an_unknown_sender_is_refused(tmp_path):
    write_rows(tmp_path, ROW, name="wms-rotterdam.csv")
    with pytest.raises(CsvRowError, match="one of " + ", ".join(PARTY_BY_FILE)):
        list(read_events(tmp_path))
