"""No secret leaves its place: not in an answer, not in the database, not in a log, whatever goes wrong."""

import logging
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.keys.keyring import ISSUER, REGISTRAR, RELAYER, Keyring, party_key
from tests.service.api.caller import LOT_PATH, SHIP, Api
from tests.service.house import PASSPHRASE
from tests.service.market import EXPORTER, GATEWAY, RIVAL, TAX, WEST_COAST, an_event, parties

pytestmark = pytest.mark.chain


def secrets_of(api: Api) -> Iterator[bytes]:
    """Everything that nobody else may ever see, in each form in which it could be written."""
    yield PASSPHRASE.encode()
    for key in api.house.api_keys.values():
        yield key.encode()
    keyring: Keyring = api.house.runtime.keyring
    for name in (RELAYER, REGISTRAR, ISSUER, *(party_key(party.number) for party in parties())):
        secret = bytes(keyring.account(name).key)
        yield from (secret, secret.hex().encode(), secret.hex().upper().encode(), str(int.from_bytes(secret)).encode())


def use_everything(api: Api) -> Iterator[bytes]:
    """Answers of every kind: results, refusals, faults."""
    api.house.settle()
    outside = TestClient(api.app, raise_server_exceptions=False)
    for party in (EXPORTER, WEST_COAST, RIVAL, TAX):
        for path in (LOT_PATH, "/v1/checkpoint", "/v1/batches/1", f"/v1/events/{SHIP['event_id']}", "/v1/none"):
            yield outside.get(path, headers=api.headers(party)).content
    for body in (b"{", b"[1]"):
        yield outside.post("/v1/events", content=body, headers=api.headers(GATEWAY)).content
    yield api.post(WEST_COAST, [an_event("SHIP", 1), an_event("SHIP", 1_000), an_event("SHIP", -1)]).content
    for show in (["goods"], ["nothing"]):
        yield api.issue(EXPORTER, show=show).content
    yield from (outside.get(path).content for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"))
    yield outside.get(LOT_PATH, headers={"Authorization": api.headers(EXPORTER)["Authorization"] + "x"}).content
    api.house.chain.kill()
    yield from (outside.get("/readyz").content, api.issue(EXPORTER).content)


def test_no_answer_and_no_log_holds_a_secret(
    api: Api, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [*use_everything(api), caplog.text.encode(), "".join(capfd.readouterr()).encode()]
    assert len(texts) > 30
    for secret in secrets_of(api):
        assert not any(secret in text for text in texts), "a secret got out"


def test_no_file_holds_a_secret_in_the_clear(api: Api) -> None:
    for _ in use_everything(api):
        pass
    files = [path for path in api.house.settings.var.rglob("*") if path.is_file()]
    assert {"cangsu.db", "keys.json"} <= {path.name for path in files}
    contents = [path.read_bytes() for path in files]
    for secret in secrets_of(api):
        assert not any(secret in content for content in contents), "a secret lies in a file"


def test_what_is_shown_of_settings_and_keys_holds_no_secret(api: Api) -> None:
    runtime = api.house.runtime
    shown = (
        f"{runtime!r} {runtime.settings!r} {runtime.settings} {runtime.keyring!r} {runtime.desk!r} {runtime.sealer!r}"
    )
    assert not any(secret in shown.encode() for secret in secrets_of(api))
