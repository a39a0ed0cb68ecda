"""Puts together what makes, endorses and corrects claims. Beside ``service.runtime``, for API and worker."""

from dataclasses import dataclass
from functools import cached_property

from service.chain.claims import ChainClaims
from service.flow import claim, correct, endorse, post_rows, release, revoke
from service.flow.claim import ClaimDesk
from service.flow.histories import ShownFor
from service.flow.outbox import Effect, Loss, Outbox
from service.flow.publish import StatusPublisher
from service.keys.keyring import CLAIMS
from service.runtime import Runtime
from service.store.claims import SqlClaimStore
from verifier.claims.audience import Audience, groups_for
from verifier.contract import registry_address, registry_domain

EFFECTS: dict[str, Effect] = {
    **claim.EFFECTS,
    "revoke": revoke.revoke_effect,
    "unwind": lambda claims, subject, failure: None,
    "supersede": correct.supersede_effect,
    "endorse": endorse.endorse_effect,
    "release": release.release_effect,
    post_rows.ACTION: post_rows.row_effect,
}
LOSSES: dict[str, Loss] = {
    "issue": claim.issue_loss,
    "endorse": endorse.endorse_loss,
    "release": release.release_loss,
}
AUDIENCES: dict[str, Audience] = {
    "exchange-collection": Audience.BANK,
    "pre-refund": Audience.TAX,
    "settlement": Audience.TAX,
    "return-to-origin": Audience.CUSTOMS,
    "loss": Audience.READER,
    "stock": Audience.READER,
}
"""For whom a kind of claim is made, unless another reader is named."""


@dataclass(frozen=True)
class ClaimRuntime:
    """What an installation needs for claims. Everything is opened on first use."""

    runtime: Runtime

    @cached_property
    def store(self) -> SqlClaimStore:
        """Where claims are kept."""
        return SqlClaimStore(self.runtime.engine, self.runtime.details)

    @cached_property
    def desk(self) -> ClaimDesk:
        """What makes claims of our log."""
        runtime, domain = self.runtime, self.runtime.log.domain
        chain = ChainClaims(runtime.settings.rpc_url, registry_address(domain), domain.chain_id)
        account = runtime.keyring.account(CLAIMS)
        outbox = Outbox(self.store, chain, account, runtime.custody, registry_domain(domain), EFFECTS, LOSSES)
        return ClaimDesk(runtime.desk, outbox, status_uri(runtime))

    @cached_property
    def statuses(self) -> StatusPublisher:
        """What publishes the status list."""
        return StatusPublisher(self.store, self.runtime.custody, status_uri(self.runtime))


def status_uri(runtime: Runtime) -> str:
    """Where the status list of our credentials is published."""
    return f"{runtime.settings.issuer_uri}/v1/status/1"


def shown_for(kind: str, audience: Audience | None = None) -> ShownFor:
    """Event kind → the groups that the reader of a kind of claim may see."""
    reader = AUDIENCES[kind] if audience is None else audience
    return lambda event_kind: groups_for(reader, event_kind)
