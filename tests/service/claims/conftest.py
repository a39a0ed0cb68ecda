"""The worked example on chain once, and claims on it through the API."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

import pytest

from scripts.demo_events import admissions
from scripts.story import story
from tests.service.api.caller import Api, open_api
from tests.service.house import House, Template
from tests.service.market import an_admission, an_opening, line_key

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
