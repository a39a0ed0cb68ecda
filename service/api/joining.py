"""How a party that keeps its own key comes in: its invitation, its first key, further keys, the end of one."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service import invitations
from service.api.access import CallerDep
from service.api.body import json_body, openapi_body, secret_body
from service.api.document import may_answer
from service.api.problems import ProblemError, not_found
from service.flow.register import RegistryError
from service.runtime import Runtime
from verifier.kinds import Role
from verifier.shapes import to_hex

router = APIRouter(prefix="/v1", tags=["joining"])

Address = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$", description="of the key")]
Signature = Annotated[str, Field(pattern=r"^0x[0-9a-f]{130}$", description="EIP-712, r, s and v (27 or 28)")]
AddressPath = Annotated[str, Path(pattern=r"^0x[0-9a-f]{40}$")]
_MAX_BYTES = 4096


class TokenIn(BaseModel):
    """The token of an invitation."""

    model_config = ConfigDict(extra="forbid")
    token: Annotated[str, Field(min_length=1, max_length=100)]


class JoinIn(TokenIn):
    """A newcomer's key, and its signature ``Join(party, keyId, SHA-256 of the token)``."""

    address: Address
    signature: Signature


class NewKeyIn(BaseModel):
    """A further key: its own signature ``Rotate``, and ``AddKey`` by a key in force."""

    model_config = ConfigDict(extra="forbid")
    address: Address
    possession: Signature
    consent: Signature


class EndKeyIn(BaseModel):
    """``EndKey`` by a key in force."""

    model_config = ConfigDict(extra="forbid")
    signature: Signature


NewKeyDep = Annotated[NewKeyIn, Depends(json_body(NewKeyIn, _MAX_BYTES))]
EndKeyDep = Annotated[EndKeyIn, Depends(json_body(EndKeyIn, _MAX_BYTES))]


@router.post(
    "/invitations/look",
    summary="What an invitation is for 查看邀请",
    openapi_extra=openapi_body(TokenIn),
    responses=may_answer(404),
)
def look(request: Request, asked: Annotated[TokenIn, Depends(secret_body(TokenIn))]) -> dict[str, Any]:
    """The party and the log that a token invites to. Whoever has the token may ask."""
    runtime: Runtime = request.app.state.runtime
    found = _find(runtime, asked.token)
    return _describe(runtime, found)


@router.post(
    "/invitations/join",
    summary="Bring your own key 接受邀请",
    openapi_extra=openapi_body(JoinIn),
    responses=may_answer(404, 409),
)
def join(request: Request, asked: Annotated[JoinIn, Depends(secret_body(JoinIn))]) -> dict[str, Any]:
    """Register the newcomer's key on chain as held by itself, and give it an API key, which is shown once.

    Safe to repeat with the same key until the invitation runs out; the API key of before ends then.
    """
    runtime: Runtime = request.app.state.runtime
    found = _find(runtime, asked.token)
    address, signature = bytes.fromhex(asked.address[2:]), bytes.fromhex(asked.signature[2:])
    try:
        api_key = invitations.join(runtime, asked.token, address, signature, int(time.time()))
    except invitations.InvitationError as error:
        raise not_found() from error
    except RegistryError as error:
        raise _busy(error) from error
    return _describe(runtime, found) | {"api_key": api_key}


@router.post(
    "/batches/own/keys",
    summary="Add a key of your own 增加自持密钥",
    status_code=204,
    response_class=Response,
    openapi_extra=openapi_body(NewKeyIn),
    responses=may_answer(409),
)
def post_key(request: Request, caller: CallerDep, asked: NewKeyDep) -> Response:
    """Register a further batch key that you hold yourself. One of your keys in force must consent to it."""
    runtime: Runtime = request.app.state.runtime
    address, possession, consent = (
        bytes.fromhex(text[2:]) for text in (asked.address, asked.possession, asked.consent)
    )
    _carry_out(lambda: invitations.add_key(runtime, caller.party, address, possession, consent))
    return Response(status_code=204)


@router.post(
    "/batches/own/keys/{address}/end",
    summary="End a key of your own 终止自持密钥",
    status_code=204,
    response_class=Response,
    openapi_extra=openapi_body(EndKeyIn),
    responses=may_answer(409),
)
def post_end(request: Request, caller: CallerDep, address: AddressPath, asked: EndKeyDep) -> Response:
    """End one of your batch keys now. What it has signed and is on chain stays verifiable."""
    runtime: Runtime = request.app.state.runtime
    key, signature = bytes.fromhex(address[2:]), bytes.fromhex(asked.signature[2:])
    _carry_out(lambda: invitations.end_key(runtime, caller.party, key, signature))
    return Response(status_code=204)


def _find(runtime: Runtime, token: str) -> invitations.Invitation:
    try:
        return invitations.find_invitation(runtime, token, int(time.time()))
    except invitations.InvitationError as error:
        raise not_found() from error


def _describe(runtime: Runtime, found: invitations.Invitation) -> dict[str, Any]:
    domain = runtime.log.domain
    return {
        "party": found.party,
        "name": found.name,
        "roles": [role.name for role in Role if found.roles & role],
        "domain": {
            "chain_id": domain.chain_id,
            "contract": to_hex(domain.contract),
            "log_id": to_hex(domain.log_id),
        },
    }


def _carry_out(act: Any) -> None:
    try:
        act()
    except invitations.KeyRefusedError as error:
        raise ProblemError(409, "KeyRefused", str(error)) from error
    except RegistryError as error:
        raise _busy(error) from error


def _busy(error: RegistryError) -> ProblemError:
    return ProblemError(409, "RegistryRefuses", f"the registry was not changed: {error}")
