"""GET /healthz, /readyz, /metrics."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from service.api.access import AnyCallerDep, CallerDep
from service.api.document import may_answer
from service.api.metrics import render
from service.api.problems import not_found, problem
from service.chain.errors import ChainError
from service.core.access import may_read_metrics
from service.core.caller import Verb
from service.runtime import Runtime

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="The process answers 进程存活")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready to work 服务就绪", response_model=None)
def readyz(request: Request, caller: AnyCallerDep) -> dict[str, Any] | Response:
    """Database and chain answer, the chain is ours, and no batch is refused. 503 with the reason otherwise.

    The administrator is told how much lies at each station, too.
    """
    runtime: Runtime = request.app.state.runtime
    with request.app.state.trails.trail() as trail:
        counts = trail.counts(int(time.time()))
    is_told = caller is not None and Verb.METRICS in caller.verbs and may_read_metrics(caller)
    told = counts if is_told else {}
    try:
        runtime.check_chain()
    except ChainError as error:
        return problem(503, "NotReady", str(error), **told)
    if counts["failed_batches"]:
        return problem(503, "BatchRefused", "the contract refuses a batch: see GET /v1/batches/{number}", **told)
    return {"status": "ready", **told}


@router.get("/metrics", summary="Prometheus metrics 监控指标", response_class=Response, responses=may_answer(404))
def metrics(request: Request, caller: CallerDep) -> Response:
    """Prometheus text, for the administrator: how much is traded is nobody else's business."""
    if not may_read_metrics(caller):
        raise not_found()
    with request.app.state.trails.trail() as trail:
        body, media_type = render(trail.counts(int(time.time())))
    return Response(body, media_type=media_type)
