"""Reports on the three kinds that tax offices and customs read: the worked example, and cases that try the page."""

from typing import Any

from tests.service.certificate.reports import FIRST, a_report
from tests.verifier.claims.cases import EXPORTER, BookOf, Lot, make_case
from tests.verifier.claims.tax_cases import TaxLot
from verifier.claims.kinds import PRE_REFUND, RETURN_TO_ORIGIN, SETTLEMENT, ClaimKind
from verifier.claims.record import Part
from verifier.claims.return_to_origin import CONSUMED as ENTRIES
from verifier.report import Report

NOTHING: dict[str, Any] = {"kinds": frozenset()}
TRADER = {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13", "invoice_no": "044031900111-01"}
CERTIFICATE = "沪浦税补字〔2026〕000815号"
MANUFACTURER = {"method": "exempt_credit_refund", "fob_cny_minor": 123_456_789_00, "rebate_rate": "0.13"}


def report_of(kind: ClaimKind, lots: list[Lot], books: list[BookOf] = [], **rest: Any) -> Report:  # noqa: B006
    case = make_case(list(lots), list(books), purpose=int(kind.purpose), **rest)
    return a_report(kind.vct, lots=len(lots), asked=case.asked, figures=kind.figures(case))


def line_a() -> TaxLot:
    """1,000 at CNY 40.00, 13 %, pre-refunded: 800 sold, of them 20 back; 8 destroyed, 3 lost."""
    lot = TaxLot(FIRST).pre_refunded()
    sale = lot.sell(600, 9_000_00)
    lot.sell(200, 4_000_00, "CAD")
    lot.add("RETURN_IN", 20, target=sale)
    lot.refund(sale, 300_00)
    lot.add("DESTROY", 8)
    lot.add("LOSE", 3)
    return lot


def line_b() -> TaxLot:
    """500 at CNY 100.00, 9 %, pre-refunded: 300 sold; 150 came home, their refund repaid before."""
    lot = boards(FIRST + 1, item=2).pre_refunded(500)
    lot.sell(300, 12_000_00)
    lot.repay(150, 1_350_00, certificate_no=CERTIFICATE)
    enter(lot, 150, certificate_no=CERTIFICATE)
    return lot


def boards(lot: int, *, item: int = 1, is_food: bool | None = False) -> TaxLot:
    """500 circuit boards, in no tax row."""
    made = TaxLot(lot, 500, item=item, cost=100_00, rate="0.09")
    if is_food is not None:
        made.edit(0, groups=made.events[0].groups | {"goods": {"sku": "B", "is_food": is_food}})
    return made


def enter(lot: TaxLot, pieces: int, on: str = "2026-08-28", number: int = 765_432, **document: Any) -> None:
    """Pieces leave the warehouse for home, and customs lets them in."""
    lot.add("HOLD", pieces)
    back = lot.add("RETURN_ORIGIN", pieces)
    paper = {"import_declaration_no": f"223320261{number:09d}", "entry_date": on, "entry_mode": "4561"}
    lot.add("ENTRY", pieces, target=back, document=paper | {"is_original_state": True} | document)


def a_book() -> BookOf:
    """The worked example's account: USD 75.00 are still out."""
    book = BookOf()
    for minor, fee_type in ((3_105_00, "commission"), (420_00, "storage"), (3_600_00, "delivery")):
        book.fee(minor, fee_type)
    book.fee(900_00, "destination_tax")
    book.fee(600_00, "commission", "CAD")
    book.fee(800_00, "delivery", "CAD")
    book.statement(sales=21_000_00, refunds=300_00, fees=8_025_00, payout=12_600_00, closing=75_00)
    book.statement("CAD", "S2", sales=4_000_00, fees=1_400_00, conversions=-2_600_00)
    book.receipt(12_600_00)
    book.receipt(1_898_00, reference="R2", converted_from="CAD", converted_minor=2_600_00, conversion_rate="0.7300")
    return book


def a_pre_refund() -> Report:
    return report_of(PRE_REFUND, [TaxLot(FIRST)], asked=TRADER, **NOTHING)


def a_split_pre_refund() -> Report:
    """300 sold of 1,000, 20 of them back; 8 destroyed, 3 lost, 5 given away, 40 on the way home."""
    lot = TaxLot(FIRST)
    lot.add("RETURN_IN", 20, target=lot.sell(300, 4_500_00))
    lot.add("DESTROY", 8)
    lot.add("LOSE", 3)
    lot.add("GIVE", 5)
    lot.add("HOLD", 40)
    lot.add("RETURN_ORIGIN", 40)
    lot.note("ORDINARY", pieces=100, seq="O-1", tax_minor=520_00)
    return report_of(PRE_REFUND, [lot], asked=TRADER | {"split": True}, **NOTHING)


def a_manufacturers_pre_refund() -> Report:
    lot = TaxLot(FIRST, 123_456, method="exempt_credit_refund")
    return report_of(PRE_REFUND, [lot], asked=MANUFACTURER, **NOTHING)


def a_settlement() -> Report:
    return report_of(SETTLEMENT, [line_a(), line_b()], [a_book()])


def a_settlement_of_50_lots() -> Report:
    """All three outcomes, row numbers as long as they get."""
    lots: list[Lot] = []
    for number in range(50):
        lot = TaxLot(FIRST + number, 100_000, item=number + 1)
        position = lot.claim(100_000, seq=f"2026-04-{number:04d}")
        tax = lot.events[position].groups["money"]["tax_minor"]
        lot.finalise(100_000, tax, seq=f"2026-04-{number:04d}")
        sold = (100_000, 78_000 + number, 0)[number % 3]
        if sold:
            lot.sell(sold, sold * 15_00, by=EXPORTER)
        lots.append(lot)
    return report_of(SETTLEMENT, lots)


def a_restored_settlement() -> Report:
    """A manufacturer's, too late, on the FOB that its sales restore."""
    lot = TaxLot(FIRST, method="exempt_credit_refund")
    lot.claim(1000, cost_minor=None, tax=7_384_00)
    lot.finalise(1000, 7_384_00, on="2025-03-02")
    lot.sell(500, 7_500_00)
    asked = {
        "reclaim_base": "restored_fob", "exchange_rates": {"USD": "7.1"}, "rates_on": "2026-03-02",
        "abroad_costs_minor": {f"{FIRST:016x}": 10_000_00},
    }  # fmt: skip
    return report_of(SETTLEMENT, [lot], asked=asked)


def a_manufacturers_settlement() -> Report:
    """Amounts as wide as they get, in a filing period that is not announced yet."""
    lots: list[Lot] = []
    for number in range(3):
        lot = TaxLot(FIRST + number, 1_000_000, item=number + 1, method="exempt_credit_refund")
        seq = f"20260400{number}-0123456"
        lot.claim(1_000_000, cost_minor=None, tax=123_456_789_00, seq=seq)
        lot.finalise(1_000_000, 123_456_789_00, seq=seq)
        lot.sell(777_777, 7_777_770_00)
        lots.append(lot)
    return report_of(SETTLEMENT, lots)


def a_full_reversal() -> Report:
    return report_of(SETTLEMENT, [TaxLot(FIRST).pre_refunded()], parts=(Part((), ()),))


def an_ordinary_settlement() -> Report:
    """Nothing to reconcile: sold pieces without a row are claimed in the ordinary way."""
    lot = TaxLot(FIRST)
    lot.sell(25, 375_00)
    return report_of(SETTLEMENT, [lot])


def a_return(*lots: TaxLot) -> Report:
    return report_of(RETURN_TO_ORIGIN, list(lots), kinds=ENTRIES)


def b_alone() -> TaxLot:
    """Line B as the only lot."""
    lot = boards(FIRST).pre_refunded(500)
    lot.repay(150, 1_350_00, certificate_no=CERTIFICATE)
    enter(lot, 150, certificate_no=CERTIFICATE)
    return lot


def refused_lots() -> list[TaxLot]:
    """In time; late for the relief; not repaid; food; not told; too late for both."""
    made = [
        boards(FIRST + number, item=number + 1, is_food=(False, False, False, True, None, False)[number])
        for number in range(6)
    ]
    made[2].pre_refunded(500)
    days = ("2026-08-28", "2026-09-11", "2026-08-28", "2026-08-28", "2026-08-28", "2027-03-11")
    for number, (lot, day) in enumerate(zip(made, days, strict=True)):
        enter(lot, 50, day, 700_000 + number)
    return made


def many_returns() -> list[TaxLot]:
    made = [boards(FIRST + number, item=number + 1) for number in range(50)]
    for number, lot in enumerate(made):
        enter(lot, 50, number=100_000 + number)
    return made


TAX_REPORTS = {
    "pre-refund": a_pre_refund(),
    "pre-refund-split": a_split_pre_refund(),
    "pre-refund-manufacturer": a_manufacturers_pre_refund(),
    "settlement": a_settlement(),
    "settlement-50-lots": a_settlement_of_50_lots(),
    "settlement-manufacturer": a_manufacturers_settlement(),
    "settlement-restored": a_restored_settlement(),
    "settlement-reversal": a_full_reversal(),
    "settlement-ordinary": an_ordinary_settlement(),
    "return": a_return(b_alone()),
    "return-refused": a_return(*refused_lots()),
    "return-50-lots": a_return(*many_returns()),
}
