"""The store's side of claims: lineages and credentials, in one transaction at a time."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, or_, select, update

from service.flow.claim_ports import LIVE, REVOKED, SENT, ClaimRow, CredentialRow
from service.store import claim_schema as tables
from service.store import schema
from service.store.claim_txs import ClaimTxs
from service.store.credential_lots import CredentialLots
from service.store.database import reading, select_in, writing
from service.store.details import Details
from service.store.endorsements import Endorsements
from service.store.schema import from_signed, to_signed
from service.store.tax_rows import TaxRows
from service.store.trail import SqlTrail
from service.store.witnesses import save_anchor
from verifier.record import BOOK_BIT, REGISTRY_ACCOUNT, lot_from_hex, lot_to_hex

CLAIM_LOCK = 0x63616E6A
"""Key of the advisory lock that writers of claims take on PostgreSQL."""
_STANDING = (SENT, LIVE)
_CREDENTIAL = tuple(column for column in tables.credential.c if column.name != "text")


class SqlClaims(ClaimTxs, CredentialLots, Endorsements, TaxRows, SqlTrail):
    """One transaction over claims and the trail."""

    def __init__(self, connection: Connection, details: Details) -> None:
        SqlTrail.__init__(self, connection, details)
        self._connection = connection

    # -- credentials

    def reserve_status(self, kind: str, owner: int, now: int) -> int:
        """A place in the status list for a credential that is about to be signed: the place is a part of it."""
        newest = self._connection.execute(select(func.max(tables.credential.c.status_index))).scalar_one()
        index = 0 if newest is None else newest + 1
        values = {"status_index": index, "kind": kind, "owner": owner, "status": 1, "issued_at": now, "expires_at": now}
        self._connection.execute(insert(tables.credential).values(**values))
        return index

    def free_status(self, index: int) -> None:
        """Give a place back, unless a credential is in it."""
        found = tables.credential
        is_empty = (found.c.status_index == index) & found.c.digest.is_(None)
        self._connection.execute(found.delete().where(is_empty))

    def save_credential(self, row: CredentialRow, text: str, anchor_block: int) -> None:
        """Fill the place that was reserved for a credential, and note the block at which it is anchored."""
        save_anchor(self._connection, anchor_block)
        found = tables.credential
        values = {
            "digest": row.digest,
            "reader": row.reader,
            "claim": row.claim_id,
            "version": row.version,
            "status": row.status,
            "reason": row.reason,
            "issued_at": row.issued_at,
            "expires_at": row.expires_at,
            "figures": json.dumps(row.figures),
            "text": text.encode("ascii"),
        }
        self._connection.execute(update(found).where(found.c.status_index == row.status_index).values(**values))

    def text_of(self, digest: bytes) -> str:
        """A credential as its reader got it; KeyError if there is none."""
        found = tables.credential.c
        text = self._connection.execute(select(found.text).where(found.digest == digest)).scalar_one_or_none()
        if text is None:
            raise KeyError(digest)
        return bytes(text).decode("ascii")

    def find_credential(self, digest: bytes) -> CredentialRow | None:
        """A credential by the digest of its ``header.payload``."""
        return self._one(select(*_CREDENTIAL).where(tables.credential.c.digest == digest), _to_credential)

    def credentials_of(self, claim_id: bytes) -> list[CredentialRow]:
        """The credentials of a claim, oldest first: its versions, its endorsements, its notices."""
        found = tables.credential
        query = select(*_CREDENTIAL).where(found.c.claim == claim_id, found.c.digest.is_not(None))
        return [_to_credential(row) for row in self._connection.execute(query.order_by(found.c.status_index))]

    def credentials_for(self, party: int, first: int, limit: int) -> list[CredentialRow]:
        """The credentials that a party owns or was made the reader of, newest first."""
        found = tables.credential
        query = select(*_CREDENTIAL).where(
            or_(found.c.owner == party, found.c.reader == party), found.c.digest.is_not(None)
        )
        rows = self._connection.execute(query.order_by(found.c.status_index.desc()).offset(first).limit(limit))
        return [_to_credential(row) for row in rows]

    def set_status(self, digest: bytes, status: int, reason: str, successor: bytes | None) -> None:
        """Say what became of a credential."""
        found = tables.credential
        values = {"status": status, "reason": reason, "successor": successor}
        self._connection.execute(update(found).where(found.c.digest == digest).values(**values))

    def statuses(self) -> list[tuple[int, int]]:
        """(place, status) of every credential, places in order."""
        found = tables.credential.c
        query = select(found.status_index, found.status).order_by(found.status_index)
        return [(index, status) for index, status in self._connection.execute(query)]

    # -- lineages

    def save_claim(self, row: ClaimRow, lengths: dict[int, int]) -> None:
        """Store a lineage, new or in a new version, with the lengths of the histories that it was computed from."""
        values = {
            "kind": row.kind,
            "purpose": row.purpose,
            "owner": row.owner,
            "version": row.version,
            "state": row.state,
            "asked": json.dumps(row.asked),
            "histories": json.dumps([lot_to_hex(lot) for lot in row.histories]),
            "record": json.dumps(row.record),
            "is_overdrawn": row.is_overdrawn,
            "failure": row.failure,
            "created_at": row.created_at,
        }
        found = tables.claim
        if self.find_claim(row.claim_id) is None:
            self._connection.execute(insert(found).values(id=row.claim_id, **values))
        else:
            self._connection.execute(update(found).where(found.c.id == row.claim_id).values(**values))
        self.set_lengths(row.claim_id, lengths)

    def lengths_of(self, claim_id: bytes) -> dict[int, int]:
        """Lot → up to which length of its history a claim was looked at."""
        found = tables.claim_lot.c
        rows = self._connection.execute(select(found.lot, found.length).where(found.claim == claim_id))
        return {from_signed(lot): length for lot, length in rows}

    def set_lengths(self, claim_id: bytes, lengths: dict[int, int]) -> None:
        """Note up to which length of each lot's history a claim was looked at."""
        found = tables.claim_lot
        for lot, length in lengths.items():
            place = (found.c.lot == to_signed(lot)) & (found.c.claim == claim_id)
            if self._connection.execute(update(found).where(place).values(length=length)).rowcount == 0:
                values = {"lot": to_signed(lot), "claim": claim_id, "length": length}
                self._connection.execute(insert(found).values(**values))

    def find_claim(self, claim_id: bytes) -> ClaimRow | None:
        """A lineage."""
        return self._one(select(tables.claim).where(tables.claim.c.id == claim_id), _to_claim)

    def claims_for(self, *, owners: Collection[int], ids: Sequence[bytes], kinds: Collection[str]) -> list[ClaimRow]:
        """Lineages of owners, by their ids, and of kinds, newest first."""
        found = tables.claim
        any_of = or_(found.c.owner.in_(owners), found.c.id.in_(ids), found.c.kind.in_(kinds))
        query = select(found).where(any_of).order_by(found.c.created_at.desc(), found.c.id)
        return [_to_claim(row) for row in self._connection.execute(query)]

    def claims_on(self, lots: Sequence[int], purpose: int) -> list[ClaimRow]:
        """The standing claims of a purpose that have something of these lots."""
        rows = select_in(
            self._connection,
            "SELECT DISTINCT claim FROM claim_lot WHERE lot IN (:keys)",
            [to_signed(lot) for lot in lots],
        )
        found = tables.claim
        query = select(found).where(found.c.id.in_([bytes(row[0]) for row in rows]), found.c.purpose == purpose)
        query = query.where(found.c.state.in_(_STANDING))
        return [_to_claim(row) for row in self._connection.execute(query)]

    def stale_claims(self) -> list[ClaimRow]:
        """Live claims with a lot whose history on chain has grown since they were computed."""
        grown = (
            "SELECT DISTINCT c.claim FROM claim_lot c WHERE c.length < "
            "(SELECT max(r.first_position + r.count) FROM run r WHERE r.lot = c.lot)"
        )
        ids = [bytes(row[0]) for row in self._connection.exec_driver_sql(grown)]
        found = tables.claim
        query = select(found).where(found.c.id.in_(ids), found.c.state == LIVE)
        return [_to_claim(row) for row in self._connection.execute(query)]

    def claims_without_notice(self) -> list[ClaimRow]:
        """Live claims that were superseded, and whose newest version no correction notice speaks of."""
        found, issued = tables.claim, tables.credential.c
        notice = select(issued.status_index).where(
            issued.claim == found.c.id, issued.kind == "correction", issued.version == found.c.version
        )
        query = select(found).where(found.c.version > 1, found.c.state == LIVE, ~notice.exists())
        return [_to_claim(row) for row in self._connection.execute(query)]

    def set_claim_state(self, claim_id: bytes, state: str, failure: str | None) -> None:
        """Move a lineage on; a revoked one is looked at no more."""
        found = tables.claim
        self._connection.execute(update(found).where(found.c.id == claim_id).values(state=state, failure=failure))
        if state == REVOKED:
            held = tables.claim_lot
            self._connection.execute(held.delete().where(held.c.claim == claim_id))

    def settle_overdrawn(self, claim_ids: Sequence[bytes]) -> None:
        """These are overdrawn no more, or a later claim has deducted what they took too much."""
        found = tables.claim
        self._connection.execute(update(found).where(found.c.id.in_(claim_ids)).values(is_overdrawn=False))

    def books_of(self, owner: int) -> list[int]:
        """The books of a party that hold anything, its registry book apart."""
        query = select(schema.lot.c.lot).where(
            schema.lot.c.owner == owner, schema.lot.c.lot < 0, schema.lot.c.length > 0
        )
        numbers = (from_signed(row.lot) for row in self._connection.execute(query))
        return sorted(number for number in numbers if (number & ~BOOK_BIT) >> 32 != REGISTRY_ACCOUNT)


class SqlClaimStore:
    """Opens transactions on an engine."""

    def __init__(self, engine: Engine, details: Details) -> None:
        self._engine = engine
        self._details = details

    @contextmanager
    def claims(self) -> Iterator[SqlClaims]:
        """One transaction that writes; writers of claims come one after the other."""
        with writing(self._engine, CLAIM_LOCK) as connection:
            yield SqlClaims(connection, self._details)

    @contextmanager
    def view(self) -> Iterator[SqlClaims]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlClaims(connection, self._details)


def _to_claim(row: Row[Any]) -> ClaimRow:
    return ClaimRow(
        claim_id=bytes(row.id),
        kind=row.kind,
        purpose=row.purpose,
        owner=row.owner,
        version=row.version,
        state=row.state,
        asked=json.loads(row.asked),
        histories=tuple(lot_from_hex(lot) for lot in json.loads(row.histories)),
        record=json.loads(row.record),
        is_overdrawn=row.is_overdrawn,
        failure=row.failure,
        created_at=row.created_at,
    )


def _to_credential(row: Row[Any]) -> CredentialRow:
    return CredentialRow(
        status_index=row.status_index,
        digest=bytes(row.digest),
        kind=row.kind,
        owner=row.owner,
        reader=row.reader,
        claim_id=None if row.claim is None else bytes(row.claim),
        version=row.version,
        status=row.status,
        reason=row.reason,
        successor=None if row.successor is None else bytes(row.successor),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        figures=json.loads(row.figures),
    )
