"""GET /healthz, /readyz, /metrics."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from service.api.metrics import render
from service.api.problems import problem
from service.chain.errors import ChainError
from service.runtime import Runtime

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="The process answers 进程存活")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready to work 服务就绪", response_model=None)
def readyz(request: Request) -> dict[str, Any] | Response:
    """Database and chain answer, the chain is ours, and no batch is refused. 503 with the reason otherwise."""
    runtime: Runtime = request.app.state.runtime
    with request.app.state.trails.trail() as trail:
        counts = trail.counts(int(time.time()))
    try:
        runtime.check_chain()
    except ChainError as error:
        return problem(503, "NotReady", str(error), **counts)
    if counts["failed_batches"]:
        return problem(503, "BatchRefused", "the contract refuses a batch: see GET /v1/batches/{number}", **counts)
    return {"status": "ready", **counts}


@router.get("/metrics", summary="Prometheus metrics 监控指标", response_class=Response)
def metrics(request: Request) -> Response:
    """Prometheus text."""
    with request.app.state.trails.trail() as trail:
        body, media_type = render(trail.counts(int(time.time())))
    return Response(body, media_type=media_type)
