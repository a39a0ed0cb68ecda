"""withdraw: an owner takes back a credential that the chain does not record, in the status list.

A claim that the chain records is revoked there (``service.flow.claim``); the list follows.
"""

from service.flow.claim_ports import ClaimStore, CredentialRow
from service.flow.issue import IssueError
from verifier.status import Status


def withdraw_credential(store: ClaimStore, row: CredentialRow) -> None:
    """Call a credential invalid, for good. Safe to repeat. Raises IssueError (RecordedOnChain)."""
    if row.claim_id is not None:
        raise IssueError("RecordedOnChain", "the chain records what this credential says: take its claim back instead")
    with store.claims() as claims:
        claims.set_status(row.digest, Status.INVALID, "withdrawn", None)
