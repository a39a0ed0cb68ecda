"""A desk on each database without a chain, and an application on a house, both with a clock that is moved by hand."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from service.app import create_app
from service.flow.people_desk import PeopleDesk
from service.keys.keyring import LOGINS, Keyring
from service.keys.master import Passphrase
from service.store.database import insert_rows, open_engine, writing
from service.store.migrate import migrate
from service.store.people import SqlPeopleStore
from tests.service.house import House, Template
from tests.service.market import EXPORTER, RIVAL, WEST_COAST
from tests.service.people.elsewhere import link_to
from tests.service.people.person import IDLE, MOST, QUICK, Browser, Clock, Person, make_person
from tests.service.people.provider import CLIENT_ID, SECRET, Behaviour, OpenProvider, running
from verifier.kinds import Role


@pytest.fixture(scope="session")
def logins(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """A key file that can keep codes."""
    keyring = Keyring(tmp_path_factory.mktemp("logins") / "keys.json", Passphrase("a passphrase for tests"))
    keyring.create(LOGINS)
    return keyring


def _fill(engine: Engine) -> None:
    migrate(engine)
    parties = [
        (EXPORTER, "Exporter", int(Role.EXPORTER)),
        (RIVAL, "Rival", int(Role.EXPORTER)),
        (WEST_COAST, "West Coast", int(Role.OPERATOR | Role.BILLER)),
    ]
    with writing(engine) as connection:
        insert_rows(connection, "party", ("number", "name", "roles"), parties)
    engine.dispose()


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tables and three parties, made once."""
    path = tmp_path_factory.mktemp("people") / "people.db"
    _fill(open_engine(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def filled_postgres(new_postgres: Callable[[str], str]) -> str:
    """The same on PostgreSQL."""
    url = new_postgres("template0")
    _fill(open_engine(url))
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A copy of it for each test, on each database."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('filled_sqlite'), tmp_path)}"
    else:
        url = request.getfixturevalue("new_postgres")(request.getfixturevalue("filled_postgres"))
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def desk(engine: Engine, logins: Keyring) -> PeopleDesk:
    """On each database."""
    return PeopleDesk(SqlPeopleStore(engine), logins, IDLE, MOST, QUICK, Clock())


@pytest.fixture
def clock(desk: PeopleDesk) -> Clock:
    assert isinstance(desk.clock, Clock)
    return desk.clock


@pytest.fixture
def person(desk: PeopleDesk) -> Person:
    """Somebody of the exporter."""
    return make_person(desk, EXPORTER, "Li Wei")


def put_desk(house: House) -> PeopleDesk:
    """Let a house's application have a desk whose clock is moved by hand."""
    made = PeopleDesk(SqlPeopleStore(house.runtime.engine), house.runtime.keyring, IDLE, MOST, QUICK, Clock())
    house.runtime.__dict__["people"] = made
    return made


@pytest.fixture
def web_desk(house: House) -> PeopleDesk:
    """The desk of an application on a house."""
    return put_desk(house)


@pytest.fixture
def new_browser(house: House, web_desk: PeopleDesk) -> Iterator[Callable[[], Browser]]:
    """Opens browsers at one application, over TLS."""
    app = create_app(house.runtime)
    with TestClient(app):
        yield lambda: Browser(TestClient(app, base_url="https://cangsu.test"))


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()


@pytest.fixture
def li_wei(web_desk: PeopleDesk) -> Person:
    """Somebody of the exporter, who may do everything."""
    return make_person(web_desk, EXPORTER, "Li Wei")


@pytest.fixture(scope="module")
def forgeable(module_browser: Callable[[], Browser], module_person: Person) -> Browser:
    browser = module_browser()
    assert browser.sign_in(module_person).status_code == 201
    return browser


@pytest.fixture(scope="module")
def module_house(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = template.build(tmp_path_factory.mktemp("forged"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def module_desk(module_house: House) -> PeopleDesk:
    return put_desk(module_house)


@pytest.fixture(scope="module")
def module_browser(module_house: House, module_desk: PeopleDesk) -> Iterator[Callable[[], Browser]]:
    app = create_app(module_house.runtime)
    with TestClient(app):
        yield lambda: Browser(TestClient(app, base_url="https://cangsu.test"))


@pytest.fixture(scope="module")
def module_person(module_desk: PeopleDesk) -> Person:
    return make_person(module_desk, EXPORTER, "Li Wei")


PROVIDERS = """
[acme]
issuer = "{acme}"
client_id = "{client_id}"
client_secret_file = "acme.secret"
party = {party}
amr = ["mfa", "otp"]

[rival]
issuer = "{rival}"
client_id = "{client_id}"
client_secret_file = "acme.secret"
party = {party}

[west-coast]
issuer = "{acme}"
client_id = "{client_id}"
client_secret_file = "acme.secret"
party = {west_coast}
"""


@pytest.fixture(scope="module")
def two_providers(module_desk: PeopleDesk) -> Iterator[dict[str, OpenProvider]]:
    """Two real ones, each on a port of its own."""
    with running(OpenProvider(module_desk.clock)) as acme, running(OpenProvider(module_desk.clock)) as rival:
        yield {"acme": acme, "rival": rival}


@pytest.fixture(scope="module")
def providers_file(two_providers: dict[str, OpenProvider], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of both, and of one of them for another party."""
    folder = tmp_path_factory.mktemp("providers")
    (folder / "acme.secret").write_text(SECRET + "\n")
    issuers = {name: provider.issuer for name, provider in two_providers.items()}
    file = folder / "providers.toml"
    file.write_text(PROVIDERS.format(**issuers, client_id=CLIENT_ID, party=EXPORTER, west_coast=WEST_COAST))
    return file


@pytest.fixture(scope="module")
def provider_house(module_house: House, providers_file: Path) -> House:
    """The house with these settings."""
    runtime = module_house.runtime
    home = {"oidc_file": providers_file, "public_url": "https://cangsu.test/"}
    runtime.__dict__["settings"] = runtime.settings.model_copy(update=home)
    return module_house


@pytest.fixture
def provider(two_providers: dict[str, OpenProvider]) -> OpenProvider:
    """The first, which behaves."""
    for one in two_providers.values():
        one.does = Behaviour(sub=secrets.token_hex(8))
    return two_providers["acme"]


@pytest.fixture
def visitor(provider_house: House, provider: OpenProvider, module_browser: Callable[[], Browser]) -> Browser:
    """A browser at the application with these settings."""
    return module_browser()


@pytest.fixture
def linked(provider_house: House, module_desk: PeopleDesk, provider: OpenProvider) -> Person:
    """Somebody of the exporter whom the first provider knows."""
    person = make_person(module_desk, EXPORTER, f"Li {provider.does.sub}")
    link_to(provider_house, module_desk, "acme", person, provider.does.sub)
    return person
