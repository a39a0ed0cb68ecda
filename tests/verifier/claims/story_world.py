"""The worked example on a real chain: every event of ``scripts.story``, attested by its own party's key.

Party numbers are the story's. Credentials are drafted over it as the service drafts them, signed, and verified.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from scripts.demo_events import BANK, BOOK, EXPORTER, GATEWAY, ISSUER, LOS_ANGELES, PLATFORM, TAX, WEST_COAST
from scripts.story import story
from service.core.drafts import Draft, DraftRequest, LoggedEvent, draft_credential, parties_that_matter
from service.core.take import Taking
from tests.verifier.credential_factory import YEAR, CredentialFactory, Issued
from tests.verifier.world import World
from verifier.canonical import canonical_bytes, from_base64url
from verifier.claims.audience import Audience, groups_for
from verifier.claims.case import Case
from verifier.claims.kinds import EXCHANGE_COLLECTION, ClaimKind
from verifier.claims.record import ClaimRecord
from verifier.event import GROUPS
from verifier.kinds import Role
from verifier.payload import Issuer
from verifier.record import BOOK_BIT, lot_number

_ROLES = {
    GATEWAY: Role.GATEWAY, WEST_COAST: Role.OPERATOR | Role.BILLER, PLATFORM: Role.PLATFORM, EXPORTER: Role.EXPORTER,
    BANK: Role.BANK, TAX: Role.TAX, ISSUER: Role.ISSUER,
}  # fmt: skip
_BATCH = 150
"""Events a transaction: a batch of this size stays below the gas limit."""
Take = Callable[[Case], ClaimRecord | None]


def take_nothing(case: Case) -> None:
    """A claim that uses nothing up."""


@dataclass
class StoryWorld:
    """The story's log. ``lots`` are those of its lines A and B; ``book`` is its platform account's."""

    url: str
    lots: dict[str, int] = field(default_factory=dict)
    book: int = int(BOOK, 16)

    def __post_init__(self) -> None:
        world = self.world = World(self.url)
        for party, roles in _ROLES.items():
            world.set_party(party, roles)
            if party != ISSUER:
                world.add_batch_key(party)
        world.add_line_key(GATEWAY)
        world.open_site(LOS_ANGELES, WEST_COAST)
        for party in (PLATFORM, WEST_COAST, BANK):
            world.admit(EXPORTER, party)
        self.factory = CredentialFactory(world, ec.generate_private_key(ec.SECP256R1()))
        world.add_issuer_key(ISSUER, self.factory.jwk)
        self._tell()

    def draft(
        self, kind: ClaimKind, histories: Sequence[int], audience: Audience, *, take: Take = take_nothing,
        asked: dict[str, Any] | None = None,
    ) -> Draft:  # fmt: skip
        """A draft over these lots and books, that shows what the audience may see."""
        world = self.world
        logged = [event for number in histories for event in world.histories[number]]
        owners = [number & 0xFFFFFFFF for number in histories if number & BOOK_BIT]
        parties = parties_that_matter(ISSUER, EXPORTER, [*(event.party for event in logged), *owners])
        anchor = self.factory.anchor([])
        request = DraftRequest(
            iss="https://cangsu.example",
            issuer=Issuer(ISSUER, self.factory.jwk),
            iat=anchor.block_time,
            exp=anchor.block_time + YEAR,
            owner=EXPORTER,
            events=[
                LoggedEvent(
                    canonical_bytes({**event.clear, "_sd": event.digests}),
                    "~".join(event.disclosures).encode(),
                    groups_for(audience, event.clear["kind"]),
                    event.party,
                    event.leaf_index,
                )
                for event in logged
            ],
            registry=[world.book(party) for party in parties],
            prove=world.prove,
            anchor=anchor,
            kind=kind,
            asked=asked or {},
            take=take,
        )
        return draft_credential(request)

    def issue(self, *arguments: Any, **rest: Any) -> Issued:
        """The same, signed."""
        draft = self.draft(*arguments, **rest)
        return self.factory.sign(draft.payload, draft.disclosures)

    def _tell(self) -> None:
        """Record the story in its order, sender by sender."""
        places: dict[tuple[int, str], int] = {}
        lengths: dict[int, int] = {}
        for party, steps in groupby(story(self.world.line_key), key=lambda step: step[0]):
            events = []
            for _, posted in steps:
                event = dict(posted)
                lot = self._lot(event)
                if "target_id" in event:
                    event["target"] = places[event.pop("target_party", party), event.pop("target_id")]
                places[party, event["event_id"]] = lengths.get(lot, 0)
                lengths[lot] = lengths.get(lot, 0) + 1
                groups = {name: event.pop(name) for name in GROUPS if name in event}
                events.append(event | {"lot": lot, "groups": groups})
            for first in range(0, len(events), _BATCH):
                self.world.record(party, *events[first : first + _BATCH])

    def _lot(self, event: dict[str, Any]) -> int:
        line = event.pop("line", None)
        if line is None:
            return int(event.pop("lot"), 16)
        if event["kind"] == "DECLARE":
            self.lots[line] = lot_number(from_base64url(event["document"]["line_signature"]))
        return self.lots[line]


def take_first(kind: ClaimKind) -> Take:
    """What the service takes for a new claim of a kind while no other one stands."""
    return lambda case: Taking(kind, os.urandom(32), lambda: os.urandom(16)).first(case)


take_sales = take_first(EXCHANGE_COLLECTION)
"""All sales of both lines and the whole book, with a tank for each currency."""
