"""Step 8: every number of the claim follows from the events, and the lot is the declared line that it says it is."""

from datetime import datetime

from verifier.declaration import Line, verify_declaration
from verifier.disclosures import Shown
from verifier.errors import InvalidError
from verifier.event import event_time
from verifier.leaves import Leaves
from verifier.policy import CLOCK_SKEW_SECONDS
from verifier.provenance import Provenance
from verifier.registry import KeyType
from verifier.replay import Replay
from verifier.roles import Registry


def verify_numbers(payload: Provenance, leaves: Leaves) -> Replay:
    """Replay the history and compare it with the claim; InvalidError if a rule is broken or a number differs."""
    replay = Replay(payload.claim.lot)
    for position, (event, word) in enumerate(zip(payload.events, leaves.words, strict=True)):
        try:
            replay.apply(word, event.clear.get("target"))
        except InvalidError as error:
            raise InvalidError(f"event {position}: {error}") from error
    _verify_event_ids(payload)
    _verify_times(payload)
    claim = payload.claim
    if replay.accounts.total() != replay.declared:
        raise InvalidError("the lanes do not sum to the declared pieces")
    if (replay.owner, replay.declared) != (claim.owner, claim.declared):
        raise InvalidError(f"the events declare {replay.declared} pieces of owner {replay.owner}")
    if replay.accounts.to_names() != claim.accounts:
        raise InvalidError("the accounts are not what the events come to")
    return replay


def verify_declared_line(payload: Provenance, shown: Shown, registry: Registry) -> Line | None:
    """The declared line; None if DECLARE shows none. InvalidError if it shows one that is not proven."""
    document = shown[0].get("document", {})
    if "declaration_no" not in document:
        return None
    declare = payload.events[0]
    line = verify_declaration(document, payload.claim.lot)
    before, by = declare.inclusion.leaf_index, payload.anchor.block_time
    if not registry.held_key(declare.attester, KeyType.LINE, line.key_id, before=before, by=by):
        raise InvalidError(f"party {declare.attester} did not hold that line key when it declared the lot")
    return line


def _verify_event_ids(payload: Provenance) -> None:
    """Ids are scoped by party; one that comes twice is one event counted twice."""
    if len({(event.attester, event.clear["event_id"]) for event in payload.events}) != len(payload.events):
        raise InvalidError("an event_id comes twice")


def _verify_times(payload: Provenance) -> None:
    """T and R: R is the anchor's block; nothing tells of a time after either, but for clocks that disagree."""
    record_at = _unix(payload.cutoff.record_at())
    if record_at != payload.anchor.block_time:
        raise InvalidError("the record time is not the time of the anchor's block")
    latest = min(_unix(payload.cutoff.event_at()), record_at) + CLOCK_SKEW_SECONDS
    for position, event in enumerate(payload.events):
        if _unix(event_time(event.clear)) > latest:
            raise InvalidError(f"event {position} is dated after the cut-off")


def _unix(time: datetime) -> int:
    return int(time.timestamp())
