"""Reading a request: what is JSON but not hashable, or not an event, is refused with a word about where."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import RefusedError
from service.core.events import MAX_EVENTS, EventIn, check_time, event_key, parse_events
from tests.service.market import an_event

GOOD = an_event("SHIP", 1, goods={"sku": "A-1"})
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def to_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refusal_of(member: str, value: Any) -> RefusedError:
    """The refusal of a good event with one member changed, posted between two good ones that stand."""
    first, refusal, last = parse_events(to_bytes([GOOD, GOOD | {member: value}, GOOD]))
    assert isinstance(first, EventIn)
    assert first == last
    assert isinstance(refusal, RefusedError)
    return refusal


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("event_id", "", "event_id"),
        ("event_id", "x" * 101, "event_id"),
        ("event_id", 7, "event_id"),
        ("kind", None, "kind"),
        ("line", "22332026000123456-01", "line"),
        ("line", "223320260001234567-01\n", "line"),
        ("lot", "0000000000000000", "lot"),
        ("lot", "00000000000000AB", "lot"),
        ("lot", 7, "lot"),
        ("site", -1, "site"),
        ("site", 1 << 24, "site"),
        ("site", True, "site"),
        ("quantity", 1 << 32, "quantity"),
        ("quantity", "1", "quantity"),
        ("target_id", "", "target_id"),
        ("target_party", 0, "target_party"),
        ("surprise", 1, "surprise"),
        ("money", {"grossMinor": 1}, "money.grossMinor"),
        ("money", {"gross_minor": "1"}, "money.gross_minor"),
        ("money", {"currency": "US dollars"}, "money.currency"),
        ("order", {"order_line": -1}, "order.order_line"),
        ("goods", [], "goods"),
    ],
)
def test_one_bad_member_refuses_one_event(member: str, value: Any, field: str) -> None:
    refusal = refusal_of(member, value)
    assert refusal.code == "Malformed"
    assert refusal.field == field


def test_a_refusal_names_its_event() -> None:
    assert refusal_of("site", -1).event_id == GOOD["event_id"]


def test_what_is_shown_of_a_bad_value_is_short() -> None:
    assert len(refusal_of("kind", ["x" * 1000]).numbers["got"]) <= 40


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff",
        b"\xef\xbb\xbf[]",
        b"[]",
        b'[{"event_id":"a","event_id":"b"}]',
        b'[{"event_id":"a","\\u0065vent_id":"b"}]',
        b'{"event_id":"a","event_id":"b"}',
        b'[{"goods":{"sku":"a","sku":"b"}}]',
        b'[{"goods":{"sku" :"a","sku":"b"}}]',
        b'[{"quantity":1.0}]',
        b'[{"quantity":1e2}]',
        b'[{"quantity":NaN}]',
        b'[{"quantity":9007199254740992}]',
        to_bytes([GOOD | {"money": {"gross_minor": 1 << 53}}]),
        to_bytes([GOOD | {"money": {"gross_minor": 1 << 70}}]),
        b'[{"event_id":"\\ud800"}]',
        b'[{"event_id":"\xed\xa0\x80"}]',
        '[{"event_id":"e\u0301"}]'.encode(),
        b'[{"event_id":"e\\u0301"}]',
        b"[" * 100 + b"]" * 100,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    ],
)
def test_a_body_that_cannot_be_read_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_events(body)
    assert caught.value.code == "Malformed"


def test_a_duplicate_name_among_good_events_refuses_the_body() -> None:
    body = to_bytes([GOOD, GOOD]).replace(b'"quantity":1', b'"quantity":1,"quantity":2', 1)
    with pytest.raises(RefusedError):
        parse_events(body)


def test_one_event_and_an_array_of_one_are_read_alike() -> None:
    assert parse_events(to_bytes(GOOD)) == parse_events(to_bytes([GOOD]))


def test_as_many_events_as_allowed_are_read() -> None:
    assert len(parse_events(to_bytes([GOOD] * MAX_EVENTS))) == MAX_EVENTS


def test_one_event_too_many_refuses_all() -> None:
    with pytest.raises(RefusedError, match="expected 1 to 5000 events"):
        parse_events(to_bytes([GOOD] * (MAX_EVENTS + 1)))


_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(st.lists(st.builds(lambda sku, name: GOOD | {"goods": {"sku": sku, "name": name}}, _TEXT, _TEXT), min_size=1))
def test_the_fast_way_and_the_strict_way_read_the_same(events: list[dict[str, Any]]) -> None:
    def read(body: bytes) -> Any:
        try:
            return parse_events(body)
        except RefusedError as refusal:
            return refusal.code

    # Blanks behind colons send the second one the strict way.
    strict = json.dumps(events, ensure_ascii=False, separators=(",", " : ")).encode()
    assert read(to_bytes(events)) == read(strict)


@given(st.data())
def test_no_duplicate_name_gets_through(data: st.DataObject) -> None:
    body = to_bytes([GOOD | {"goods": {"sku": data.draw(st.sampled_from(('":', 'a":b', "plain", "é")))}}])
    name = data.draw(st.sampled_from(('"kind":', '"sku":', '"quantity":'))).encode()
    with pytest.raises(RefusedError):
        parse_events(body.replace(name, name + b"null," + name, 1))


# -- times and keys


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-02",
        "2026-05-02T09:30:00",
        "2026-05-02T09:30:00Z",
        "2026-05-02T09:30:00.5-07:00",
        "2026-02-30T09:30:00-07:00",
        "2026-05-02T24:30:00-07:00",
        "2026-05-02T09:30:00-24:00",
        "2026-05-02 09:30:00-07:00",
        "２026-05-02T09:30:00-07:00",
        "2026-05-02T09:30:00-07:00\n",
    ],
)
def test_a_time_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="expected YYYY-MM-DD"):
        check_time(text, NOW)


@pytest.mark.parametrize(
    "text", ["2026-06-01T12:10:01+00:00", "2026-06-01T20:10:01+08:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_more_than_ten_minutes_ahead_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_time(text, NOW)
    assert caught.value.code == "EventTimeInFuture"


@pytest.mark.parametrize("text", ["2026-06-01T12:10:00+00:00", "0001-01-01T00:00:00+14:00"])
def test_any_time_up_to_ten_minutes_ahead_is_taken(text: str) -> None:
    assert check_time(text, NOW).isoformat() == text


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1), _TEXT, _TEXT)
def test_keys_differ_where_sender_or_id_differ(party: int, other: int, event_id: str, other_id: str) -> None:
    same = (party, event_id) == (other, other_id)
    assert (event_key(party, event_id) == event_key(other, other_id)) == same
