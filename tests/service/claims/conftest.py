"""The worked example on chain once, and claims on it through the API."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby

import pytest

from scripts.demo_events import admissions
from scripts.story import story
from service.members import Party, register
from tests.service.api.caller import Api, open_api
from tests.service.house import House, Template
from tests.service.market import BANK, an_admission, an_opening, line_key
from verifier.kinds import Role

OTHER_BANK = 14
TOLD_AT = datetime(2026, 11, 1, tzinfo=UTC)


def tell_worked_example(house: House) -> None:
    """Every event of the worked example, accepted and on chain."""
    steps = [*admissions(), *story(line_key())]
    for party, run in groupby(steps, key=lambda step: step[0]):
        for answer in house.post(party, *(event for _, event in run), now=TOLD_AT):
            assert answer["status"] in ("accepted", "held"), answer
    house.settle()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """An installation that holds the worked example; each house begins as a copy of it."""
    return Template(tmp_path_factory.mktemp("told"), tell_worked_example)


@pytest.fixture
def worked(told: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API of an installation that holds the worked example, its worker and chain running."""
    house = told.build(tmp_path_factory.mktemp("worked"))
    with open_api(house) as opened, house.running():
        yield opened
    house.close()


@pytest.fixture
def api(house: House) -> Iterator[Api]:
    """100 pieces on hand at the usual site, nothing on chain yet."""
    house.tell(an_admission(), *an_opening(100))
    with open_api(house) as opened:
        yield opened


@contextmanager
def trading_in(house: House) -> Iterator[Api]:
    """The same, its events on chain, with a platform and two banks that the exporter has admitted."""
    house.tell(an_admission(), an_admission(BANK), *an_opening(100))
    with house.running():
        house.api_keys = house.api_keys | register(house.runtime, [Party(OTHER_BANK, "Other bank", Role.BANK)])
    house.settle()
    with open_api(house) as opened:
        yield opened


@pytest.fixture
def trading(house: House) -> Iterator[Api]:
    """Ready to trade, on SQLite."""
    with trading_in(house) as opened:
        yield opened


def wait_until_settled(api: Api) -> None:
    """Wait until all that was accepted is on chain; the worker runs by itself."""
    deadline = time.monotonic() + 60
    while not api.house.is_settled():
        assert time.monotonic() < deadline, api.house.counts()
        time.sleep(0.05)
