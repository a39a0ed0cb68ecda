"""Sign in at a provider of OpenID Connect: GET /v1/oidc/{provider}/start and /callback, POST …/code; link a user to it.

Where a browser goes is never taken from a request: the provider's address comes from its discovery, the way back from
our settings, and after it nobody is sent anywhere.
"""

import logging
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.api.body import openapi_body, secret_body
from service.api.metrics import SIGN_INS
from service.api.people_shapes import LinkIn, ProviderCodeIn
from service.api.problems import ProblemError, not_found
from service.api.same_origin import refuse_other_origin
from service.api.session_access import COOKIE, PresentDep
from service.api.sessions import refusal, to_factors, welcome
from service.core.oidc import ProviderUnavailableError
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import Started, end_session_of
from service.flow.sign_in import SignInRefusedError, ThrottledError, prove
from service.flow.sign_in_elsewhere import (
    PENDING_SECONDS,
    Answer,
    CodeWanted,
    Linked,
    SignInProvider,
    begin,
    finish,
    finish_with_code,
)

log = logging.getLogger("cangsu.api")
ResultT = TypeVar("ResultT")
router = APIRouter(prefix="/v1", tags=["people"])

PENDING_COOKIE = "__Host-cangsu-oidc"
"""SameSite=Lax, unlike the session's: the way back begins on the provider's site."""
_NO_STORE = {"Cache-Control": "no-store"}


def _provider(request: Request, provider: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]) -> SignInProvider:
    return _find(request, provider)


ProviderDep = Annotated[SignInProvider, Depends(_provider)]


@router.get(
    "/oidc/{provider}/start",
    summary="Sign in at a provider 第三方登录",
    status_code=303,
    response_class=RedirectResponse,
)
def get_start(request: Request, provider: ProviderDep) -> Response:
    """Send the browser to the provider, bound to a cookie that lasts ten minutes."""
    begun = _ask(lambda: begin(_desk(request), provider))
    response = RedirectResponse(begun.location, 303, _NO_STORE)
    _set_pending(response, begun.token)
    return response


@router.get("/oidc/{provider}/callback", summary="Back from a provider 第三方登录返回")
def get_callback(
    request: Request,
    response: Response,
    provider: ProviderDep,
    code: Annotated[str, Query(description="changed for an id_token, once")] = "",
    state: Annotated[str, Query(description="as this service gave it to this browser")] = "",
    iss: Annotated[str | None, Query(description="RFC 9207")] = None,
) -> dict[str, Any]:
    """Begin the session, or ask for the code of our own, or link; `outcome` says which. Each callback counts once."""
    answer = Answer(request.cookies.get(PENDING_COOKIE), state, code, iss)
    came = _ask(lambda: finish(_desk(request), provider, answer, request.headers.get("user-agent", "")))
    response.headers.update(_NO_STORE)
    match came:
        case CodeWanted():
            _set_pending(response, came.token)
            return {"outcome": "code-wanted", "user": came.user.user}
        case Linked():
            _clear_pending(response)
            return {"outcome": "linked", "user": came.user.user}
        case Started():
            return _welcome(request, response, came)


@router.post(
    "/oidc/{provider}/code",
    summary="The second factor after a provider 第三方登录验证码",
    status_code=201,
    openapi_extra=openapi_body(ProviderCodeIn),
    dependencies=[Depends(refuse_other_origin)],
)
def post_code(
    request: Request,
    response: Response,
    provider: ProviderDep,
    asked: Annotated[ProviderCodeIn, Depends(secret_body(ProviderCodeIn))],
) -> dict[str, Any]:
    """The code of the authenticator app, or a recovery code, where the provider asked for no second factor."""
    factors = to_factors(request, "", "", asked.code)
    token = request.cookies.get(PENDING_COOKIE)
    started = _ask(
        lambda: finish_with_code(_desk(request), provider, token, factors.code, factors.address, factors.agent)
    )
    return _welcome(request, response, started)


@router.post("/session/link", summary="Link yourself to a provider 绑定第三方登录", openapi_extra=openapi_body(LinkIn))
def post_link(
    request: Request,
    response: Response,
    present: PresentDep,
    asked: Annotated[LinkIn, Depends(secret_body(LinkIn))],
) -> dict[str, Any]:
    """With both factors again: `location` is where the browser goes to sign in at the provider, which links you."""
    provider, user = _find(request, asked.provider), present.found.user
    if provider.party != user.party:
        raise not_found()
    desk, factors = _desk(request), to_factors(request, user.user, asked.password, asked.code)
    try:
        prove(desk, factors)
    except (SignInRefusedError, ThrottledError) as error:
        raise refusal(error) from None
    begun = _ask(lambda: begin(desk, provider, user.id))
    _set_pending(response, begun.token)
    response.headers.update(_NO_STORE)
    return {"location": begun.location}


def _ask(act: Callable[[], ResultT]) -> ResultT:
    """Do what asks a provider; every reason why somebody is not signed in gives one answer."""
    try:
        return act()
    except ThrottledError as error:
        raise refusal(error) from None
    except SignInRefusedError:
        SIGN_INS.labels("refused").inc()
        raise ProblemError(401, "SignInRefused", "this sign-in at the provider is not taken") from None
    except ProviderUnavailableError as error:
        log.warning("a provider of sign-ins cannot be used: %s", error)
        raise ProblemError(503, "ProviderUnavailable", "the provider cannot be asked now, try again") from None


def _welcome(request: Request, response: Response, started: Started) -> dict[str, Any]:
    if (former := request.cookies.get(COOKIE)) is not None:
        end_session_of(_desk(request), former)
    _clear_pending(response)
    return welcome(response, started) | {"outcome": "signed-in"}


def _set_pending(response: Response, token: str) -> None:
    response.set_cookie(
        PENDING_COOKIE, token, max_age=PENDING_SECONDS, path="/", secure=True, httponly=True, samesite="lax"
    )


def _clear_pending(response: Response) -> None:
    response.delete_cookie(PENDING_COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def _find(request: Request, name: str) -> SignInProvider:
    found: SignInProvider | None = request.app.state.runtime.providers.get(name)
    if found is None:
        raise not_found()
    return found


def _desk(request: Request) -> PeopleDesk:
    desk: PeopleDesk = request.app.state.runtime.people
    return desk
