"""Reads for the deadlines: lots with their accounts, the few events that carry papers, sales counted by Beijing day.

No event of a season is opened for them: kinds and times stand in columns of their own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Engine, select

from service.core.lot_facts import Paper, SaleDay
from service.store import schema
from service.store.database import reading, select_in
from service.store.details import Details
from service.store.schema import from_signed, to_signed
from service.store.trail import LotView, SqlTrail
from verifier.calendar import BEIJING, beijing_day
from verifier.kinds import CODE_BY_NAME, REVERSAL
from verifier.lanes import LotAccounts, from_account_word

_SALE = CODE_BY_NAME["SALE"]
_SALE_REVERSAL = _SALE | REVERSAL
_OFFSET = int(BEIJING.utcoffset(None).total_seconds())
_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_SOLD = (
    "SELECT lot, kind, "  # noqa: S608 - numbers of ours
    f"CASE WHEN kind = {_SALE} THEN (event_time + {_OFFSET}) / {_DAY} ELSE target END, count(*), sum(quantity) "
    "FROM event WHERE lot IN (:keys) "
    f"AND (kind = {_SALE_REVERSAL} OR kind = {_SALE} AND event_time >= {{since}}) GROUP BY 1, 2, 3"
)
"""Sales by day, and how many pieces of which sale were taken back: one pass, since a lot has its sales in one run."""
_SALE_AT = "SELECT lot, position, event_time, quantity FROM event WHERE (lot, position) IN (VALUES :keys)"


class SqlDeadlineReads(SqlTrail):
    """Reads in one transaction."""

    def __init__(self, connection: Connection, details: Details) -> None:
        super().__init__(connection, details)
        self._connection = connection

    def find_roles(self, party: int) -> int | None:
        """The roles of a party, None if it is not registered."""
        query = select(schema.party.c.roles).where(schema.party.c.number == party)
        return self._connection.execute(query).scalar_one_or_none()

    def owners_of(self, lots: Collection[int]) -> set[int]:
        """The owners of these lots."""
        query = "SELECT DISTINCT owner FROM lot WHERE lot IN (:keys)"
        return {row[0] for row in select_in(self._connection, query, _signed(lots))}

    def lots(self, owners: Collection[int] | None, declaration_no: str | None) -> list[LotView]:
        """The declared lots of these owners (None: of all), of one declaration if it is named."""
        lot = schema.lot.c
        query = select(lot.lot, lot.line, lot.owner, lot.declared, lot.length).where(lot.lot > 0, lot.declared > 0)
        if owners is not None:
            query = query.where(lot.owner.in_(owners))
        if declaration_no is not None:
            query = query.where(lot.line.startswith(declaration_no + "-"))
        rows = self._connection.execute(query.order_by(lot.line)).all()
        accounts: dict[int, dict[int, list[int]]] = defaultdict(dict)
        found = select_in(
            self._connection, "SELECT lot, site, word FROM account WHERE lot IN (:keys)", [row.lot for row in rows]
        )
        for number, site, word in found:
            accounts[number][site] = from_account_word(int.from_bytes(word, "big"))
        return [
            LotView(row.lot, row.line, row.owner, row.declared, row.length, LotAccounts(row.lot, accounts[row.lot]))
            for row in rows
        ]

    def papers(self, lots: Collection[int], kinds: Collection[int]) -> Iterator[Paper]:
        """The events of these kinds in the histories of lots."""
        listed = ",".join(str(int(kind)) for kind in sorted(kinds))
        query = (
            "SELECT lot, position, kind, target, roles, event_time, disclosures FROM event "  # noqa: S608 - numbers of ours
            f"JOIN party ON party.number = event.party WHERE lot IN (:keys) AND kind IN ({listed})"
        )
        for lot, position, kind, target, roles, at, disclosures in select_in(self._connection, query, _signed(lots)):
            day = beijing_day(datetime.fromtimestamp(at, UTC))
            shown = None if disclosures is None else bytes(disclosures)
            yield Paper(from_signed(lot), position, kind, target, roles, day, shown)

    def sale_days(self, lots: Collection[int], since: int) -> Iterator[tuple[int, SaleDay]]:
        """(lot, sales of a Beijing day), of sales from ``since`` (unix seconds) on; what was taken back is left out."""
        counted: dict[tuple[int, int], tuple[int, int]] = {}
        taken_back: dict[tuple[int, int], int] = {}
        rows = select_in(self._connection, _SOLD.format(since=int(since)), _signed(lots))
        for lot, kind, day_or_target, sales, pieces in rows:
            if kind == _SALE:
                counted[lot, int(day_or_target)] = sales, int(pieces)
            else:
                taken_back[lot, int(day_or_target)] = int(pieces)
        for lot, position, at, sold in select_in(self._connection, _SALE_AT, list(taken_back)):
            if at >= since:
                back, key = taken_back[lot, position], (lot, (at + _OFFSET) // _DAY)
                sales, pieces = counted[key]
                counted[key] = sales - (back >= sold), pieces - back
        for (lot, day), (sales, pieces) in sorted(counted.items()):
            if sales:
                yield from_signed(lot), SaleDay(_EPOCH + timedelta(days=day), sales, pieces)


class SqlDeadlineStore:
    """Opens these reads on an engine."""

    def __init__(self, engine: Engine, details: Details) -> None:
        self._engine, self._details = engine, details

    @contextmanager
    def reads(self) -> Iterator[SqlDeadlineReads]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlDeadlineReads(connection, self._details)


def _signed(lots: Collection[int]) -> list[int]:
    return [to_signed(lot) for lot in lots]
