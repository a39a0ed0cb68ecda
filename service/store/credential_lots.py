"""Which lots a credential rests on that the chain does not record, and how far they were looked at since."""

from sqlalchemy import Connection, func, insert, select, update

from service.flow.claim_ports import RestsOn
from service.store import claim_schema as tables
from service.store import schema
from service.store.schema import from_signed, to_signed
from verifier.status import Status


class CredentialLots:
    """The part of a transaction over claims that is about what credentials rest on."""

    _connection: Connection

    def save_rests_on(self, status_index: int, lengths: dict[int, int]) -> None:
        """Note the lots of a credential, and how long their histories were."""
        for lot, length in lengths.items():
            values = {"status_index": status_index, "lot": to_signed(lot), "length": length, "looked": length}
            self._connection.execute(insert(tables.credential_lot).values(**values))

    def outgrown(self, now: int) -> list[RestsOn]:
        """Lots that have grown on chain under credentials that stand and have not expired."""
        held, issued, run = tables.credential_lot.c, tables.credential.c, schema.run.c
        end = select(func.max(run.first_position + run.count)).where(run.lot == held.lot).scalar_subquery()
        query = (
            select(issued.digest, held.status_index, held.lot, held.length, held.looked, end)
            .join(tables.credential, issued.status_index == held.status_index)
            .where(issued.status == Status.VALID, issued.expires_at > now, held.looked < end)
        )
        return [
            RestsOn(bytes(digest), index, from_signed(lot), length, looked, last)
            for digest, index, lot, length, looked, last in self._connection.execute(query)
        ]

    def set_looked(self, rests_on: RestsOn) -> None:
        """A lot was looked at up to where it ended."""
        held = tables.credential_lot
        place = (held.c.status_index == rests_on.status_index) & (held.c.lot == to_signed(rests_on.lot))
        self._connection.execute(update(held).where(place).values(looked=rests_on.end))
