"""Which claims a caller may read, and what of them: the questions that ``core.access`` asks, put to the store."""

import time
from collections.abc import Collection

from fastapi import Request

from service.api.access import note_read
from service.api.problems import not_found
from service.core.access import (
    may_change_claim,
    may_read_claim,
    may_read_consent,
    may_read_endorsement,
)
from service.core.caller import Caller
from service.flow.claim_ports import ClaimRow, ConsentRow
from service.store.claims import SqlClaims


def require_claim(request: Request, claims: SqlClaims, caller: Caller, claim_id: str) -> ClaimRow:
    """A claim that the caller may read; else NotFound, whether it exists or not."""
    claim = claims.find_claim(bytes.fromhex(claim_id[2:]))
    if claim is None or not sees_claim(claims, caller, claim):
        raise not_found()
    note_read(request, claim.owner, "claim", claim_id)
    return claim


def require_own_claim(request: Request, claims: SqlClaims, caller: Caller, claim_id: str) -> ClaimRow:
    """A claim that the caller may take back, show and hide; else NotFound."""
    claim = require_claim(request, claims, caller, claim_id)
    if not may_change_claim(caller, owner=claim.owner):
        raise not_found()
    return claim


def sees_claim(claims: SqlClaims, caller: Caller, claim: ClaimRow) -> bool:
    """Whether the caller may read a claim."""
    shown = claims.claims_open_to(caller.party, int(time.time()))
    return may_read(caller, claim, shown, claims.owners_who_admitted(caller.party))


def sees_endorsement(claims: SqlClaims, caller: Caller, claim: ClaimRow, bank: int | None) -> bool:
    """Whether the caller may know what one bank has endorsed of a claim that it may read."""
    is_admitted = claims.is_admitted(claim.owner, caller.party)
    return may_read_endorsement(caller, owner=claim.owner, bank=bank or 0, kind=claim.kind, is_admitted=is_admitted)


def list_consents(claims: SqlClaims, caller: Caller, claim: ClaimRow) -> list[ConsentRow]:
    """The consents of a claim that the caller may know of."""
    is_admitted = claims.is_admitted(claim.owner, caller.party)
    return [
        row
        for row in claims.consents_of(claim.claim_id)
        if may_read_consent(caller, owner=claim.owner, named=row.bank, is_admitted=is_admitted)
    ]


def may_read(caller: Caller, claim: ClaimRow, shown: Collection[bytes], admitted: Collection[int]) -> bool:
    """Whether a caller may read a claim, given what is shown to it and who admitted it."""
    is_shown, is_admitted = claim.claim_id in shown, claim.owner in admitted
    return may_read_claim(caller, owner=claim.owner, kind=claim.kind, is_shown=is_shown, is_admitted=is_admitted)
