"""The steps of tax rows: which notes were sent to the chain, and what became of them."""

from datetime import UTC, date, datetime

from sqlalchemy import Connection, insert, select, update

from service.core.lot_facts import Paper
from service.core.row_steps import Note
from service.flow.claim_ports import PostedRow
from service.store import claim_schema as tables
from service.store import schema
from service.store.schema import TAX_NOTE, from_signed, to_signed
from verifier.calendar import beijing_day

_NEW = (
    "SELECT DISTINCT e.lot FROM event e WHERE e.kind IN (68, 196) AND e.kind = 68 "
    "AND NOT EXISTS (SELECT 1 FROM tax_row t WHERE t.lot = e.lot AND t.position = e.position) "
    "AND EXISTS (SELECT 1 FROM run r WHERE r.lot = e.lot AND r.first_position <= e.position "
    "AND r.first_position + r.count > e.position)"
)
"""Lots with a TAX_STATE note that is on chain and in no row; the kinds are written out so that the index serves."""


class TaxRows:
    """The part of a transaction over claims that is about tax rows."""

    _connection: Connection

    def lots_with_new_notes(self) -> list[int]:
        """Lots with a note on chain that was not sent to its row yet."""
        return [from_signed(row[0]) for row in self._connection.exec_driver_sql(_NEW)]

    def tax_notes(self, lot: int) -> list[Note]:
        """A lot's TAX_STATE notes and their reversals, on chain or not."""
        event, party = schema.event.c, schema.party.c
        query = (
            select(
                event.position, event.kind, event.target, party.roles, event.event_time, event.disclosures, event.party
            )
            .join(schema.party, party.number == event.party)
            .where(event.lot == to_signed(lot), TAX_NOTE)
            .order_by(event.position)
        )
        return [
            Note(
                Paper(lot, row.position, row.kind, row.target, row.roles, _day(row.event_time), row.disclosures),
                row.party,
            )
            for row in self._connection.execute(query)
        ]

    def posted_rows(self, lot: int) -> list[PostedRow]:
        """The steps of a lot that were sent, or refused, oldest first."""
        found = tables.tax_row
        query = select(found).where(found.c.lot == to_signed(lot)).order_by(found.c.position)
        return [
            PostedRow(lot, row.position, row.row, row.state, row.failure) for row in self._connection.execute(query)
        ]

    def save_posted_row(self, row: PostedRow) -> None:
        """Note what became of a step."""
        found = tables.tax_row
        place = (found.c.lot == to_signed(row.lot)) & (found.c.position == row.position)
        values = {"row": row.row, "state": row.state, "failure": row.failure}
        if self._connection.execute(update(found).where(place).values(**values)).rowcount == 0:
            keys = {"lot": to_signed(row.lot), "position": row.position}
            self._connection.execute(insert(found).values(**keys, **values))


def _day(event_time: int) -> date:
    return beijing_day(datetime.fromtimestamp(event_time, UTC))
