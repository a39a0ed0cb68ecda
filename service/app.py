"""The API process: routes, the capturing thread, errors. Stateless: any number of them may run on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline

from service.api import (
    access_log,
    certificates,
    checkpoints,
    claims,
    credentials,
    deadlines,
    disclose,
    endorsements,
    erasures,
    events,
    health,
    issuer,
    joining,
    keys,
    kits,
    lots,
    oidc,
    own_batches,
    people,
    problems,
    sessions,
    statuses,
    tax_rows,
)
from service.api.access import ApiKeys, find_caller
from service.api.document import describe_problems
from service.api.gate import Gate
from service.api.intake import Intake
from service.api.limits import Limits
from service.api.reads import ReadLog, Showing
from service.api.session_access import Sessions
from service.api.verbs import check_verbs
from service.claim_runtime import ClaimRuntime
from service.config import Settings
from service.runtime import Runtime
from service.store.access_log import SqlAccessStore
from service.store.witnesses import SqlWitnessStore

ROUTES = (
    sessions,
    oidc,
    people,
    joining,
    keys,
    access_log,
    own_batches,
    events,
    kits,
    lots,
    checkpoints,
    deadlines,
    claims,
    endorsements,
    tax_rows,
    credentials,
    disclose,
    certificates,
    erasures,
    statuses,
    issuer,
    health,
)
"""In the order of the documentation page."""

DESCRIPTION = """
Traceability of export goods in overseas warehouses 海外仓. Parties post what happened; the chain conserves every
piece; banks, customs and tax get proofs that they verify without trusting this service.

Every request under `/v1` carries `Authorization: Bearer <API key>`; a key belongs to one party. Errors are
`application/problem+json` with `code`, `field`, what was expected and what came.
"""


def create_app(runtime: Runtime | None = None) -> FastAPI:
    """The application. Everything is opened when it starts, and closed when it stops."""
    runtime = runtime or Runtime(Settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.runtime = runtime
        app.state.claims = ClaimRuntime(runtime)
        app.state.trails = runtime.trails
        app.state.witnesses = SqlWitnessStore(runtime.engine)
        app.state.authenticators = [ApiKeys(app.state.trails), Sessions()]
        app.state.intake = Intake(runtime.captures)
        app.state.intake.start()
        app.state.read_log = ReadLog(SqlAccessStore(runtime.engine))
        app.state.read_log.start()
        providers = runtime.providers.values()  # a file of them that cannot be used stops the start
        yield
        for provider in providers:
            provider.close()
        app.state.intake.stop()
        app.state.read_log.stop()

    # The documentation page brings its own scripts: an installation may have no way out to a CDN.
    app = FastAPIOffline(title="Cangsu 仓溯", version="1", description=DESCRIPTION, lifespan=lifespan)
    problems.install(app)
    for module in ROUTES:
        check_verbs(module.router.routes, find_caller)
        app.include_router(module.router)

    describe_problems(app)

    @app.middleware("http")
    async def log_reads(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.showing = showing = Showing()
        response = await call_next(request)
        return response if showing.reads is None else await app.state.read_log.log(showing, response)

    app.add_middleware(Gate, limits=Limits(runtime.settings))
    return app
