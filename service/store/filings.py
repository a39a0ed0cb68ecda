"""Which claims and tax rows rest on events: the days from which their evidence must be kept."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from service.store.database import select_in
from service.store.schema import to_signed
from verifier.calendar import beijing_day
from verifier.claims.kinds import Purpose
from verifier.claims.record import ClaimRecord

Place = tuple[int, int]
"""A lot and a position in it."""

_NOTES = "SELECT lot, event_time FROM event WHERE lot IN (:keys) AND kind IN (68, 196)"
_BASES = (
    "SELECT l.lot, c.issued_at FROM credential_lot l JOIN credential c ON c.status_index = l.status_index "
    "WHERE c.kind = 'pre-refund' AND l.lot IN (:keys)"
)
_CLAIMS = (
    "SELECT c.purpose, c.record, max(i.issued_at) FROM claim c JOIN credential i ON i.claim = c.id AND i.kind = c.kind "
    "WHERE c.state IN ('sent', 'live') AND c.id IN (SELECT claim FROM claim_lot WHERE lot IN (:keys)) "
    "GROUP BY c.id, c.purpose, c.record"
)
_TAX = (Purpose.SETTLEMENT, Purpose.RETURN)


def find_filings(connection: Connection, places: Collection[Place]) -> tuple[dict[Place, set[date]], ...]:
    """(days of tax claims, days of exchange collections) by place.

    A tax row and the basis of a pre-refund speak of a lot as a whole, a claim of the positions in its set. What was
    revoked or never came on chain was not filed.
    """
    filed: dict[Place, set[date]] = defaultdict(set)
    collected: dict[Place, set[date]] = defaultdict(set)
    lots = sorted({to_signed(lot) for lot, _ in places})
    for query in (_NOTES, _BASES):
        for lot, at in select_in(connection, query, lots):
            _add(filed, (place for place in places if to_signed(place[0]) == lot), at)
    for purpose, record, at in select_in(connection, _CLAIMS, lots):
        taken = ClaimRecord.from_json(json.loads(record))
        inside = [place for place in places if place[1] in taken.positions(place[0])]
        if purpose in _TAX:
            _add(filed, inside, at)
        elif purpose == Purpose.EXCHANGE:
            _add(collected, inside, at)
    return filed, collected


def day_of(unix_seconds: int) -> date:
    """The Beijing day of a moment."""
    return beijing_day(datetime.fromtimestamp(unix_seconds, UTC))


def _add(days: dict[Place, set[date]], places: Iterable[Place], at: int) -> None:
    for place in places:
        days[place].add(day_of(at))
