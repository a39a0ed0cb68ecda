"""What is asked of a provider over HTTP, how much of its answer is read, and for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from service.core.oidc import CodeRefusedError, ProviderUnavailableError, bind
from service.oidc import provider as module
from service.oidc.provider import Provider
from service.oidc.settings import ProviderSettings, ProviderSettingsError, is_safe_url, read_providers
from tests.service.people.elsewhere import query_of, visit
from tests.service.people.person import START, Clock
from tests.service.people.provider import CLIENT_ID, SECRET, Behaviour, OpenProvider, rsa, running

BACK = "https://cangsu.test/v1/oidc/acme/callback"
BOUND = bind("a token")


@pytest.fixture(scope="module")
def served() -> Iterator[OpenProvider]:
    with running(OpenProvider(Clock(START))) as one:
        yield one


@dataclass
class Both:
    """The provider, and our side of it with a clock that is moved by hand."""

    there: OpenProvider
    here: Provider
    clock: Clock

    def ask(self) -> str:
        return self.here.authorization_url(BOUND, is_anew=False)

    def fail(self, says: str) -> None:
        with pytest.raises(ProviderUnavailableError, match=says):
            self.ask()


@pytest.fixture
def both(served: OpenProvider, tmp_path: Path) -> Iterator[Both]:
    served.does, served.asked, clock = Behaviour(), {}, Clock(0)
    (tmp_path / "secret").write_text(SECRET)
    settings = ProviderSettings(
        issuer=served.issuer, client_id=CLIENT_ID, client_secret_file=tmp_path / "secret", party=7,
        acr=frozenset({"loa3"}),
    )  # fmt: skip
    made = Provider("acme", settings, BACK, clock)
    yield Both(served, made, clock)
    made.close()


def test_an_answer_that_is_not_discovery_is_not_used(both: Both) -> None:
    for body, says in ((b"[]", "no object"), (b"{", "no JSON"), (b"[" * 90_000, "no JSON"), (b"\xff", "no JSON")):
        both.there.does.body = body
        both.fail(says)
    both.there.does.body = b'{"a": "' + b"a" * 300_000 + b'"}'
    both.fail("too long")


def test_a_redirect_is_not_followed(both: Both) -> None:
    both.there.does.status = 302
    both.fail("status 302")
    assert both.there.asked == {"/.well-known/openid-configuration": 1}


def test_discovery_speaks_of_its_own_issuer_only(both: Both) -> None:
    both.there.does.metadata = {"issuer": "https://login.acme.example"}
    both.fail("another issuer")


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "/authorize",
        "http://login.example/a",
        "javascript:alert(1)",
        "https://a@b/",
        "https://[",
        "ftp://a",
    ],
)
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_an_endpoint_without_tls_is_not_used(both: Both, name: str, url: Any) -> None:
    both.there.does.metadata = {name: url}
    asks = {
        "authorization_endpoint": both.ask,
        "token_endpoint": lambda: both.here.id_token("code", "verifier"),
        "jwks_uri": both.here.keys,
    }
    with pytest.raises(ProviderUnavailableError, match=f"no safe {name}"):
        asks[name]()


def test_a_provider_that_does_not_answer_is_not_waited_for(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ_SECONDS", 0.1)
    both.there.does.delay = 0.5
    both.fail("does not answer")


def test_only_so_many_wait_at_once(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    both.there.does.delay = 1.0
    barrier, says = Barrier(20), []

    def ask() -> None:
        barrier.wait()
        try:
            both.ask()
        except ProviderUnavailableError as error:
            says.append(str(error))

    threads = [Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert says == ["too many requests wait for it"] * 12
    both.there.does.delay = 0
    both.ask()


def test_nobody_is_there(both: Both) -> None:
    settings = both.here._settings.model_copy(update={"issuer": "http://127.0.0.1:1"})
    with pytest.raises(ProviderUnavailableError, match="does not answer"):
        Provider("acme", settings, BACK).keys()


def test_what_is_known_is_not_asked_again_for_an_hour(both: Both) -> None:
    for seconds, asked in ((0, 1), (3599, 1), (1, 2)):
        both.clock.wait(seconds)
        both.ask()
        both.here.keys()
        assert both.there.asked == {"/.well-known/openid-configuration": asked, "/jwks": asked}


def test_a_new_key_is_found_and_an_invented_one_costs_little(both: Both) -> None:
    both.here.keys()
    both.there.keys["new"] = rsa("new")
    for seconds, is_there, asked in ((29, False, 1), (1, True, 2), (29, True, 2), (1, True, 3)):
        both.clock.wait(seconds)
        found = {key["kid"] for key in both.here.keys(is_unknown=True)}
        assert ("new" in found, both.there.asked["/jwks"]) == (is_there, asked)
    del both.there.keys["new"]


@pytest.mark.parametrize("ways", [["client_secret_basic", "client_secret_post"], ["client_secret_post"]])
def test_a_code_is_changed_once_by_who_began(both: Both, ways: list[str]) -> None:
    both.there.does.ways = ways
    code = query_of(visit(both.ask()))["code"]
    assert both.there.parameters["acr_values"] == "loa3"
    assert both.here.id_token(code, BOUND.verifier).count(".") == 2
    with pytest.raises(CodeRefusedError):
        both.here.id_token(code, BOUND.verifier)


def test_another_verifier_gets_nothing(both: Both) -> None:
    code = query_of(visit(both.ask()))["code"]
    with pytest.raises(CodeRefusedError):
        both.here.id_token(code, bind("another").verifier)


def test_a_client_with_a_wrong_secret_gets_nothing(both: Both) -> None:
    both.here._settings.client_secret_file.write_text("wrong")
    with pytest.raises(ProviderUnavailableError, match="gives no id_token"):
        both.here.id_token("code", "verifier")


@pytest.mark.parametrize(
    ("url", "issuer", "is_safe"),
    [
        ("https://a.example/x", "https://b.example", True),
        ("http://127.0.0.1:8/x", "http://localhost:8", True),
        ("http://a.example/x", "http://a.example", False),
        ("http://localhost/x", "https://a.example", False),
        ("http://a.example/x", "http://localhost", False),
        ("https://u:p@a.example", "https://a.example", False),
        ("https://a.example#x", "https://a.example", False),
    ],
)
def test_secrets_go_by_tls_or_stay_on_the_machine(url: str, issuer: str, is_safe: bool) -> None:
    assert is_safe_url(url, issuer) is is_safe


GOOD = 'issuer = "https://a.example"\nclient_id = "c"\nclient_secret_file = "secret"\nparty = 8\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[acme", "no TOML"),
        ("acme = 1", "acme"),
        (f"[Acme]\n{GOOD}", "name of small letters"),
        (f'["a/b"]\n{GOOD}', "name of small letters"),
        (f"[acme]\n{GOOD}secret = 'swordfish'\n", "secret: Extra inputs"),
        (f"[acme]\n{GOOD.replace('https', 'http')}", "expected https"),
        (f"[acme]\n{GOOD.replace('a.example', 'a.example?tenant=1')}", "without query"),
        (f"[acme]\n{GOOD.replace('8', '0')}", "party"),
        (
            f"[acme]\n{GOOD.replace('secret', 'empty', 2).replace('client_empty', 'client_secret')}",
            "no file with a secret",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_said_without_values(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "secret").write_text("swordfish")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "providers.toml").write_text(text)
    with pytest.raises(ProviderSettingsError, match=says) as caught:
        read_providers(tmp_path / "providers.toml")
    assert "swordfish" not in str(caught.value)


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("swordfish")
    (tmp_path / "providers.toml").write_text(f'[acme]\n{GOOD}amr = ["mfa"]\n')
    read = read_providers(tmp_path / "providers.toml")["acme"]
    assert (read.party, read.expected.amr, read.client_secret_file) == (8, frozenset({"mfa"}), tmp_path / "secret")
    assert "swordfish" not in repr(read)
