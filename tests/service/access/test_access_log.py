"""Who was shown what of an owner's data: entered before the answer, chained, anchored once a day, checked offline."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from service.api.intake import Intake
from service.cli import app
from service.flow.close_access_day import close_access_day
from service.members import issue_api_key
from service.store.access_log import SqlAccessStore
from service.store.database import writing
from tests.service.api.caller import LOT_PATH, SALE, SHIP, Api, open_api, problem_of
from tests.service.house import House
from tests.service.market import (
    BANK,
    CARRIER,
    EXPORTER,
    GATEWAY,
    ISSUER,
    PLATFORM,
    REGISTRAR,
    RIVAL,
    TAX,
    WEST_COAST,
    an_admission,
    an_event,
    an_opening,
)
from verifier.access_log import verify_file

pytestmark = pytest.mark.chain
ZERO = datetime(2026, 11, 25, 0, 0, 30, tzinfo=UTC)


@pytest.fixture
def read(house: House) -> Any:
    """A lot with a shipment and a sale, and nobody has read anything."""
    house.tell(an_admission(), an_admission(BANK), *an_opening(100), SHIP, SALE)
    with open_api(house) as opened:
        yield opened


def log_of(api: Api, party: int = EXPORTER, **asked: Any) -> dict[str, Any]:
    answer = api.get(party, "/v1/access-log", **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(api: Api) -> list[tuple[int, str, str]]:
    return [(entry["reader"], entry["kind"], entry["id"]) for entry in log_of(api)["entries"]]


def close(house: House, now: datetime = ZERO) -> None:
    close_access_day(SqlAccessStore(house.runtime.engine), house.runtime.captures, ISSUER, now)


def test_reads_of_another_partys_data_are_entered_for_its_owner(read: Api) -> None:
    path = f"/v1/events/{SHIP['event_id']}"
    for party, asked in (
        (BANK, LOT_PATH), (GATEWAY, "/v1/lots"), (TAX, f"{path}?party={WEST_COAST}"), (WEST_COAST, LOT_PATH),
        (BANK, "/v1/deadlines"), (TAX, "/v1/tax-rows?declaration_no=223320260001234567&item_no=1"),
    ):  # fmt: skip
        assert read.get(party, asked).status_code == 200, (party, asked)
    line = "223320260001234567-01-00"
    assert told(read) == [
        (BANK, "lot", line), (GATEWAY, "lots", ""), (TAX, "event", SHIP["event_id"]), (WEST_COAST, "lot", line),
        (BANK, "deadlines", ""), (TAX, "lot", line),
    ]  # fmt: skip
    first = log_of(read)["entries"][0]
    assert (first["credential"][:4], first["verb"], first["owner"]) == ("key:", "lots:read", EXPORTER)


def test_what_one_reads_of_oneself_and_what_is_refused_is_not_entered(read: Api) -> None:
    assert read.get(EXPORTER, LOT_PATH).status_code == 200
    assert read.get(PLATFORM, f"/v1/events/{SALE['event_id']}").status_code == 200
    problem_of(read.get(RIVAL, LOT_PATH), 404)
    problem_of(read.get(CARRIER, f"/v1/events/{SHIP['event_id']}?party={WEST_COAST}"), 404)
    assert told(read) == []


def test_a_batch_is_entered_for_the_party_that_it_is_of(read: Api) -> None:
    read.house.settle()
    number = next(n for n in range(1, 9) if read.get(TAX, f"/v1/batches/{n}").json()["party"] == WEST_COAST)
    entries = log_of(read, WEST_COAST)["entries"]
    assert (entries[0]["reader"], entries[0]["kind"], entries[0]["id"]) == (TAX, "batch", str(number))


@pytest.mark.parametrize("party", [BANK, GATEWAY, TAX, RIVAL, WEST_COAST])
def test_nobody_reads_the_log_of_another(read: Api, party: int) -> None:
    for owner in (EXPORTER, 4_000_000):
        assert problem_of(read.get(party, "/v1/access-log", owner=owner), 404)["code"] == "NotFound"
    key = issue_api_key(read.house.runtime, REGISTRAR, "administrator")
    asked = read.client.get(f"/v1/access-log?owner={EXPORTER}", headers={"Authorization": f"Bearer {key}"})
    problem_of(asked, 404)


def test_pages_are_of_one_chain(read: Api) -> None:
    for _ in range(5):
        read.get(BANK, LOT_PATH)
    pages = [log_of(read, first=first, limit=2) for first in (0, 2, 4)]
    assert [len(page["entries"]) for page in pages] == [2, 2, 1]
    assert [verify_file(page).last for page in pages] == [2, 4, 5]
    assert verify_file(log_of(read)).is_whole


def test_an_answer_that_cannot_be_logged_is_not_given(read: Api) -> None:
    with writing(read.house.runtime.engine) as connection:
        connection.execute(text("ALTER TABLE access_entry RENAME TO access_entry_away"))
    answer = read.get(BANK, LOT_PATH)
    assert problem_of(answer, 503)["code"] == "StoreUnavailable"
    assert read.get(EXPORTER, LOT_PATH).status_code == 200


def test_many_readers_at_once_make_one_chain_each_entered_once(any_house: House) -> None:
    any_house.tell(an_admission(BANK), *an_opening(10))
    with open_api(any_house) as one, open_api(any_house) as other:
        apis = [one, other]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: apis[n % 2].get((BANK, TAX)[n % 3 > 0], LOT_PATH).status_code, range(60)))
        found = verify_file(log_of(one))
    assert answers == [200] * 60
    assert (found.last, found.is_whole) == (60, True)


def test_a_day_is_anchored_and_checked_without_the_service(read: Api, tmp_path: Path) -> None:
    for party in (BANK, TAX):
        read.get(party, LOT_PATH)
    close(read.house)
    assert log_of(read)["anchors"][0]["proof"] is None
    read.house.settle()
    read.get(BANK, LOT_PATH)
    log = log_of(read)
    found = verify_file(log)
    note = read.house.trails
    with note.trail() as trail:
        last = trail.last_segment()
    assert last is not None
    assert (found.last, found.anchored, found.is_whole) == (3, 2, True)
    assert (found.tree_heads[0].tree_size, found.tree_heads[0].root) == (last.first_leaf + last.count, last.root)
    file = tmp_path / "log.json"
    file.write_bytes(orjson.dumps(log))
    said = CliRunner().invoke(app, ["access-log", "verify", str(file)])
    assert (said.exit_code, "2 entries under a tree" in said.stdout) == (0, True)
    log["entries"][0]["reader"] = 9
    file.write_bytes(orjson.dumps(log))
    said = CliRunner().invoke(app, ["access-log", "verify", str(file)])
    assert (said.exit_code, said.stderr.startswith("invalid: ")) == (1, True)


def days(house: House) -> list[str]:
    with SqlAccessStore(house.runtime.engine).view() as log:
        return [day for day, *_ in log.days_of(EXPORTER, 0, 99)]


def test_closing_again_changes_nothing_and_a_quiet_day_needs_no_event(read: Api) -> None:
    close(read.house)
    assert days(read.house) == []
    read.get(BANK, LOT_PATH)
    accepted = read.house.counts()["accepted"]
    for _ in range(3):
        close(read.house)
    assert (days(read.house), read.house.counts()["accepted"]) == (["2026-11-24"], accepted + 1)
    close(read.house, ZERO.replace(day=27))
    assert (days(read.house), read.house.counts()["accepted"]) == (["2026-11-24"], accepted + 1)
    read.get(BANK, LOT_PATH)
    close(read.house, ZERO.replace(day=28))
    assert days(read.house) == ["2026-11-24", "2026-11-27"]


def test_days_of_beijing_end_at_16_utc(read: Api) -> None:
    read.get(BANK, LOT_PATH)
    close(read.house, datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC))
    close(read.house, datetime(2026, 11, 24, 16, 0, 0, tzinfo=UTC))
    assert days(read.house) == ["2026-11-23"]  # read once: the next day has nothing new
    read.get(BANK, LOT_PATH)
    close(read.house, datetime(2026, 11, 24, 16, 0, 1, tzinfo=UTC))
    assert days(read.house) == ["2026-11-23", "2026-11-24"]


class Crash(Exception):
    """The process ends here."""


@pytest.mark.parametrize("broken", ["before", "after"])
def test_a_crash_around_the_posting_loses_and_doubles_nothing(
    read: Api, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    from service.flow import close_access_day as module

    real = module.receive

    def crash(*arguments: Any) -> Any:
        if broken == "after":
            real(*arguments)
        raise Crash

    read.get(BANK, LOT_PATH)
    accepted = read.house.counts()["accepted"]
    monkeypatch.setattr(module, "receive", crash)
    with pytest.raises(Crash):
        close(read.house)
    monkeypatch.setattr(module, "receive", real)
    read.get(TAX, LOT_PATH)  # what is read meanwhile is of the next day
    for _ in range(2):
        close(read.house)
    assert (days(read.house), read.house.counts()["accepted"]) == (["2026-11-24"], accepted + 1)
    read.house.settle()
    assert verify_file(log_of(read)).anchored == 1


def test_two_workers_close_a_day_once(any_house: House) -> None:
    any_house.tell(an_admission(BANK), *an_opening(10))
    with open_api(any_house) as api:
        api.get(BANK, LOT_PATH)
        accepted = any_house.counts()["accepted"]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: close(any_house), range(4)))
    assert (days(any_house), any_house.counts()["accepted"]) == (["2026-11-24"], accepted + 1)


def test_reads_are_answered_while_events_are_captured(read: Api) -> None:
    """A capture holds SQLite's write lock; a read of foreign data waits for it and no longer."""
    intake: Intake = read.app.state.intake
    assert intake is not None
    stop = threading.Event()

    def post() -> None:
        while not stop.is_set():
            read.post(WEST_COAST, [an_event("COUNT") for _ in range(200)])

    poster = threading.Thread(target=post)
    poster.start()
    try:
        started = time.perf_counter()
        for _ in range(10):
            assert read.get(BANK, f"{LOT_PATH}?limit=0").status_code == 200
        assert (time.perf_counter() - started) / 10 < 2
    finally:
        stop.set()
        poster.join()
    assert len(told(read)) == 10
