"""Mistakes that a careless build makes with deadlines, tried on lots as their events tell them."""

from datetime import date

from service.core.caller import Reader
from service.core.deadlines import State
from service.flow.deadlines import Asked, list_deadlines
from service.store.deadlines import SqlDeadlineStore
from tests.service.house import House
from tests.service.market import EXPORTER, OTHER_LINE, an_admission, an_event
from tests.service.tax_trade import a_departed_lot, a_pre_refund, a_sold_order, a_tax_note
from verifier.kinds import Role


def due(house: House, code: str, today: str = "2026-06-01") -> list[tuple[str, str | None]]:
    """(state, due) of every deadline of a kind."""
    with SqlDeadlineStore(house.runtime.engine, house.runtime.details).reads() as reads:
        asked = Asked(frozenset(State))
        found = list_deadlines(reads, Reader(EXPORTER, Role.EXPORTER), asked, date.fromisoformat(today))
    return [(one.state.value, one.due and one.due.isoformat()) for one in found if one.code == code]


def test_mistake_07_window_from_export_date_or_twelve_months(house: House) -> None:
    """Exported in November 2025, finalised on 20 December: four months; finalised in January: to the April after."""
    house.tell(*a_departed_lot(export_date="2025-11-03"), *a_pre_refund(finalised_on="2025-12-20"))
    house.tell(*a_departed_lot(line=OTHER_LINE, export_date="2025-11-03"))
    house.tell(*a_pre_refund(line=OTHER_LINE, finalised_on="2026-01-12"))
    assert due(house, "reconciliation") == [("overdue", "2026-04-30"), ("open", "2027-04-30")]
    assert due(house, "exchange") == [("overdue", "2026-04-30")] * 2


def test_mistake_08_30_april_for_manufacturers(house: House) -> None:
    house.tell(*a_departed_lot())
    house.tell(a_tax_note("FINALISED", finalised_on="2025-12-20", tax_method="exempt_credit_refund"))
    assert due(house, "reconciliation", "2026-04-21") == [("overdue", "2026-04-20")]


def test_mistake_09_local_day_where_beijings_counts(house: House) -> None:
    """Sold at 20:00 on 30 April in Los Angeles: its fifteen days run from 1 May."""
    house.tell(an_admission(), *a_departed_lot(), *a_pre_refund(), *a_sold_order(1, "2026-04-30T20:00:00-07:00"))
    assert due(house, "sale_evidence", "2026-05-16") == [("soon", "2026-05-16")]
    assert due(house, "sale_evidence", "2026-05-17") == []


def test_mistake_10_one_clock_for_returns(house: House) -> None:
    house.tell(*a_departed_lot(), an_event("HOLD", 150), an_event("RETURN_ORIGIN", 150))
    assert due(house, "return_relief", "2026-09-11") == [("overdue", "2026-09-10")]
    assert due(house, "return_channel", "2026-09-11") == [("open", "2027-03-05")]


def test_mistake_30_rules_without_dates(house: House) -> None:
    """Exports of 2025 keep the rules of 2025: no 36 months, and the older relief."""
    house.tell(*a_departed_lot(export_date="2025-12-31"), *a_departed_lot(line=OTHER_LINE, export_date="2026-01-01"))
    assert due(house, "final_claim") == [("open", "2029-01-01"), ("not_applicable", None)]
    assert due(house, "return_relief") == [("soon", "2026-06-30"), ("soon", "2026-07-01")]


def test_mistake_31_records_deleted_after_five_years(house: House) -> None:
    house.tell(*a_departed_lot(), *a_pre_refund())
    assert due(house, "retention", "2031-04-09") == [("open", "2036-04-08")]
