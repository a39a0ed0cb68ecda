"""Which verb each route asks for. A route without an entry does not start: default deny."""

from collections.abc import Iterable

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from service.core.caller import Verb

VERB_BY_ROUTE: dict[tuple[str, str], Verb] = {
    ("POST", "/v1/events"): Verb.EVENTS_WRITE,
    ("POST", "/v1/events/resolve"): Verb.EVENTS_WRITE,
    ("POST", "/v1/batches"): Verb.EVENTS_WRITE,
    ("GET", "/v1/batches/own"): Verb.EVENTS_WRITE,
    ("PUT", "/v1/batches/own/{lane}/{nonce}"): Verb.EVENTS_WRITE,
    ("GET", "/v1/keys"): Verb.KEYS,
    ("POST", "/v1/keys"): Verb.KEYS,
    ("DELETE", "/v1/keys/{key_id}"): Verb.KEYS,
    ("POST", "/v1/batches/own/keys"): Verb.KEYS,
    ("POST", "/v1/batches/own/keys/{address}/end"): Verb.KEYS,
    ("GET", "/v1/events/{event_id}"): Verb.EVENTS_READ,
    ("GET", "/v1/events/{event_id}/proof"): Verb.EVENTS_READ,
    ("GET", "/v1/batches/{number}"): Verb.EVENTS_READ,
    ("PUT", "/v1/kits/{kit_sku}"): Verb.KITS,
    ("GET", "/v1/kits"): Verb.KITS,
    ("GET", "/v1/lots"): Verb.LOTS_READ,
    ("GET", "/v1/lots/{declaration_no}/{item_no}"): Verb.LOTS_READ,
    ("GET", "/v1/deadlines"): Verb.LOTS_READ,
    ("GET", "/v1/tax-rows"): Verb.LOTS_READ,
    ("POST", "/v1/credentials/provenance"): Verb.CLAIMS_WRITE,
    ("POST", "/v1/claims/preview"): Verb.CLAIMS_WRITE,
    ("POST", "/v1/claims"): Verb.CLAIMS_WRITE,
    ("DELETE", "/v1/claims/{claim_id}"): Verb.CLAIMS_WRITE,
    ("DELETE", "/v1/credentials/{digest}"): Verb.CLAIMS_WRITE,
    ("GET", "/v1/claims"): Verb.CLAIMS_READ,
    ("GET", "/v1/claims/{claim_id}"): Verb.CLAIMS_READ,
    ("GET", "/v1/claims/{claim_id}/credential"): Verb.CLAIMS_READ,
    ("GET", "/v1/credentials"): Verb.CLAIMS_READ,
    ("GET", "/v1/credentials/{digest}"): Verb.CLAIMS_READ,
    ("GET", "/v1/credentials/{digest}/certificate"): Verb.CLAIMS_READ,
    ("GET", "/v1/endorsements"): Verb.CLAIMS_READ,
    ("POST", "/v1/claims/{claim_id}/consents"): Verb.CONSENTS,
    ("GET", "/v1/claims/{claim_id}/consents"): Verb.CONSENTS,
    ("DELETE", "/v1/claims/{claim_id}/consents/{reader}"): Verb.CONSENTS,
    ("POST", "/v1/claims/{claim_id}/endorsements"): Verb.ENDORSE,
    ("POST", "/v1/endorsements/{endorsement_id}/release"): Verb.ENDORSE,
    ("POST", "/v1/verify"): Verb.VERIFY,
    ("POST", "/v1/certificates"): Verb.VERIFY,
    ("POST", "/v1/credentials/disclose"): Verb.VERIFY,
    ("GET", "/v1/checkpoint/wanted"): Verb.CHECKPOINT,
    ("POST", "/v1/checkpoint/cosignatures"): Verb.CHECKPOINT,
    ("GET", "/v1/log/entries"): Verb.CHECKPOINT,
    ("POST", "/v1/erasures"): Verb.ERASE,
    ("GET", "/v1/erasures"): Verb.EVENTS_READ,
    ("GET", "/v1/users"): Verb.USERS,
    ("POST", "/v1/users"): Verb.USERS,
    ("POST", "/v1/users/{user_id}/reset"): Verb.USERS,
    ("DELETE", "/v1/users/{user_id}"): Verb.USERS,
    ("GET", "/v1/access-log"): Verb.ACCESS_LOG_READ,
    ("GET", "/metrics"): Verb.METRICS,
}


def verb_of(method: str, route: APIRoute) -> Verb:
    """The verb of a route; KeyError if it has none."""
    return VERB_BY_ROUTE[method, route.path_format]


def check_verbs(routes: Iterable[BaseRoute], caller: object) -> None:
    """Raise LookupError unless every route that depends on a ``caller`` has a verb."""
    for route in routes:
        if isinstance(route, APIRoute) and _depends_on(route.dependant, caller):
            for method in route.methods or ():
                if (method, route.path_format) not in VERB_BY_ROUTE:
                    raise LookupError(f"say in service/api/verbs.py which verb {method} {route.path_format} asks for")


def _depends_on(dependant: Dependant, caller: object) -> bool:
    return dependant.call is caller or any(_depends_on(part, caller) for part in dependant.dependencies)
