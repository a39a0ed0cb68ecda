"""Houses: installations of their own, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
def any_house(
    request: pytest.FixtureRequest, template: Template, tmp_path: Path
) -> Iterator[House]:
    """On each database."""
    new_postgres: Callable[[str], str] | None = None
    if request.param == "postgresql":
        new_postgres = request.getfixturevalue("new_postgres")
    built = template.build(tmp_path / "house", new_postgres)
    yield built
    built.close()
