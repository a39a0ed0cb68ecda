"""The ledger without store and chain: parties, sites, admissions as the houses have them, and events posted to it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from service.core.events import EventIn, check_time, parse_events
from service.core.ledger import Known, Ledger
from service.core.movements import resolve
from service.core.rows import ROWS
from tests.service.market import (
    BANK,
    EXPORTER,
    GATEWAY,
    HAMBURG,
    LINE,
    LOS_ANGELES,
    NO_SITE,
    OPERATORS,
    OTHER_LINE,
    OWN_SITE,
    PLATFORM,
    RIVAL,
    STRANGER,
    USD,
    Event,
    a_declare,
    an_event,
    parties,
    sender_of,
)
from verifier.kinds import Role, Scope

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]


class Shop:
    """A ledger that remembers what it accepted. The exporter has admitted the platform."""

    def __init__(self) -> None:
        registered = parties()
        roles = {1: int(Role.REGISTRAR)} | {party.number: int(party.roles) for party in registered}
        self.ledger = Ledger(roles, dict(OPERATORS), {(EXPORTER, PLATFORM)})
        self.accepted: list[tuple[int, Event]] = []
        self.places: list[Known] = []

    def post(self, party: int, event: Event) -> Known:
        """Apply one event; EventError if it is not applied."""
        parsed = parse_events(orjson.dumps(event))[0]
        if not isinstance(parsed, EventIn):
            raise parsed
        movement = resolve(parsed, party, check_time(parsed.event_time, NOW), self.ledger.lot_by_line, lambda key_id: 2)
        known = self.ledger.apply(movement)
        self.accepted.append((party, event))
        self.places.append(known)
        return known

    def tell(self, *events: Event) -> Known:
        """Apply events, each by its usual sender; the last one's place."""
        return [self.post(sender_of(event), event) for event in events][-1]

    def lanes(self, line: str = LINE, site: int = 0) -> list[int]:
        """The eight lanes of a line at a place."""
        lot = self.ledger.lots[self.ledger.lot_by_line[f"{line}-00"]]
        return lot.accounts.get(site, [0] * 8)


def pick_step(pick: Pick[Any], accepted: Sequence[tuple[int, Event]]) -> tuple[int, Event]:
    """Some party posts some event. Most are by one who may, and name a target that fits, or nothing would happen."""
    kind = pick(_KINDS)
    row = ROWS[kind]
    line = pick((LINE, LINE, LINE, OTHER_LINE))
    if kind == "DECLARE":
        return GATEWAY, a_declare(pick((20, 40)), line=line, owner=pick((EXPORTER, RIVAL, BANK)))
    event = an_event(kind, pick((1, 1, 1, 2, 5, 40)) if row.is_movement else pick((0, 0, 0, 1)), line=line)
    if row.scope in (Scope.SITE, Scope.BOOK_SITE):
        event["site"] = pick((*[LOS_ANGELES] * 6, *[HAMBURG] * 3, OWN_SITE, NO_SITE))
    elif row.scope in (Scope.OPEN, Scope.GRANT):
        event["site"] = pick((EXPORTER, PLATFORM, STRANGER))
    if kind in ("SALE", "SALE_AT_EXPORT"):
        event["money"] = USD | {"gross_minor": pick((100, 250))}
    elif kind == "REFUND":
        event["money"] = USD | {"refund_minor": pick((40, 100))}
    fitting = [step for step in accepted if step[1]["kind"] in row.target_names]
    if fitting:
        sender, target = pick(fitting)
        event |= {"target_id": target["event_id"], "target_party": sender}
        event |= {
            name: target[name] for name in ("line", "lot", "site") if name in target and pick((*[True] * 8, False))
        }
        line = event.get("line", line)
    usual = sender_of(event)
    if usual == EXPORTER and row.scope is not Scope.GRANT and line == OTHER_LINE:
        usual = RIVAL
    return pick((*[usual] * 8, EXPORTER, PLATFORM, STRANGER)), event


_MOVEMENTS = [name for name, row in ROWS.items() if row.is_movement and not row.is_reversal]
_KINDS = sorted(ROWS) + 4 * _MOVEMENTS


def stock(post: Callable[[int, Event], Any]) -> None:
    """Both lines at both warehouses, some of it shipped: something to begin with."""
    for line, owner in ((LINE, EXPORTER), (OTHER_LINE, RIVAL)):
        post(GATEWAY, a_declare(80, line=line, owner=owner))
        post(GATEWAY, an_event("DEPART", 75, line=line))
        for site in (LOS_ANGELES, HAMBURG):
            post(owner, an_event("ASN", 30, line=line, site=site))
            for kind, pieces in (("RECEIVE", 25), ("SHIP", 8), ("SHIP", 5), ("HOLD", 4), ("GIVE", 3)):
                post(OPERATORS[site], an_event(kind, pieces, line=line, site=site))
