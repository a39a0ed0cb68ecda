"""The store's side of endorsements: what owners consented to, and what banks endorsed and gave back."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, delete, insert, select, union, update

from service.flow.claim_ports import LIVE, RELEASING, SENT, ConsentRow, EndorsementRow
from service.store import claim_schema as tables

T = TypeVar("T")

_ENDORSEMENT = tuple(EndorsementRow.__dataclass_fields__)


class Endorsements:
    """The part of a transaction over claims that is about banks."""

    _connection: Connection

    def save_consent(self, row: ConsentRow) -> None:
        """Store a consent; it replaces an earlier one for the same bank and currency."""
        found = tables.consent
        values = {name: getattr(row, name) for name in ("maximum_minor", "maximum_share", "deadline", "signature")}
        keys = {"claim": row.claim_id, "bank": row.bank, "currency": row.currency}
        place = _where(found, keys)
        if self._connection.execute(update(found).where(place).values(**values)).rowcount == 0:
            self._connection.execute(insert(found).values(**keys, **values))

    def find_consent(self, claim_id: bytes, bank: int, currency: str) -> ConsentRow | None:
        """The consent of a claim's owner that a bank endorses a currency."""
        keys = {"claim": claim_id, "bank": bank, "currency": currency}
        return self._one(select(tables.consent).where(_where(tables.consent, keys)), _to_consent)

    def consents_of(self, claim_id: bytes) -> list[ConsentRow]:
        """Every consent of a claim."""
        query = select(tables.consent).where(tables.consent.c.claim == claim_id)
        return [_to_consent(row) for row in self._connection.execute(query)]

    def delete_consents(self, claim_id: bytes, bank: int) -> None:
        """Forget every consent of a claim to a bank."""
        found = tables.consent
        self._connection.execute(delete(found).where(_where(found, {"claim": claim_id, "bank": bank})))

    def claims_open_to(self, bank: int, now: int) -> list[bytes]:
        """The claims that their owners show a reader now, or of which it holds an endorsement."""
        consent, held = tables.consent.c, tables.endorsement.c
        query = union(
            select(consent.claim).where(consent.bank == bank, consent.deadline > now),
            select(held.claim).where(held.bank == bank, held.state.in_((SENT, LIVE, RELEASING))),
        )
        return [bytes(row[0]) for row in self._connection.execute(query)]

    def save_endorsement(self, row: EndorsementRow) -> None:
        """Store an endorsement before it is sent."""
        values = {name: getattr(row, name) for name in _ENDORSEMENT if name not in ("endorsement_id", "claim_id")}
        self._connection.execute(insert(tables.endorsement).values(id=row.endorsement_id, claim=row.claim_id, **values))

    def find_endorsement(self, endorsement_id: bytes) -> EndorsementRow | None:
        """An endorsement."""
        return self._one(select(tables.endorsement).where(tables.endorsement.c.id == endorsement_id), _to_endorsement)

    def endorsements_of(self, claim_id: bytes) -> list[EndorsementRow]:
        """The endorsements of a claim, oldest first."""
        found = tables.endorsement
        query = select(found).where(found.c.claim == claim_id).order_by(found.c.created_at, found.c.claim_to)
        return [_to_endorsement(row) for row in self._connection.execute(query)]

    def endorsements_by(self, bank: int) -> list[EndorsementRow]:
        """What a bank has endorsed, newest first: its own ledger."""
        found = tables.endorsement
        query = select(found).where(found.c.bank == bank).order_by(found.c.created_at.desc(), found.c.id)
        return [_to_endorsement(row) for row in self._connection.execute(query)]

    def receipt_endorsements(self, bank: int, reference: bytes) -> list[EndorsementRow]:
        """What was endorsed against one receipt of a bank, oldest first; refused ones left out."""
        found = tables.endorsement
        query = select(found).where(found.c.bank == bank, found.c.reference == reference, found.c.state != "failed")
        return [_to_endorsement(row) for row in self._connection.execute(query.order_by(found.c.created_at))]

    def set_endorsement_state(self, endorsement_id: bytes, state: str, payment: bytes | None = None) -> None:
        """Move an endorsement on."""
        found = tables.endorsement
        values = {"state": state} | ({} if payment is None else {"payment": payment})
        self._connection.execute(update(found).where(found.c.id == endorsement_id).values(**values))

    def _one(self, query: Any, to: Callable[[Row[Any]], T]) -> T | None:
        row = self._connection.execute(query).first()
        return None if row is None else to(row)


def _where(table: Table, keys: dict[str, Any]) -> Any:
    condition = None
    for name, value in keys.items():
        part = table.c[name] == value
        condition = part if condition is None else condition & part
    return condition


def _to_consent(row: Row[Any]) -> ConsentRow:
    return ConsentRow(
        bytes(row.claim),
        row.bank,
        row.currency,
        row.maximum_minor,
        row.maximum_share,
        row.deadline,
        bytes(row.signature),
    )


def _to_endorsement(row: Row[Any]) -> EndorsementRow:
    found = dict(row._mapping)
    found["endorsement_id"], found["claim_id"] = found.pop("id"), found.pop("claim")
    return EndorsementRow(**{name: _plain(value) for name, value in found.items()})


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
