"""Which later events make a claim run again, found without its case."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.core.take import has_followed
from verifier.claims.case import Case, LotStory, Told
from verifier.claims.kinds import EXCHANGE_COLLECTION, LOSS
from verifier.claims.positions import follow_ups, positions_for
from verifier.replay import Replay

LOT, NOW = 7, datetime(2026, 6, 1, tzinfo=UTC)
KINDS = (
    *("SHIP", "SALE", "SALE_REVERSAL", "RETURN_IN", "RETURN_IN_REVERSAL", "REFUND", "REFUND_REVERSAL", "ADJUST"),
    *("COUNT", "LOSE", "LOSE_REVERSAL", "DESTROY"),
)
ROWS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 20)), max_size=20)


def a_lot(rows: list[tuple[str, int]]) -> LotStory:
    """Events of these kinds; each names the one so many places before it, if there is one."""
    events = tuple(
        Told(LOT, position, kind, 1, 1, position - back if 0 < back <= position else None, NOW, 5, {})
        for position, (kind, back) in enumerate(rows)
    )
    return LotStory(LOT, 3, events, Replay(LOT))


@given(ROWS, ROWS, st.sampled_from((EXCHANGE_COLLECTION, LOSS)))
def test_what_is_new_tells_what_the_whole_case_would(old, new, kind) -> None:
    before, after = a_lot(old), a_lot(old + new)
    taken = positions_for(kind, Case(3, {}, (before,), (), NOW), before, frozenset())
    news = [(event.kind, event.target) for event in after.events[len(old) :]]
    assert has_followed(kind, taken, news) == bool(follow_ups(kind, after, taken))
