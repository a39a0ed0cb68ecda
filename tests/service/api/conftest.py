"""Two ways to an API: one of its own for each test, and one for all that only read."""

from collections.abc import Iterator

import pytest

from tests.service.api.caller import SALE, SHIP, Api, open_api
from tests.service.house import House, Template
from tests.service.market import SELF_RUN, an_admission, an_event, an_opening


@pytest.fixture
def api(house: House) -> Iterator[Api]:
    """100 pieces on hand at the usual site, nothing on chain yet."""
    house.tell(an_admission(), *an_opening(100))
    with open_api(house) as opened:
        yield opened


@pytest.fixture(scope="session")
def anchored(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Eight events of a lot on chain, one that is held. For tests that change nothing."""
    house = template.build(tmp_path_factory.mktemp("anchored"))
    house.tell(an_admission(), *an_opening(100), SHIP, SALE, an_event("COUNT"))
    house.settle()
    with open_api(house) as opened:
        held = an_event("RECEIVE", 5, line="223320260001234567-09", site=3) | {"event_id": "HELD-1"}
        assert opened.post(SELF_RUN, held).status_code == 202
        yield opened
    house.close()
