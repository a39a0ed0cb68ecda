"""What a sender seals or an issuer writes to break the verifier: it refuses, whatever it is, and in little room."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.verifier.claims.cases import BookOf, make_case
from tests.verifier.claims.tax_cases import TaxLot
from verifier.canonical import to_base64url
from verifier.claims.case import ClaimRefusedError
from verifier.claims.pre_refund import pre_refund_figures
from verifier.claims.record import ClaimRecord
from verifier.claims.settlement import settlement_figures
from verifier.errors import MalformedError
from verifier.event import event_time
from verifier.shapes import to_hex

TRADER = {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13"}


def record_of(*bitmaps: bytes) -> dict[str, Any]:
    lots = [
        {"lot": f"{number:016x}", "pieces": 1, "positions": to_base64url(bitmap)}
        for number, bitmap in enumerate(bitmaps, 1)
    ]
    return {"id": to_hex(bytes(32)), "purpose": 1, "parts": [{"lots": lots, "books": []}], "tanks": [], "deducted": []}


def test_a_bitmap_of_more_positions_than_events_is_refused_unread() -> None:
    """A megabyte of ones would be eight million positions, and half a gigabyte."""
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError, match="more positions"):
            ClaimRecord.from_json(record_of(b"\xff" * (1 << 20)), 100)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bitmaps", [(bytes(12) + b"\x80\x01",), (b"\xff\x0f", b"\xff" * 12)])
def test_neither_far_nor_many_positions_are_read(bitmaps: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedError, match="more positions"):
        ClaimRecord.from_json(record_of(*bitmaps), 100)


def test_as_many_positions_as_events_are_read() -> None:
    record = ClaimRecord.from_json(record_of(b"\xff" * 12 + b"\x0f"), 100)
    assert len(record.positions(1)) == 100


def test_a_lot_without_positions_is_malformed() -> None:
    with pytest.raises(MalformedError, match="empty"):
        ClaimRecord.from_json(record_of(b""))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_without_a_beijing_day_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        event_time({"event_time": text})


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "3000-01-01"])
def test_a_day_from_which_no_term_can_be_counted_is_refused(day: str) -> None:
    lot = TaxLot()
    lot.edit(1, groups=lot.events[1].groups | {"document": {"export_date": day}})
    with pytest.raises(ClaimRefusedError, match="IllTyped"):
        pre_refund_figures(make_case([lot], asked=TRADER))


def test_a_row_finalised_at_the_end_of_time_is_refused() -> None:
    lot = TaxLot()
    lot.claim(1000)
    lot.finalise(1000, 5_200_00, on="9999-12-31")
    lot.sell(10, 100_00)
    with pytest.raises(ClaimRefusedError, match="IllTyped"):
        settlement_figures(make_case([lot], [BookOf()], purpose=2, record_at=datetime.now(UTC) + timedelta(days=400)))
