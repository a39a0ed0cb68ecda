"""Who keeps its own batch key, and what it has signed itself: a part of a capture, and of reads."""

from sqlalchemy import Connection, func, insert, select, text, update

from service.flow.ports import BatchKey, Chunk, OwnSignature
from service.store import schema
from service.store.log import CHUNK, to_chunk

_CUSTODIAL = text(
    "SELECT DISTINCT party FROM batch_key WHERE is_custodial AND valid_from <= :now AND valid_to > :now "
    "AND party NOT IN (SELECT party FROM left_custody)"
)


class OwnBatches:
    """What a transaction knows of parties' own keys and batches."""

    _connection: Connection

    def custodial_parties(self, now: int) -> frozenset[int]:
        """The parties for which this service may sign: a key in custody is in force, and they have not left custody."""
        return frozenset(self._connection.execute(_CUSTODIAL, {"now": now}).scalars())

    def has_left_custody(self, party: int) -> bool:
        """Whether a party has left custody, or is about to."""
        known = schema.left_custody.c.party
        return self._connection.execute(select(known).where(known == party)).first() is not None

    def leave_custody(self, party: int) -> None:
        """Take nothing more of a party but what it signs itself. Safe to repeat."""
        if not self.has_left_custody(party):
            self._connection.execute(insert(schema.left_custody).values(party=party))

    def count_unsigned(self, party: int) -> int:
        """How many of a party's chunks the service has still to sign."""
        chunk = schema.chunk.c
        query = select(func.count()).where(chunk.party == party, chunk.batch.is_(None), chunk.lane.is_(None))
        return int(self._connection.execute(query).scalar_one())

    def batch_keys(self, party: int) -> list[BatchKey]:
        """Every batch key that a party ever had."""
        key = schema.batch_key.c
        query = select(key.key_id, key.valid_from, key.valid_to, key.is_custodial).where(key.party == party)
        return [BatchKey(bytes(row.key_id)[12:], *row[1:]) for row in self._connection.execute(query)]

    def next_own_nonce(self, party: int, lane: int) -> int:
        """The nonce after the newest batch that a party has signed in a lane, whatever became of it."""
        chunk = schema.chunk.c
        newest = select(func.max(chunk.nonce)).where(chunk.party == party, chunk.lane == lane)
        found = self._connection.execute(newest).scalar_one()
        return 0 if found is None else int(found) + 1

    def find_own(self, party: int, lane: int, nonce: int) -> Chunk | None:
        """What a party has signed at a nonce of a lane."""
        chunk = schema.chunk.c
        query = select(*CHUNK).where(chunk.party == party, chunk.lane == lane, chunk.nonce == nonce)
        row = self._connection.execute(query).first()
        return None if row is None else to_chunk(row)

    def find_unsigned(self, party: int) -> list[Chunk]:
        """What a party must sign anew, oldest first."""
        chunk = schema.chunk.c
        query = select(*CHUNK).where(chunk.party == party, chunk.failure.is_not(None)).order_by(chunk.first_seq)
        return [to_chunk(row) for row in self._connection.execute(query)]

    def renew_own(self, chunk: Chunk, own: OwnSignature) -> None:
        """Put a party's new signature in the place of one that the contract takes no more."""
        values = {
            "lane": own.lane,
            "nonce": own.nonce,
            "deadline": own.deadline,
            "signature": own.signature,
            "failure": None,
        }
        known = schema.chunk
        self._connection.execute(update(known).where(known.c.first_seq == chunk.first_seq).values(**values))
