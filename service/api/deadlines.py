"""GET /v1/deadlines."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from service.api.access import CallerDep, note_read
from service.api.examples import DEADLINES_ANSWER
from service.core.deadlines import PRESSING, State
from service.flow.deadlines import Asked, list_deadlines
from service.runtime import Runtime
from service.store.deadlines import SqlDeadlineStore
from verifier.calendar import beijing_day

router = APIRouter(prefix="/v1", tags=["deadlines"])


@router.get("/deadlines", summary="Deadlines of your lots 期限提醒", responses=DEADLINES_ANSWER)
def get_deadlines(
    request: Request,
    caller: CallerDep,
    declaration_no: Annotated[str | None, Query(pattern=r"^[0-9]{18}$", description="lots of one declaration")] = None,
    within_days: Annotated[
        int | None, Query(ge=0, le=36_500, description="due within so many days, or overdue")
    ] = None,
    state: Annotated[list[State], Query(description="open, soon and overdue if none is named")] = list(PRESSING),  # noqa: B006
    on: Annotated[date | None, Query(description="Beijing day to count from, today if none is named")] = None,
    first: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=0, le=1_000)] = 200,
) -> dict[str, Any]:
    """What is due for every lot that you may read, the most urgent first: reconciliation, foreign exchange, claims,
    return clocks, evidence of sales. Days are Beijing days. Each names its rule, and what is not known.
    """
    today = on or beijing_day(datetime.now(UTC))
    asked = Asked(frozenset(state), declaration_no, within_days)
    runtime: Runtime = request.app.state.runtime
    store = SqlDeadlineStore(runtime.engine, runtime.details)
    with store.reads() as reads:
        found = list_deadlines(reads, caller, asked, today)
        page = found[first : first + limit]
        for owner in reads.owners_of({deadline.lot for deadline in page}):
            note_read(request, owner, "deadlines")
    return {"today": today.isoformat(), "total": len(found), "deadlines": [deadline.to_json() for deadline in page]}
