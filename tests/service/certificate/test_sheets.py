"""The sheets of the kinds: made from figures as the kinds themselves compute them, in short and long cases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.certificate.compose import compose
from service.certificate.press import Press
from service.certificate.render import render
from service.certificate.sheets import SHEET_MAKERS, make_sheet
from tests.service.certificate.reports import CREDENTIAL, FIRST, a_report
from tests.verifier.claims.cases import EXPORTER, PLATFORM, RECORD_AT, BookOf, Lot, make_case
from tests.verifier.claims.test_correction import NEW, OLD
from tests.verifier.claims.test_endorsement import SHORT, WHOLE
from tests.verifier.claims.test_loss import CONSUMED, lossy_lot
from verifier.claim_record import Recorded, Used
from verifier.claims.kinds import CORRECTION, ENDORSEMENT, EXCHANGE_COLLECTION, LOSS, STOCK, ClaimKind
from verifier.report import Report


def report_of(kind: ClaimKind, lots: list[Lot], books: list[BookOf] = [], **rest: Any) -> Report:  # noqa: B006
    case = make_case(list(lots), list(books), **rest)
    return a_report(kind.vct, lots=max(len(lots), 1), asked=case.asked, figures=kind.figures(case))


def a_collection(lots: int = 1, currencies: tuple[str, ...] = ("USD", "CAD", "JPY")) -> Report:
    made, book = [Lot(FIRST + number) for number in range(lots)], BookOf()
    for number, lot in enumerate(made):
        for currency in currencies:
            sale = lot.sell(3 + number, 100_00, currency)
            lot.refund(sale, 7_00, currency)
    made[0].sell(1, 55_00, by=EXPORTER, order_gross_minor=90_00)
    for currency in currencies:
        book.fee(15_00, "commission", currency)
        book.credit(book.fee(4_00, "delivery", currency), 1_00, currency)
    book.fee(2_00, "destination_tax")
    book.receipt(60_00)
    book.receipt(73_00, reference="R2", converted_from="CAD", converted_minor=100_00, conversion_rate="0.7300")
    return report_of(EXCHANGE_COLLECTION, made, [book])


def an_endorsement(asked: dict[str, Any]) -> Report:
    return report_of(ENDORSEMENT, [], asked=asked)


def a_loss() -> Report:
    lot = lossy_lot()
    lot.add("FIND", 2)
    moved = Lot(FIRST)
    moved.events.clear()
    for event in lot.events:
        moved.add(event.kind, event.quantity, site=event.site, target=event.target, **event.groups)
    return report_of(LOSS, [moved], purpose=4, kinds=CONSUMED)


def a_stock(lots: int = 1) -> Report:
    made = [Lot(FIRST + number, 208 + number) for number in range(lots)]
    for lot in made:
        lot.add("COUNT", at=RECORD_AT - timedelta(days=30), goods={"pieces": 205})
        lot.add("LOSE", 3)
    return report_of(STOCK, made)


def a_correction() -> Report:
    lot, book = Lot(FIRST), BookOf()
    sale = lot.sell(20, 300_00)
    lot.add("RETURN_IN", 20, target=sale)
    lot.refund(sale, 300_00)
    book.add("FEE_REVERSAL", target=book.fee(10_00), by=PLATFORM)
    name = f"{FIRST:016x}"
    reasons = [
        {"lot": name, "position": 6, "kind": "RETURN_IN"},
        {"lot": name, "position": 7, "kind": "REFUND"},
        {"lot": f"{book.lot:016x}", "position": 1, "kind": "FEE_REVERSAL"},
    ]
    old, new = (state | {"pieces": {name: pieces}} for state, pieces in ((OLD, 780), (NEW, 760)))
    asked = {"claim_id": "0x" + "ab" * 32, "old": old, "new": new, "reasons": reasons}
    return report_of(CORRECTION, [lot], [book], asked=asked)


REPORTS = {
    "exchange": a_collection(),
    "exchange-52-lots": a_collection(52, ("USD", "CAD", "JPY", "EUR", "GBP", "KWD", "AUD")),
    "endorsement": an_endorsement(WHOLE),
    "endorsement-of-others": an_endorsement(SHORT | {"version": 2, "ceiling_minor": 12_500_00}),
    "loss": a_loss(),
    "stock": a_stock(),
    "stock-52-lots": a_stock(52),
    "correction": a_correction(),
}


def sheet_of(name: str) -> dict[str, Any]:
    statement = REPORTS[name].statement
    assert statement is not None
    return make_sheet(statement).to_json()


def headline(name: str) -> dict[str, str]:
    return {figure["label"]["en"]: figure["value"]["en"] for figure in sheet_of(name)["headline"]}


def rows(name: str, table: int) -> list[list[str]]:
    found = sheet_of(name)["tables"][table]
    return [[cell["en"] for cell in row] for row in [*found["rows"], found["total"]] if row]


def test_the_ceilings_come_first_and_are_never_added_up() -> None:
    assert list(headline("exchange").items())[:3] == [
        ("Ceiling (CAD)", "CAD 75.00"), ("Ceiling (JPY)", "JPY 7,500"), ("Ceiling (USD)", "USD 128.00"),
    ]  # fmt: skip


def test_gross_to_ceiling_is_shown_line_by_line_with_its_signs() -> None:
    assert rows("exchange", 0) == [
        ["gross", "100.00", "10,000", "155.00"],
        ["refunds", "-7.00", "-700", "-7.00"],
        ["price adjustments", "0.00", "0", "0.00"],
        ["commission", "-15.00", "-1,500", "-15.00"],
        ["delivery", "-4.00", "-400", "-4.00"],
        ["tax at destination", "0.00", "0", "-2.00"],
        ["fees given back", "1.00", "100", "1.00"],
        ["taken off for overdrawn claims", "0.00", "0", "0.00"],
        ["ceiling", "75.00", "7,500", "128.00"],
    ]


def test_receipts_lots_and_remarks_stand_on_it() -> None:
    assert rows("exchange", 1) == [
        ["2026-06-15", "party 6", "USD 60.00", "-"],
        ["2026-06-15", "party 6", "USD 73.00", "CAD 100.00 @ 0.7300"],
    ]
    assert rows("exchange", 2) == [["223320260001234567-01", "10"], ["Total", "10"]]
    notes = [note["en"] for note in sheet_of("exchange")["notes"]]
    assert "Sales on the exporter's own word: 1, USD 55.00." in notes
    assert "Orders with lines outside this certificate: 1." in notes


def test_what_banks_have_used_is_told_as_of_its_block() -> None:
    statement = REPORTS["exchange"].statement
    assert statement is not None
    used = (Used("JPY", 7_500, 7_000, 500), Used("USD", 128_00, 130_00, -2_00))
    sheet = make_sheet(replace(statement, recorded=Recorded(1_250, 2, False, used))).to_json()
    remaining = {figure["label"]["en"]: figure for figure in sheet["headline"] if "Remaining" in figure["label"]["en"]}
    assert {label: figure["value"]["en"] for label, figure in remaining.items()} == {
        "Remaining (JPY)": "JPY 500", "Remaining (USD)": "USD -2.00",
    }  # fmt: skip
    assert remaining["Remaining (USD)"]["is_warning"]
    table = next(table for table in sheet["tables"] if table["title"]["zh"] == "签注情况（截至区块 1,250）")
    assert [[cell["en"] for cell in row] for row in table["rows"]] == [
        ["JPY", "7,500", "7,000", "500"], ["USD", "128.00", "130.00", "-2.00"],
    ]  # fmt: skip


def test_many_currencies_are_shown_four_abreast() -> None:
    tables = sheet_of("exchange-52-lots")["tables"]
    assert [len(table["columns"]) for table in tables[:2]] == [5, 4]
    assert len(tables[-1]["rows"]) == 52


def test_an_endorsement_names_its_bank_only_to_those_who_may_know() -> None:
    assert headline("endorsement") == {
        "remaining": "USD 75.00", "used": "USD 12,600.00", "Endorsing bank": "party 8", "endorsed now": "USD 5,600.00",
        "Version of the claim": "1", "Owner": "party 7",
    }  # fmt: skip
    assert headline("endorsement-of-others") == {
        "Remaining (overdrawn)": "USD -100.00", "used": "USD 12,600.00", "Version of the claim": "2",
        "Owner": "party 7",
    }  # fmt: skip
    assert len(sheet_of("endorsement-of-others")["notes"]) == 1


def test_a_loss_is_told_by_site_and_cause_with_its_certificates() -> None:
    assert headline("loss")["Pieces lost or destroyed"] == "18 pcs"
    line = "223320260001234567-01"
    assert rows("loss", 1) == [
        [line, "site 7", "lost in the warehouse", "3"],
        [line, "site 7", "lost in delivery", "5"],
        [line, "site 7", "found again", "-2"],
        [line, "site 7", "destroyed", "8"],
        [line, "site 7", "short on arrival", "4"],
    ]
    assert rows("loss", 2) == [[line, "D-17", "2026-07-10", "8"]]


def test_a_stock_position_says_what_it_does_not_exclude() -> None:
    assert rows("stock", 0) == [["223320260001234567-01", "7", "205", "0", "2026-08-02", "205", "-3"]]
    assert any("another lender" in note["en"] for note in sheet_of("stock")["notes"])


def test_a_correction_shows_before_after_and_why() -> None:
    assert rows("correction", 0) == [
        ["CAD", "2,600.00", "2,600.00", "0.00"], ["USD", "12,675.00", "12,375.00", "-300.00"],
    ]  # fmt: skip
    assert rows("correction", 1) == [["223320260001234567-01", "780", "760", "-20"]]
    assert [row[:2] for row in rows("correction", 2)] == [
        ["return", "223320260001234567-01"],
        ["refund", "223320260001234567-01"],
        ["reversal of fee", "book of account 1"],
    ]


@pytest.mark.parametrize(
    "kind", [EXCHANGE_COLLECTION, ENDORSEMENT, LOSS, STOCK, CORRECTION], ids=lambda kind: kind.name
)
def test_the_kinds_have_sheets_of_their_own(kind: ClaimKind) -> None:
    assert kind.vct in SHEET_MAKERS


@pytest.mark.parametrize("name", REPORTS)
def test_every_sheet_is_printed(press: Press, name: str) -> None:
    report = REPORTS[name]
    assert report.statement is not None
    pdf = render(compose(CREDENTIAL, report, report.statement, press.verify_url), press.fonts)
    assert pdf.startswith(b"%PDF-1.7")
