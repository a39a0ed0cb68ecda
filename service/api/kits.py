"""PUT /v1/kits/{kit_sku}, GET /v1/kits."""

import time
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.api.access import CallerDep
from service.api.body import read_body, schema_of
from service.api.problems import ProblemError
from service.core.access import may_read_kit, may_register_kits
from service.core.allocation import Kit
from service.flow.kits import put_kit
from service.runtime import Runtime

router = APIRouter(prefix="/v1", tags=["kits"])

Sku = Annotated[str, Field(min_length=1, max_length=100)]
KitSku = Annotated[str, Path(min_length=1, max_length=100, description="stock number of the kit")]


class Component(BaseModel):
    """So many pieces of a SKU in one kit."""

    model_config = ConfigDict(extra="forbid", strict=True)
    sku: Sku
    pieces: Annotated[int, Field(ge=1, le=10_000)]


class KitIn(BaseModel):
    """What one kit holds, and from when on: unix seconds, by default now, for a first version from ever."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"components": [{"sku": "LAMP", "pieces": 2}, {"sku": "BULB", "pieces": 1}]}]},
    )
    components: Annotated[list[Component], Field(min_length=1, max_length=50)]
    valid_from: Annotated[int, Field(ge=0, lt=2**40)] | None = None


async def _body(request: Request, _: CallerDep) -> KitIn:
    """The body, read only after the caller is known and only up to the usual size."""
    try:
        return KitIn.model_validate_json(await read_body(request))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error


@router.put(
    "/kits/{kit_sku:path}",
    summary="Register a kit 登记套装",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(KitIn)}}}},
    responses={200: {"description": "This version was there already"}, 201: {"description": "Registered"}},
)
def put(
    request: Request, caller: CallerDep, kit_sku: KitSku, body: Annotated[KitIn, Depends(_body)], response: Response
) -> dict[str, Any]:
    """Say what a kit of yours holds. For exporters.

    A version is never changed: another content is a new version, which begins after the newest one and not before now.
    Events count by the version that is in force at their `event_time`; what was allocated stays as it was.
    """
    if not may_register_kits(caller):
        raise ProblemError(403, "ExporterOnly", "a kit is registered by the exporter whose goods it holds")
    components = tuple((component.sku, component.pieces) for component in body.components)
    _check_names(kit_sku, [sku for sku, _ in components])
    runtime: Runtime = request.app.state.runtime
    with request.app.state.trails.trail() as trail:
        versions = [kit for kit in trail.kits_of(caller.party) if kit.sku == kit_sku]
    now = int(time.time())
    if body.valid_from is not None:
        valid_from = body.valid_from
    elif versions:
        newest = versions[-1]
        valid_from = newest.valid_from if newest.components == components else max(now, newest.valid_from + 1)
    else:
        valid_from = 0
    kit = Kit(caller.party, kit_sku, valid_from, components)
    response.status_code = 201 if put_kit(runtime.captures, kit, datetime.fromtimestamp(now, UTC)) else 200
    return _to_json(kit)


@router.get("/kits", summary="Your kits 套装列表")
def get_kits(request: Request, caller: CallerDep) -> dict[str, Any]:
    """Every version of your kits, by name and time."""
    with request.app.state.trails.trail() as trail:
        return {"kits": [_to_json(kit) for kit in trail.kits_of(caller.party) if may_read_kit(caller, owner=kit.owner)]}


def _check_names(kit_sku: str, skus: list[str]) -> None:
    if len(set(skus)) < len(skus) or kit_sku in skus:
        raise ProblemError(422, "Malformed", "expected each SKU once, and not the kit's own", field="components")
    if not all(unicodedata.is_normalized("NFC", sku) for sku in [kit_sku, *skus]):
        raise ProblemError(422, "Malformed", "expected SKUs in NFC", field="components")


def _to_json(kit: Kit) -> dict[str, Any]:
    components = [{"sku": sku, "pieces": pieces} for sku, pieces in kit.components]
    return {"kit_sku": kit.sku, "valid_from": kit.valid_from, "components": components}
