"""GET /v1/keys, POST /v1/keys, DELETE /v1/keys/{key_id}: a party's own API keys."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from service import api_keys
from service.api.access import CallerDep
from service.api.body import json_body, openapi_body
from service.api.document import may_answer
from service.api.problems import ProblemError, not_found
from service.api_keys import DAY_SECONDS, DEFAULT_DAYS, ApiKey, ApiKeyError, Scope
from service.core.access import may_manage_keys
from service.core.caller import USUAL_VERBS, Caller, Verb
from service.core.times import utc_text
from service.runtime import Runtime
from verifier.record import MAX_PARTY

router = APIRouter(prefix="/v1/keys", tags=["keys"])

KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$", description="as GET /v1/keys lists it")]
PartyNo = Annotated[int | None, Query(ge=1, le=MAX_PARTY, description="for the administrator: whose keys")]
_MAX_BYTES = 4096


class KeyIn(BaseModel):
    """What a new key is good for. What is left out is as yours: verbs but for `keys`, roles, and at most a year."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"label": "WMS Los Angeles", "verbs": ["events:write"], "days": 90}]},
    )
    label: Annotated[str, Field(min_length=1, max_length=100)]
    verbs: Annotated[list[Verb], Field(min_length=1)] | None = None
    roles: Annotated[list[str], Field(min_length=1)] | None = None
    days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(DEFAULT_DAYS, description="null is for ever")


@router.get("", summary="Your API keys 密钥列表", responses=may_answer(404))
def get_keys(request: Request, caller: CallerDep, party: PartyNo = None) -> dict[str, Any]:
    """Every key that your party ever had: what it is good for, until when, and whether it was ended. Never the key.

    The administrator names a party.
    """
    owner = _owner(caller, party)
    return {"keys": [_describe(key) for key in api_keys.list_keys(_runtime(request).engine, owner)]}


@router.post("", summary="Make an API key 新建密钥", status_code=201, openapi_extra=openapi_body(KeyIn))
def post_key(
    request: Request, caller: CallerDep, asked: Annotated[KeyIn, Depends(json_body(KeyIn, _MAX_BYTES))]
) -> dict[str, Any]:
    """A new key of your own party. It is shown once. It never has more verbs, roles or days than what you came with."""
    scope = _scope(caller, asked)
    excess = api_keys.find_excess(caller, scope)
    if excess is not None:
        raise ProblemError(403, "BeyondOwn", "a credential gives no more than it has", field=excess)
    key = api_keys.make_key(_runtime(request).engine, caller.party, asked.label, scope, caller.credential)
    (made,) = (one for one in api_keys.list_keys(_runtime(request).engine, caller.party) if _is(one, key))
    return _describe(made) | {"key": key}


@router.delete("/{key_id}", summary="End an API key 终止密钥")
def delete_key(request: Request, caller: CallerDep, key_id: KeyId, party: PartyNo = None) -> dict[str, Any]:
    """End a key for good; it may be taken for five seconds more. The administrator ends anybody's, and makes none."""
    owner = _owner(caller, party)
    try:
        return _describe(api_keys.end_key(_runtime(request).engine, owner, key_id, int(time.time())))
    except ApiKeyError as error:
        raise not_found() from error


def _owner(caller: Caller, party: int | None) -> int:
    owner = caller.party if party is None else party
    if not may_manage_keys(caller, owner=owner):
        raise not_found()
    return owner


def _scope(caller: Caller, asked: KeyIn) -> Scope:
    verbs = frozenset(asked.verbs) if asked.verbs else caller.verbs & USUAL_VERBS
    try:
        roles = api_keys.to_roles(asked.roles) if asked.roles else caller.roles if caller.is_narrowed else None
    except ApiKeyError as error:
        raise ProblemError(422, "Malformed", str(error), field="roles") from error
    valid_until = None if asked.days is None else int(time.time()) + asked.days * DAY_SECONDS
    if "days" not in asked.model_fields_set and caller.valid_until is not None and valid_until is not None:
        valid_until = min(valid_until, caller.valid_until)
    return Scope(verbs, roles, valid_until)


def _describe(key: ApiKey) -> dict[str, Any]:
    scope = key.scope
    return {
        "key_id": key.key_id,
        "label": key.label,
        "verbs": sorted(Verb if scope.verbs is None else scope.verbs),
        "roles": None if scope.roles is None else api_keys.role_names(scope.roles),
        "valid_until": None if scope.valid_until is None else utc_text(scope.valid_until),
        "made_by": key.made_by,
        "ended_at": None if key.ended_at is None else utc_text(key.ended_at),
    }


def _is(found: ApiKey, key: str) -> bool:
    return found.key_id == api_keys.id_of(api_keys.hash_of(key))


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
