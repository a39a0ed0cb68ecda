"""What the stored events say for the deadlines, on SQLite and on PostgreSQL."""

from contextlib import contextmanager
from datetime import date

from service.core.caller import Reader
from service.core.deadlines import State
from service.flow.deadlines import Asked, list_deadlines
from service.store.deadlines import SqlDeadlineStore
from tests.service.house import House
from tests.service.market import CARRIER, EXPORTER, LINE, OTHER_LINE, PLATFORM, a_declare, an_admission, an_event
from tests.service.tax_trade import a_departed_lot, a_pre_refund, a_sold_order, a_tax_note
from verifier.kinds import Role

TODAY = date(2026, 6, 1)
ALL = frozenset(State)


@contextmanager
def reading(house: House):
    with SqlDeadlineStore(house.runtime.engine, house.runtime.details).reads() as reads:
        yield reads


def listed(house: House, *codes, today=TODAY, asked=None):
    with reading(house) as reads:
        found = list_deadlines(reads, Reader(EXPORTER, Role.EXPORTER), asked or Asked(ALL), today)
    return [deadline for deadline in found if deadline.code in codes or not codes]


def numbers(deadlines):
    return [dict(deadline.numbers) for deadline in deadlines]


def test_papers_become_deadlines(any_house: House) -> None:
    any_house.tell(*a_departed_lot(), *a_pre_refund())
    found = {deadline.code: (deadline.state.value, str(deadline.due)) for deadline in listed(any_house)}
    assert found == {
        "reconciliation": ("open", "2027-04-30"),
        "exchange": ("open", "2027-04-30"),
        "claim": ("met", "2027-04-30"),
        "final_claim": ("met", "2029-03-10"),
        "return_relief": ("open", "2026-09-10"),
        "return_channel": ("open", "2027-03-05"),
        "retention": ("open", "2036-04-08"),
    }


def test_sales_are_counted_by_beijing_day_without_what_was_taken_back(any_house: House) -> None:
    """08:59 and 09:00 of 20 May in Los Angeles (-07:00) lie on two days in Beijing."""
    any_house.tell(an_admission(), *a_departed_lot(), *a_pre_refund())
    orders = [
        a_sold_order(3, "2026-05-20T08:59:59-07:00"),
        a_sold_order(2, "2026-05-20T09:00:00-07:00"),
        a_sold_order(4, "2026-05-20T09:30:00-07:00"),
        a_sold_order(5, "2026-05-20T09:45:00-07:00"),
        a_sold_order(9, "2026-05-10T09:00:00-07:00"),
    ]
    for order in orders:
        any_house.tell(*order)
    any_house.tell(an_event("SALE_REVERSAL", 5, target=orders[3][1]), an_event("SALE_REVERSAL", 1, target=orders[2][1]))
    found = listed(any_house, "sale_evidence")
    assert numbers(found) == [
        {"day": date(2026, 5, 20), "sales": 1, "pieces": 3},
        {"day": date(2026, 5, 21), "sales": 2, "pieces": 5},
    ]
    assert [deadline.due for deadline in found] == [date(2026, 6, 4), date(2026, 6, 5)]


def test_a_paper_that_was_taken_back_says_nothing(any_house: House) -> None:
    note = a_tax_note("FINALISED", finalised_on="2026-04-20")
    any_house.tell(*a_departed_lot(), a_tax_note("PRE_REFUND"), note)
    any_house.tell(an_event("TAX_STATE_REVERSAL", target=note))
    (deadline,) = listed(any_house, "reconciliation")
    assert deadline.text == "reconciliation.review"


def test_the_export_date_is_set_once_by_customs(any_house: House) -> None:
    departures = [
        an_event("DEPART", 500, document={"export_date": day} if day else {})
        for day in ("", "2026-03-10", "2026-05-05")
    ]
    any_house.tell(a_declare(1500), departures[0])
    assert [deadline.code for deadline in listed(any_house)] == ["export_date"]
    any_house.tell(*departures[1:])
    assert listed(any_house, "return_relief")[0].due == date(2026, 9, 10)


def test_a_carriers_departure_names_no_export_date(any_house: House) -> None:
    any_house.tell(an_admission(CARRIER), a_declare(1000))
    departed = an_event("DEPART", 1000, document={"export_date": "2026-03-10"})
    assert any_house.post(CARRIER, departed)[0]["status"] == "accepted"
    assert [deadline.code for deadline in listed(any_house)] == ["export_date"]


def test_what_a_sender_wrote_as_a_day_and_is_none_is_not_known(any_house: House) -> None:
    any_house.tell(*a_departed_lot(export_date="10.03.2026"), a_tax_note("FINALISED", finalised_on="2026-02-30"))
    assert [deadline.text for deadline in listed(any_house, "export_date", "reconciliation")] == [
        "export_date",
        "reconciliation.unknown",
    ]


def test_asked_for_one_declaration_a_state_or_a_number_of_days(any_house: House) -> None:
    other = "223320260009999999-01"
    any_house.tell(*a_departed_lot(), *a_departed_lot(line=OTHER_LINE), *a_departed_lot(line=other))
    one = listed(any_house, asked=Asked(ALL, declaration_no="223320260009999999"))
    assert {deadline.line for deadline in one} == {other + "-00"}
    two = listed(any_house, asked=Asked(ALL, declaration_no=LINE[:18]))
    assert {deadline.line for deadline in two} == {LINE + "-00", OTHER_LINE + "-00"}
    assert {deadline.code for deadline in listed(any_house, asked=Asked(ALL, within_days=101))} == {"return_relief"}
    assert listed(any_house, asked=Asked(ALL, within_days=100)) == []
    assert listed(any_house, asked=Asked(frozenset({State.OVERDUE}))) == []


def test_an_erased_event_tells_nothing_and_breaks_nothing(any_house: House) -> None:
    from sqlalchemy import update

    from service.store import schema
    from service.store.database import writing

    any_house.tell(*a_departed_lot())
    with writing(any_house.runtime.engine) as connection:
        connection.execute(update(schema.event).values(disclosures=None))
    assert [deadline.code for deadline in listed(any_house)] == ["export_date"]


def test_books_and_lots_of_others_are_none_of_it(any_house: House) -> None:
    any_house.tell(an_admission(), *a_departed_lot())
    with reading(any_house) as reads:
        assert list_deadlines(reads, Reader(PLATFORM, Role.PLATFORM), Asked(ALL), TODAY) == []
        assert len(reads.lots(None, None)) == 1
