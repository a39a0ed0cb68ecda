"""Step 10: each attester was what it had to be when its leaf was appended; and who attested what."""

from collections import Counter

from verifier.books import GrantEntry
from verifier.errors import InvalidError
from verifier.kinds import NAME_BY_CODE, Role
from verifier.leaves import Leaves
from verifier.payload import History, Payload
from verifier.record import BOOK_BIT
from verifier.report import Attestation
from verifier.roles import Custody, Registry, verify_signer


def verify_signers(payload: Payload, leaves: Leaves, registry: Registry) -> tuple[Attestation, ...]:
    """Check every attester against the registry before its leaf, and sum up who attested what."""
    _verify_grants(payload)
    owners = [_owner(history, registry) for history in payload.histories for _ in history.events]
    counts: dict[int, Counter[str]] = {}
    roles: dict[int, Role] = {}
    custody: dict[int, set[Custody]] = {}
    for event, word, owner in zip(payload.events, leaves.words, owners, strict=True):
        party, index = event.attester, event.leaf_index
        verify_signer(registry, word, owner, party, index)
        held = registry.of(party).custody.before(index)
        if held is Custody.NOBODY:
            raise InvalidError(f"party {party} had no key to sign with at leaf {index}")
        counts.setdefault(party, Counter())[NAME_BY_CODE[word.kind]] += 1
        roles[party] = roles.get(party, Role(0)) | registry.of(party).roles.before(index)
        custody.setdefault(party, set()).add(held)
    return tuple(
        Attestation(
            party,
            tuple(role.name for role in Role if role in roles[party] and role.name),
            dict(counts[party]),
            tuple(sorted(custody[party])),
        )
        for party in sorted(counts)
    )


def _owner(history: History, registry: Registry) -> int:
    """Whose a history is: a book names its party; the owner of a lot was an exporter when it was declared."""
    if history.lot & BOOK_BIT:
        return history.lot & 0xFFFFFFFF
    declare = history.events[0]
    owner = int(declare.clear["site"])
    if not registry.of(owner).roles.before(declare.leaf_index) & Role.EXPORTER:
        raise InvalidError(f"the owner {owner} was not an exporter when the lot was declared")
    return owner


def _verify_grants(payload: Payload) -> None:
    """Grants in a party's registry book are its own."""
    for book in payload.registry:
        for entry in book.entries:
            if isinstance(entry, GrantEntry) and entry.attester != book.party:
                raise InvalidError(f"an admission in the book of party {book.party} is not its own")
