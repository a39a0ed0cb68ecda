"""Sign in and out: POST, GET, DELETE /v1/session; a person's sessions; a new password; new factors."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from service.api.body import openapi_body, secret_body
from service.api.metrics import SIGN_INS
from service.api.people_shapes import (
    FactorsIn,
    NewPasswordIn,
    SignInIn,
    found_to_json,
    session_to_json,
    started_to_json,
)
from service.api.problems import ProblemError, not_found
from service.api.same_origin import refuse_other_origin
from service.api.session_access import COOKIE, PresentDep, clear_cookie, set_cookie
from service.core.passwords import PasswordRefusedError
from service.core.times import utc_text
from service.flow.enrol import ask_again
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import Started, end_session, sessions_of
from service.flow.sign_in import Factors, SignInRefusedError, ThrottledError, change_password, prove, sign_in

router = APIRouter(prefix="/v1", tags=["people"])

SessionId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.post(
    "/session",
    summary="Sign in 登录",
    status_code=201,
    openapi_extra=openapi_body(SignInIn),
    dependencies=[Depends(refuse_other_origin)],
)
def post_session(
    request: Request, response: Response, asked: Annotated[SignInIn, Depends(secret_body(SignInIn))]
) -> dict[str, Any]:
    """Sign in with password and code, both at once; a code is taken once. The session comes as a cookie.

    The answer does not say which of user, password and code was wrong. Whoever guesses waits longer each time.
    """
    factors = to_factors(request, asked.user, asked.password, asked.code)
    try:
        started = sign_in(_desk(request), factors, request.cookies.get(COOKIE))
    except (SignInRefusedError, ThrottledError) as error:
        raise refusal(error) from None
    return welcome(response, started)


@router.get("/session", summary="Who is signed in 当前会话")
def get_session(request: Request, present: PresentDep) -> dict[str, Any]:
    """The person behind the cookie, and the token that every request of it that changes something sends along."""
    desk = _desk(request)
    with desk.store.view() as people:
        left = people.recovery_codes_left(present.found.user.id)
    return found_to_json(present.found, present.token, desk.idle_seconds, left)


@router.delete("/session", summary="Sign out 退出", status_code=204, response_class=Response)
def delete_session(request: Request, present: PresentDep) -> Response:
    """End this session."""
    end_session(_desk(request), present.found.user.id, present.found.session.id)
    response = Response(status_code=204)
    clear_cookie(response)
    return response


@router.get("/sessions", summary="Your sessions 会话列表")
def get_sessions(request: Request, present: PresentDep) -> dict[str, Any]:
    """Where you are signed in, the newest first."""
    found = sessions_of(_desk(request), present.found.user.id)
    return {"sessions": [session_to_json(session, present.found.session.id) for session in found]}


@router.delete("/sessions/{session_id}", summary="End a session 结束会话", status_code=204, response_class=Response)
def delete_other(request: Request, present: PresentDep, session_id: SessionId) -> Response:
    """End one of your sessions, at once."""
    if not end_session(_desk(request), present.found.user.id, session_id):
        raise not_found()
    return Response(status_code=204)


@router.post("/session/password", summary="Change your password 修改密码", openapi_extra=openapi_body(NewPasswordIn))
def post_password(
    request: Request,
    response: Response,
    present: PresentDep,
    asked: Annotated[NewPasswordIn, Depends(secret_body(NewPasswordIn))],
) -> dict[str, Any]:
    """Replace your password. All your sessions end, and a new one begins."""
    factors = to_factors(request, present.found.user.user, asked.password, asked.code)
    try:
        started = change_password(_desk(request), factors, asked.new_password)
    except (SignInRefusedError, ThrottledError, PasswordRefusedError) as error:
        raise refusal(error) from None
    return welcome(response, started)


@router.post("/session/renewal", summary="Renew your factors 重新绑定", openapi_extra=openapi_body(FactorsIn))
def post_renewal(
    request: Request, present: PresentDep, asked: Annotated[FactorsIn, Depends(secret_body(FactorsIn))]
) -> dict[str, Any]:
    """A token with which you enrol anew: password, authenticator app, recovery codes. The old ones count until then."""
    factors = to_factors(request, present.found.user.user, asked.password, asked.code)
    try:
        invited = ask_again(_desk(request), prove(_desk(request), factors))
    except (SignInRefusedError, ThrottledError) as error:
        raise refusal(error) from None
    return {"token": invited.token, "expires_at": utc_text(invited.expires_at)}


def welcome(response: Response, started: Started) -> dict[str, Any]:
    """The answer to somebody who has just signed in."""
    SIGN_INS.labels("accepted").inc()
    set_cookie(response, started)
    response.headers["Cache-Control"] = "no-store"
    return started_to_json(started)


def refusal(error: Exception) -> ProblemError:
    """Why somebody is not signed in, or a password is not taken."""
    match error:
        case ThrottledError():
            SIGN_INS.labels("throttled").inc()
            detail = "too many tries that were not right"
            return ProblemError(429, "TooManyTries", detail, retry_after_seconds=error.wait_seconds)
        case PasswordRefusedError():
            return ProblemError(422, "PasswordRefused", str(error), field="password")
    SIGN_INS.labels("refused").inc()
    return ProblemError(401, "SignInRefused", "user, password or code is not right")


def _desk(request: Request) -> PeopleDesk:
    desk: PeopleDesk = request.app.state.runtime.people
    return desk


def to_factors(request: Request, user: str, password: str, code: str) -> Factors:
    """What a request shows, and from where it comes."""
    address = "" if request.client is None else request.client.host
    return Factors(user, password, code, address, request.headers.get("user-agent", ""))
