"""Brings a database to the newest schema. Safe to repeat, and safe from several processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from service.store.database import writing

MIGRATION_LOCK = 0x63616E68


def alembic_config() -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> None:
    """Run every migration that the database has not seen."""
    config = alembic_config()
    with writing(engine, MIGRATION_LOCK) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
