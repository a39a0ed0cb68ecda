"""What every answer carries, whatever its route: headers, a measurement; a fault of ours included."""

import base64
import hashlib
import re

import pytest
from prometheus_client import REGISTRY
from starlette.testclient import TestClient

from service.app import create_app
from tests.service.api.caller import LOT_PATH, Api, problem_of
from tests.service.market import EXPORTER

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
PATHS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/redoc", LOT_PATH, "/v1/status/1", "/v1/x", "/x"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_that_keep_a_browser_in_bounds(anchored: Api, path: str) -> None:
    for headers in ({}, anchored.headers(EXPORTER)):
        answer = anchored.client.get(path, headers=headers)
        assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers


@pytest.mark.parametrize("path", [LOT_PATH, "/readyz", "/v1/lots/1/1", "/v1/nothing"])
def test_what_carries_data_is_stored_nowhere(anchored: Api, path: str) -> None:
    assert anchored.get(EXPORTER, path).headers["cache-control"] == "no-store"


def test_what_is_public_may_be_kept(anchored: Api) -> None:
    assert anchored.client.get("/v1/status/1").headers["cache-control"].startswith("public, max-age=")
    assert "cache-control" not in anchored.client.get("/static-offline-docs/swagger-ui.css").headers


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_runs_its_own_scripts_and_no_others(anchored: Api, path: str) -> None:
    answer = anchored.client.get(path)
    policy = dict(re.findall(r"([a-z-]+) ([^;]+)", answer.headers["content-security-policy"]))
    allowed = policy["script-src"].split()
    inline = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    assert allowed == ["'self'", *(f"'sha256-{digest}'" for digest in digests)]
    assert all(source.startswith("/") for source in re.findall(r'(?:src|href)="([^"]+)"', answer.text))
    assert policy["connect-src"] == "'self'"


def test_behind_tls_the_browser_is_told_to_stay_there(anchored: Api) -> None:
    with TestClient(create_app(anchored.house.runtime), base_url="https://testserver") as client:
        assert client.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"


def test_no_other_page_may_read_an_answer(anchored: Api) -> None:
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for answer in (
        anchored.client.options("/v1/lots", headers=origin),
        anchored.client.get("/healthz", headers=origin),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_fault_of_ours_is_a_problem_with_all_headers_and_is_measured(
    anchored: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(anchored.app.state.trails, "trail", fail)
    client = TestClient(anchored.app, raise_server_exceptions=False)
    answer = client.get("/v1/kits", headers=anchored.headers(EXPORTER))
    assert problem_of(answer, 500)["code"] == "Internal"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    monkeypatch.undo()
    labels = {"method": "GET", "route": "/v1/kits", "status": "500"}
    assert REGISTRY.get_sample_value("cangsu_request_seconds_count", labels)
