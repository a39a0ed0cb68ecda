"""consent: an owner lets a bank see a claim and endorse it, or another reader see it (授权), and takes that back.

A consent opens money and orders to its reader, so that only a bank, SAFE or an auditor is given one. It ends at its
time. What a bank has endorsed stays when its consent ends or is withdrawn, and so does its sight of that claim: it must
learn of corrections.
"""

import time
from dataclasses import replace

from service.flow.claim_calls import sign_consent
from service.flow.claim_ports import SIGHT, ClaimRow, ConsentRow
from service.flow.endorse import standing_of
from service.flow.issue import IssueError
from service.flow.outbox import Outbox
from verifier.claim_messages import EndorseConsent
from verifier.claims.record import SHARES
from verifier.kinds import Role

CONSENT_SECONDS = 90 * 24 * 3600
MAX_CONSENT_SECONDS = 3660 * 24 * 3600
_READERS = Role.BANK | Role.SAFE | Role.AUDITOR


def show_claim(outbox: Outbox, claim: ClaimRow, reader: int, until: int) -> ConsentRow:
    """The owner lets a reader see a claim, and endorse nothing. Raises IssueError: NotAReader."""
    with outbox.store.view() as claims:
        roles = claims.roles_of(reader)
    if not roles & _READERS:
        raise IssueError("NotAReader", "expected a bank, SAFE or an auditor", field="reader", got=reader)
    row = ConsentRow(claim.claim_id, reader, SIGHT, 0, 0, until, b"")
    with outbox.store.claims() as claims:
        claims.save_consent(row)
    return row


def give_consent(
    outbox: Outbox, claim: ClaimRow, bank: int, currency: str, maximum_minor: int | None, until: int
) -> ConsentRow:
    """The owner lets a bank see a claim and endorse up to a cumulative maximum of a currency; None is the ceiling.

    Raises IssueError: NotABank, NoSuchCurrency, AboveCeiling.
    """
    with outbox.store.view() as claims:
        roles = claims.roles_of(bank)
    if not roles & Role.BANK:
        raise IssueError("NotABank", "no bank is registered under this party number", field="bank", got=bank)
    standing = standing_of(outbox, claim, currency)
    maximum = standing.ceiling_minor if maximum_minor is None else maximum_minor
    if maximum > standing.ceiling_minor:
        raise IssueError("AboveCeiling", "more than the ceiling", expected=standing.ceiling_minor, got=maximum)
    share = min(standing.limit, SHARES if maximum >= standing.tank.whole_minor else standing.tank.share(maximum))
    signature = sign_consent(outbox, claim.owner, EndorseConsent(claim.claim_id, bank, currency, share, until))
    row = ConsentRow(claim.claim_id, bank, currency, maximum, share, until, signature)
    with outbox.store.claims() as claims:
        claims.save_consent(row)
    return row


def withdraw_consent(outbox: Outbox, claim: ClaimRow, bank: int) -> None:
    """Take back what a bank was let do with a claim, in every currency. Safe to repeat."""
    with outbox.store.claims() as claims:
        claims.delete_consents(claim.claim_id, bank)


def renew_consents(outbox: Outbox, owner: int) -> int:
    """Sign every consent of an owner that still runs with the key that signs now; how many. Safe to repeat.

    The contract looks at a consent when the bank endorses: one under a key that has ended would count no more.
    """
    renewed = 0
    with outbox.store.claims() as claims:
        owned = [row.claim_id for row in claims.claims_for(owners=[owner], ids=(), kinds=())]
        for row in (row for claim_id in owned for row in claims.consents_of(claim_id)):
            if row.currency != SIGHT and row.deadline > time.time():
                consent = EndorseConsent(row.claim_id, row.bank, row.currency, row.maximum_share, row.deadline)
                claims.save_consent(replace(row, signature=sign_consent(outbox, owner, consent)))
                renewed += 1
    return renewed
