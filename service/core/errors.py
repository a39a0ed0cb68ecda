"""What can be wrong with an event: EventError > {RefusedError, WaitingError}.

A refusal is final: the event as it stands can never be applied. Waiting is not: something that it rests on has not come
yet. Codes that the contract also knows carry the contract's own error name, so the service refuses with the same words.
"""

from typing import Any


class EventError(Exception):
    """An event that is not applied now. ``code`` is stable, ``detail`` says what was expected and what came."""

    def __init__(self, code: str, detail: str, *, field: str | None = None, **numbers: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.numbers = numbers
        self.event_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The members that an answer shows: code, detail, field and the numbers."""
        members: dict[str, Any] = {"code": self.code, "detail": self.detail}
        if self.field is not None:
            members["field"] = self.field
        return members | self.numbers


class RefusedError(EventError):
    """The event can never be applied as it stands."""


class WaitingError(EventError):
    """The event waits for another one: its reference or its stock has not come yet.

    ``place`` says what it waits on where that is not its lot or line (``service.flow.held``).
    """

    def __init__(self, code: str, detail: str, *, field: str | None = None, place: str | None = None) -> None:
        super().__init__(code, detail, field=field)
        self.place = place
