"""Keeps events within the roles that a credential is narrowed to; the rules of the ledger come after it."""

from collections.abc import Sequence

from service.core.access import may_speak
from service.core.errors import RefusedError
from service.core.events import EventIn
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, REVERSAL


def keep_in_scope(events: Sequence[EventIn | RefusedError], roles: int) -> list[EventIn | RefusedError]:
    """The same events; those of a kind that is not posted in these roles as their refusal."""
    return [_refuse(event) if isinstance(event, EventIn) and not _may_post(event, roles) else event for event in events]


def _may_post(event: EventIn, roles: int) -> bool:
    code = CODE_BY_NAME.get(event.kind)  # a kind that there is not is the ledger's to refuse
    return code is None or may_speak(roles, KIND_BY_CODE[code & ~REVERSAL].signers)


def _refuse(event: EventIn) -> RefusedError:
    refusal = RefusedError("OutOfScope", f"this credential does not post {event.kind}", field="kind")
    refusal.event_id = event.event_id
    return refusal
