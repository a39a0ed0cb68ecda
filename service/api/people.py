"""A party's people: invite, list, reset, disable; and how an invited person enrols."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Path, Request, Response

from service.api.access import CallerDep
from service.api.body import json_body, openapi_body, secret_body
from service.api.people_shapes import EnrolIn, EnrolTokenIn, UserIn, user_to_json
from service.api.problems import ProblemError, not_found
from service.api.same_origin import refuse_other_origin
from service.api.sessions import refusal, welcome
from service.core.one_time import otpauth_uri, secret_text
from service.core.passwords import PasswordRefusedError
from service.core.times import utc_text
from service.flow.enrol import (
    BeyondOwnError,
    InvitationRefusedError,
    Invited,
    Invitee,
    NoSuchEnrolmentError,
    NoSuchUserError,
    WrongCodeError,
    disable,
    enrol,
    invite,
    look,
    reset,
)
from service.flow.people_desk import PeopleDesk

router = APIRouter(prefix="/v1", tags=["people"])

UserId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
UserDep = Annotated[UserIn, Depends(json_body(UserIn, 16_384))]
EnrolTokenDep = Annotated[EnrolTokenIn, Depends(secret_body(EnrolTokenIn))]
EnrolDep = Annotated[EnrolIn, Depends(secret_body(EnrolIn))]


@router.get("/users", summary="People of your party 用户列表")
def get_users(request: Request, caller: CallerDep) -> dict[str, Any]:
    """Everybody who acts for your party, or did."""
    with _desk(request).store.view() as people:
        return {"users": [user_to_json(user) for user in people.users(caller.party)]}


@router.post("/users", summary="Invite a person 邀请用户", status_code=201, openapi_extra=openapi_body(UserIn))
def post_user(request: Request, response: Response, caller: CallerDep, asked: UserDep) -> dict[str, Any]:
    """Invite somebody to act for your party, with no more roles and verbs than you have.

    The token is shown once, counts for three days, and is for this person alone."""
    verbs = frozenset(asked.verbs)
    invitee = Invitee(caller.party, asked.name, verbs, asked.handle, asked.mask, asked.language)
    try:
        return _invited(response, invite(_desk(request), invitee, caller))
    except InvitationRefusedError as error:
        raise ProblemError(422, "InvitationRefused", str(error), field=error.field) from error
    except BeyondOwnError as error:
        raise _beyond_own(error) from error


@router.post("/users/{user_id}/reset", summary="Reset a person 重置用户")
def post_reset(request: Request, response: Response, caller: CallerDep, user_id: UserId) -> dict[str, Any]:
    """End password, authenticator app, recovery codes and sessions of a person at once, and invite again."""
    try:
        return _invited(response, reset(_desk(request), caller.party, user_id, caller))
    except NoSuchUserError as error:
        raise not_found() from error
    except BeyondOwnError as error:
        raise _beyond_own(error) from error


@router.delete("/users/{user_id}", summary="Disable a person 停用用户", status_code=204, response_class=Response)
def delete_user(request: Request, caller: CallerDep, user_id: UserId) -> Response:
    """Let a person sign in no more. Sessions end at once; a reset enables again."""
    try:
        disable(_desk(request), caller.party, user_id, caller)
    except NoSuchUserError as error:
        raise not_found() from error
    except BeyondOwnError as error:
        raise _beyond_own(error) from error
    return Response(status_code=204)


@router.post(
    "/enrolment/look",
    summary="What an invitation asks for 查看用户邀请",
    openapi_extra=openapi_body(EnrolTokenIn),
    dependencies=[Depends(refuse_other_origin)],
)
def post_look(request: Request, response: Response, asked: EnrolTokenDep) -> dict[str, Any]:
    """Who is invited, and the secret for the authenticator app, as text and as a QR code (SVG)."""
    try:
        offer = look(_desk(request), asked.token)
    except NoSuchEnrolmentError as error:
        raise not_found() from error
    uri = otpauth_uri(offer.secret, offer.user.user)
    response.headers["Cache-Control"] = "no-store"
    return {
        "user": offer.user.user,
        "name": offer.user.name,
        "party": offer.user.party,
        "party_name": offer.party_name,
        "language": offer.user.language,
        "expires_at": utc_text(offer.expires_at),
        "totp": {
            "uri": uri,
            "secret": secret_text(offer.secret),
            "qr_svg": segno.make(uri, micro=False).svg_inline(scale=4),
        },
    }


@router.post(
    "/enrolment",
    summary="Take up an invitation 接受用户邀请",
    status_code=201,
    openapi_extra=openapi_body(EnrolIn),
    dependencies=[Depends(refuse_other_origin)],
)
def post_enrolment(request: Request, response: Response, asked: EnrolDep) -> dict[str, Any]:
    """Choose a password and confirm the authenticator app with its first code. Signs in.

    The recovery codes are shown once; each replaces the app for one sign-in."""
    agent = request.headers.get("user-agent", "")
    try:
        started, codes = enrol(_desk(request), asked.token, asked.password, asked.code, agent)
    except NoSuchEnrolmentError as error:
        raise not_found() from error
    except PasswordRefusedError as error:
        raise refusal(error) from error
    except WrongCodeError as error:
        raise ProblemError(422, "WrongCode", "this is not a code of the app now", field="code") from error
    return welcome(response, started) | {"recovery_codes": codes}


def _invited(response: Response, invited: Invited) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return user_to_json(invited.user) | {"token": invited.token, "token_expires_at": utc_text(invited.expires_at)}


def _beyond_own(error: BeyondOwnError) -> ProblemError:
    return ProblemError(403, "BeyondOwn", "nobody gives, or takes over, more than they have", field=error.field)


def _desk(request: Request) -> PeopleDesk:
    desk: PeopleDesk = request.app.state.runtime.people
    return desk
