"""Step 8: every number of the claim follows from the events, and each lot is the declared line that it says it is."""

from dataclasses import dataclass
from datetime import datetime

from verifier.claims.build import build_case
from verifier.claims.case import Case
from verifier.claims.claim import verify_claim
from verifier.claims.kinds import claim_kind
from verifier.declaration import Line, verify_declaration
from verifier.disclosures import Shown
from verifier.errors import InvalidError
from verifier.event import event_time
from verifier.leaves import Leaves
from verifier.payload import Event, History, Payload
from verifier.policy import CLOCK_SKEW_SECONDS
from verifier.record import BOOK_BIT
from verifier.registry import KeyType
from verifier.roles import Registry


@dataclass(frozen=True, slots=True)
class Numbers:
    """What step 8 has read. ``lines`` has the lots whose declared line is proven."""

    case: Case
    lines: dict[int, Line]

    def declared(self) -> int:
        """Declared pieces of all lots."""
        return sum(lot.declared for lot in self.case.lots)


def verify_histories(payload: Payload, leaves: Leaves, shown: Shown, registry: Registry) -> Numbers:
    """Replay every history; InvalidError if a rule is broken. The figures are not judged yet."""
    case = build_case(payload, leaves.words, shown)
    _verify_event_ids(payload)
    _verify_times(payload)
    return Numbers(case, _declared_lines(payload, shown, registry))


def verify_figures(payload: Payload, numbers: Numbers) -> None:
    """InvalidError unless the claim follows from the events, UnavailableError if a group that it needs is withheld."""
    verify_claim(claim_kind(payload.vct), numbers.case, payload.claim)


def _declared_lines(payload: Payload, shown: Shown, registry: Registry) -> dict[int, Line]:
    """The declared line of each lot whose DECLARE shows one. InvalidError if one is shown that is not proven."""
    lines, first = {}, 0
    for history in payload.histories:
        if not history.lot & BOOK_BIT and "declaration_no" in shown[first].get("document", {}):
            lines[history.lot] = _declared_line(payload, history, shown[first]["document"], registry)
        first += len(history.events)
    return lines


def _declared_line(payload: Payload, history: History, document: dict[str, object], registry: Registry) -> Line:
    declare = history.events[0]
    line = verify_declaration(document, history.lot)
    before, by = declare.leaf_index, payload.anchor.block_time
    if not registry.held_key(declare.attester, KeyType.LINE, line.key_id, before=before, by=by):
        raise InvalidError(f"party {declare.attester} did not hold that line key when it declared the lot")
    return line


def _verify_event_ids(payload: Payload) -> None:
    """Ids are scoped by party; one that comes twice is one event counted twice."""
    events = payload.events
    if len({(event.attester, event.clear["event_id"]) for event in events}) != len(events):
        raise InvalidError("an event_id comes twice")


def _verify_times(payload: Payload) -> None:
    """T and R: R is the anchor's block; nothing tells of a time after either, but for clocks that disagree."""
    record_at = _unix(payload.cutoff.record_at())
    if record_at != payload.anchor.block_time:
        raise InvalidError("the record time is not the time of the anchor's block")
    latest = min(_unix(payload.cutoff.event_at()), record_at) + CLOCK_SKEW_SECONDS
    for history in payload.histories:
        for position, event in enumerate(history.events):
            _verify_time(event, position, latest)


def _verify_time(event: Event, position: int, latest: int) -> None:
    if _unix(event_time(event.clear)) > latest:
        raise InvalidError(f"event {position} is dated after the cut-off")


def _unix(time: datetime) -> int:
    return int(time.timestamp())
