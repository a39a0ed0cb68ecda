"""From nothing to the newest schema, and from every older one; what comes out is what the code expects."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, column, insert, inspect, table, text

from service.store.access_schema import metadata
from service.store.database import open_engine, reading, writing
from service.store.log_state import LogState, find_log_state, save_log_state
from service.store.migrate import alembic_config, migrate
from verifier.eip712 import Domain
from verifier.event import GROUPS, make_disclosure
from verifier.kinds import CODE_BY_NAME

LOG = LogState(Domain(31337, bytes(20), bytes(32)), 7)


def revisions() -> list[str]:
    """All of them, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def run(engine: Engine, act: Any, *arguments: Any) -> None:
    config: Config = alembic_config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        act(config, *arguments)


def differences(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_an_empty_database_gets_the_schema_of_the_code(empty_engine: Engine) -> None:
    migrate(empty_engine)
    assert differences(empty_engine) == []
    assert set(inspect(empty_engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    save_log_state(engine, LOG)
    migrate(engine)
    assert find_log_state(engine) == LOG


@pytest.mark.parametrize("revision", revisions())
def test_every_older_schema_comes_to_the_same_end(empty_engine: Engine, revision: str) -> None:
    run(empty_engine, command.upgrade, revision)
    migrate(empty_engine)
    assert differences(empty_engine) == []


def test_an_index_that_an_older_schema_already_had_is_not_in_the_way(empty_engine: Engine) -> None:
    run(empty_engine, command.upgrade, "0006")
    with writing(empty_engine) as connection:
        index = "CREATE INDEX event_tax_note ON event (lot, position) WHERE kind IN (68, 196)"
        connection.execute(text(index))
    migrate(empty_engine)
    assert differences(empty_engine) == []


def test_data_of_an_older_schema_stays(empty_engine: Engine) -> None:
    run(empty_engine, command.upgrade, "0001")
    with writing(empty_engine) as connection:
        connection.execute(text("INSERT INTO party VALUES (7, 'Exporter', 8)"))
        columns = "(id, chain_id, contract, log_id, first_block, scanned_block)"
        zeros = {"contract": bytes(20), "log_id": bytes(32)}
        connection.execute(text(f"INSERT INTO log_state {columns} VALUES (1, 31337, :contract, :log_id, 7, 6)"), zeros)
    migrate(empty_engine)
    assert find_log_state(empty_engine) == LOG
    with reading(empty_engine) as connection:
        assert connection.execute(text("SELECT name FROM party")).scalar_one() == "Exporter"


def a_told_event(kind: str, position: int, **groups: dict[str, Any]) -> dict[str, Any]:
    """A row of table event, as version 0002 kept it."""
    disclosures = "~".join(make_disclosure("AAAAAAAAAAAAAAAAAAAAAA", name, groups.get(name, {})) for name in GROUPS)
    return {
        "seq": position + 1, "id_key": bytes([position]) * 16, "lot": 5, "position": position, "party": 2,
        "kind": CODE_BY_NAME[kind], "site": 0, "quantity": 9, "event_time": 1, "received_at": 1,
        "body": b"{}", "disclosures": disclosures.encode(),
    }  # fmt: skip


def test_lots_of_an_older_schema_learn_what_their_events_said(empty_engine: Engine) -> None:
    run(empty_engine, command.upgrade, "0002")
    events = [
        a_told_event("DECLARE", 0, goods={"sku": "LAMP", "fob_minor": 800, "fob_currency": "USD"}),
        a_told_event("DEPART", 1, document={"export_date": "2026-03-01"}),
        a_told_event("DEPART", 2, document={"export_date": "2026-03-05"}),
        a_told_event("AMEND", 3, goods={"sku": "LAMP-B"}),
        a_told_event("RECEIVE", 4, goods={"sku": "WRONG"}),
    ]
    with writing(empty_engine) as connection:
        connection.execute(text("INSERT INTO lot (lot, owner, declared, length) VALUES (5, 7, 9, 5), (6, 7, 9, 0)"))
        connection.execute(insert(table("event", *map(column, events[0]))), events)
    migrate(empty_engine)
    with reading(empty_engine) as connection:
        query = "SELECT sku, export_date, fob_minor, fob_currency FROM lot ORDER BY lot"
        assert list(connection.execute(text(query))) == [("LAMP-B", "2026-03-01", 800, "USD"), (None,) * 4]


def test_the_way_back_leads_to_nothing(engine: Engine) -> None:
    run(engine, command.downgrade, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert differences(engine) == []


def test_processes_may_migrate_at_the_same_time(empty_engine: Engine) -> None:
    engines = [open_engine(empty_engine.url.render_as_string(hide_password=False)) for _ in range(4)]
    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(migrate, engines))
    for engine in engines:
        engine.dispose()
    assert differences(empty_engine) == []
