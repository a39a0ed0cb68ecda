"""Houses: installations of their own, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.store.database import open_engine
from service.store.migrate import migrate
from tests.service.house import House, Template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def house(template: Template, tmp_path: Path) -> Iterator[House]:
    """On SQLite."""
    built = template.build(tmp_path / "house")
    yield built
    built.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest) -> Callable[[str], str] | None:
    """Makes databases on PostgreSQL; None means SQLite."""
    made: Callable[[str], str] | None = None
    if request.param == "postgresql":
        made = request.getfixturevalue("new_postgres")
    return made


@pytest.fixture
def any_house(new_database: Callable[[str], str] | None, template: Template, tmp_path: Path) -> Iterator[House]:
    """On each database."""
    built = template.build(tmp_path / "house", new_database)
    yield built
    built.close()


@pytest.fixture
def empty_engine(new_database: Callable[[str], str] | None, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind, without a chain."""
    engine = open_engine(new_database("template0") if new_database else f"sqlite:///{tmp_path / 'empty.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """The same with all tables."""
    migrate(empty_engine)
    return empty_engine
