"""Lineages of which banks have endorsed more than their ceiling is now: which, by how much, and who makes up for it."""

from collections.abc import Mapping
from typing import Any

from service.flow.claim_ports import LIVE, RELEASING, SENT, ClaimChain, ClaimRow, Claims, CredentialRow
from verifier.claims.record import ClaimRecord, Deduction


def find_deductions(claims: Claims, chain: ClaimChain, owner: int) -> list[Deduction]:
    """What overdrawn lineages of the owner took too much and no claim has deducted: the next one must.

    Which they are the chain says: it refuses a claim that leaves one of them out.
    """
    found = []
    for claim_id in sorted(chain.overdrawn_of(owner)):
        claim = claims.find_claim(claim_id)
        for tank in () if claim is None else ClaimRecord.from_json(claim.record).tanks:
            share, limit = chain.tank(claim_id, tank.currency)
            amount = tank.amount(share) - tank.amount(limit) - _deducted(claims, owner, claim_id, tank.currency)
            if share > limit and amount >= 0:
                found.append(Deduction(claim_id, tank, amount))
    return found


def is_overdrawn(claims: Claims, claim_id: bytes, figures: Mapping[str, Any]) -> bool:
    """Whether banks have endorsed more of a claim than the ceilings in these figures."""
    endorsed: dict[str, int] = {}
    for row in claims.endorsements_of(claim_id):
        if row.state in (LIVE, RELEASING):
            endorsed[row.currency] = endorsed.get(row.currency, 0) + row.amount_minor
    ceilings = {currency: found["ceiling_minor"] for currency, found in figures.get("currencies", {}).items()}
    return any(minor > ceilings.get(currency, 0) for currency, minor in endorsed.items())


def newest_version(claims: Claims, claim: ClaimRow) -> CredentialRow | None:
    """The credential of the newest version of a claim, whether the chain has it yet or not."""
    rows = [row for row in claims.credentials_of(claim.claim_id) if row.kind == claim.kind]
    return max(rows, key=lambda row: row.version or 0, default=None)


def _deducted(claims: Claims, owner: int, claim_id: bytes, currency: str) -> int:
    """What standing claims have made up for already."""
    return sum(
        entry.amount_minor
        for claim in claims.claims_for(owners=(owner,), ids=(), kinds=())
        if claim.state in (SENT, LIVE)
        for entry in ClaimRecord.from_json(claim.record).deducted
        if (entry.claim_id, entry.currency) == (claim_id, currency)
    )
