"""consent: an owner lets a bank see a claim and endorse it (授权), and takes that back.

A consent opens money and orders to its reader, so that only a party registered as a bank is given one. What a bank has
endorsed stays when its consent is withdrawn, and so does its sight of that claim: it must learn of corrections.
"""

import time

from service.flow.claim_calls import sign_consent
from service.flow.claim_ports import ClaimRow, ConsentRow
from service.flow.endorse import standing_of
from service.flow.issue import IssueError
from service.flow.outbox import Outbox
from verifier.claim_messages import EndorseConsent
from verifier.claims.record import SHARES
from verifier.kinds import Role

CONSENT_SECONDS = 90 * 24 * 3600


def give_consent(outbox: Outbox, claim: ClaimRow, bank: int, currency: str, maximum_minor: int | None) -> ConsentRow:
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
    deadline = int(time.time()) + CONSENT_SECONDS
    signature = sign_consent(outbox, claim.owner, EndorseConsent(claim.claim_id, bank, currency, share, deadline))
    row = ConsentRow(claim.claim_id, bank, currency, maximum, share, deadline, signature)
    with outbox.store.claims() as claims:
        claims.save_consent(row)
    return row


def withdraw_consent(outbox: Outbox, claim: ClaimRow, bank: int) -> None:
    """Take back what a bank was let do with a claim, in every currency. Safe to repeat."""
    with outbox.store.claims() as claims:
        claims.delete_consents(claim.claim_id, bank)
