"""One provider over HTTP: discovery, its keys, and a code for an id_token. Nothing here judges a token.

What it says is believed of itself only: discovery must name the issuer that we know, and secrets go nowhere but by TLS.
An answer has to come whole in a few seconds and be small, no redirect is followed, and only so many requests wait for
it at once: a provider that hangs does not take the service with it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson

from service.core.oidc import Binding, CodeRefusedError, ProviderUnavailableError
from service.oidc.settings import ProviderSettings, is_safe_url

_READ_SECONDS, _WHOLE_SECONDS = 4.0, 8.0
_MAX_BYTES = 256 * 1024
_MAX_AT_ONCE = 8
_KEEP_SECONDS = 3600.0
_REFETCH_SECONDS = 30.0
"""So often at most are keys asked for again: a token with an invented ``kid`` costs the provider nothing."""


class Provider:
    """A provider, what it has told of itself, and our registration with it."""

    def __init__(
        self, name: str, settings: ProviderSettings, redirect_uri: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.party, self.expected = name, settings.party, settings.expected
        self._settings, self._redirect_uri, self._clock = settings, redirect_uri, clock
        self._http = httpx.Client(timeout=_READ_SECONDS, follow_redirects=False)
        self._places = threading.BoundedSemaphore(_MAX_AT_ONCE)
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None

    def authorization_url(self, binding: Binding, *, is_anew: bool) -> str:
        """Where a browser goes to sign in; ``is_anew`` asks that the person does so now, whoever was signed in there.

        Raises ProviderUnavailableError.
        """
        endpoint = self._endpoint("authorization_endpoint")
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "state": binding.state,
            "nonce": binding.nonce,
            "code_challenge": binding.challenge,
            "code_challenge_method": "S256",
        }
        if self._settings.acr:
            asked["acr_values"] = " ".join(sorted(self._settings.acr))
        if is_anew:
            asked["prompt"] = "login"
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def id_token(self, code: str, verifier: str) -> str:
        """The id_token for a code, unverified. Raises CodeRefusedError, ProviderUnavailableError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        client_id, secret = self._settings.client_id, self._settings.client_secret_file.read_text("utf-8").strip()
        url, ways = self._endpoint("token_endpoint"), self._describe().get("token_endpoint_auth_methods_supported")
        if isinstance(ways, list) and "client_secret_basic" not in ways:
            request = httpx.Request("POST", url, data=form | {"client_id": client_id, "client_secret": secret})
        else:
            request = httpx.Request("POST", url, data=form)
            login = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))  # RFC 6749 §2.3.1 encodes both
            request = next(login.auth_flow(request))
        status, answer = self._ask(request)
        if status in (400, 403):
            raise CodeRefusedError
        token = answer.get("id_token") if status == 200 else None
        if not isinstance(token, str):
            raise ProviderUnavailableError("the token endpoint gives no id_token")
        return token

    def keys(self, *, is_unknown: bool = False) -> Sequence[dict[str, Any]]:
        """Its keys, as remembered; asked for anew if one is not among them. Raises ProviderUnavailableError."""
        known, now = self._keys, self._clock()
        if known is None or now - known[0] >= (_REFETCH_SECONDS if is_unknown else _KEEP_SECONDS):
            keys = self._get(self._endpoint("jwks_uri")).get("keys")
            if not isinstance(keys, list):
                raise ProviderUnavailableError("no list of keys")
            self._keys = known = (now, [key for key in keys if isinstance(key, dict)])
        return known[1]

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def _describe(self) -> dict[str, Any]:
        known, now = self._metadata, self._clock()
        if known is None or now - known[0] >= _KEEP_SECONDS:
            found = self._get(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self._settings.issuer:  # Discovery 1.0 §4.3
                raise ProviderUnavailableError("discovery names another issuer")
            self._metadata = known = (now, found)
        return known[1]

    def _endpoint(self, name: str) -> str:
        url = self._describe().get(name)
        if not isinstance(url, str) or not is_safe_url(url, self._settings.issuer):
            raise ProviderUnavailableError(f"discovery names no safe {name}")
        return url

    def _get(self, url: str) -> dict[str, Any]:
        status, answer = self._ask(httpx.Request("GET", url))
        if status != 200:
            raise ProviderUnavailableError(f"status {status}")
        return answer

    def _ask(self, request: httpx.Request) -> tuple[int, dict[str, Any]]:
        if not self._places.acquire(blocking=False):
            raise ProviderUnavailableError("too many requests wait for it")
        try:
            status, body = self._read(request)
            answer = orjson.loads(body) if status == 200 else {}
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderUnavailableError("it does not answer") from None  # the error may hold the request
        except ValueError:
            raise ProviderUnavailableError("its answer is no JSON") from None
        finally:
            self._places.release()
        if not isinstance(answer, dict):
            raise ProviderUnavailableError("its answer is no object")
        return status, answer

    def _read(self, request: httpx.Request) -> tuple[int, bytes]:
        until, body = time.monotonic() + _WHOLE_SECONDS, bytearray()
        request.headers["Accept"] = "application/json"
        request.headers["Accept-Encoding"] = "identity"  # what is small on the wire stays so
        request.extensions = {"timeout": httpx.Timeout(_READ_SECONDS).as_dict()}
        answer = self._http.send(request, stream=True)
        try:
            for part in answer.iter_raw():
                body += part
                if len(body) > _MAX_BYTES:
                    raise ProviderUnavailableError("its answer is too long")
                if time.monotonic() > until:
                    raise ProviderUnavailableError("its answer takes too long")
        finally:
            answer.close()
        return answer.status_code, bytes(body)
