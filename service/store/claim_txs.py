"""The transactions to the registry of claims: saved before they are sent, settled when they are mined."""

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from service.flow.claim_ports import ClaimTx
from service.store import claim_schema as tables

_COLUMNS = tuple(ClaimTx.__dataclass_fields__)


class ClaimTxs:
    """The part of a transaction over claims that is about the chain, and about requests that must not act twice."""

    _connection: Connection

    def find_request(self, party: int, name_hash: bytes) -> tuple[bytes, bytes] | None:
        """(hash of its body, what it made) of a request that its caller named."""
        found = tables.request.c
        query = select(found.body_hash, found.subject).where(found.party == party, found.name_hash == name_hash)
        row = self._connection.execute(query).first()
        return None if row is None else (bytes(row[0]), bytes(row[1]))

    def save_request(self, party: int, name_hash: bytes, body_hash: bytes, subject: bytes) -> None:
        """Note what a request made; it replaces what an earlier one of this name made and the chain then refused."""
        found = tables.request
        place = (found.c.party == party) & (found.c.name_hash == name_hash)
        values = {"body_hash": body_hash, "subject": subject}
        if self._connection.execute(update(found).where(place).values(**values)).rowcount == 0:
            self._connection.execute(insert(found).values(party=party, name_hash=name_hash, **values))

    def last_tx_nonce(self) -> int | None:
        """The highest nonce that was given out."""
        found: int | None = self._connection.execute(select(func.max(tables.claim_tx.c.tx_nonce))).scalar_one()
        return found

    def save_tx(self, tx: ClaimTx) -> None:
        """Store a signed transaction before it is sent."""
        values = {name: getattr(tx, name) for name in _COLUMNS}
        self._connection.execute(insert(tables.claim_tx).values(**values))

    def pending_txs(self) -> list[ClaimTx]:
        """Transactions that are not mined, in the order of their nonces."""
        return self._select(tables.claim_tx.c.block_number.is_(None))

    def recent_txs(self, after_block: int) -> list[ClaimTx]:
        """Transactions mined after a block: a reorganisation may have lost them."""
        return self._select(tables.claim_tx.c.block_number > after_block)

    def lose_txs(self, tx: ClaimTx, mark: str, now: int) -> list[ClaimTx]:
        """Call a transaction that the chain lost, and all mined behind it, pending again; those that had succeeded.

        Nothing if another process was faster. ``mark`` tells them from those that were never mined.
        """
        found = tables.claim_tx
        here = (found.c.tx_hash == tx.tx_hash) & (found.c.block_number == tx.block_number)
        if self._connection.execute(select(found.c.tx_nonce).where(here)).first() is None:
            return []
        is_behind = (found.c.tx_nonce >= tx.tx_nonce) & found.c.block_number.is_not(None)
        succeeded = self._select(is_behind & found.c.failure.is_(None))
        lost = update(found).where(is_behind)
        self._connection.execute(lost.where(found.c.failure.is_(None)).values(failure=mark, sent_at=now))
        self._connection.execute(lost.values(block_number=None))
        return succeeded

    def settle_tx(self, tx_hash: bytes, block_number: int, failure: str | None) -> None:
        """Note where a transaction was mined, and why it failed if it did."""
        found = tables.claim_tx
        values = {"block_number": block_number, "failure": failure}
        self._connection.execute(update(found).where(found.c.tx_hash == tx_hash).values(**values))

    def _select(self, condition: Any) -> list[ClaimTx]:
        found = tables.claim_tx
        query = select(*(found.c[name] for name in _COLUMNS)).where(condition).order_by(found.c.tx_nonce)
        return [ClaimTx(*(_plain(value) for value in row)) for row in self._connection.execute(query)]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
