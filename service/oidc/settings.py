"""Reads which providers there are: one TOML file, a table for each."""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.core.oidc import Expected

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderSettingsError(Exception):
    """The file of providers cannot be used; the message says why, and shows no value."""


class ProviderSettings(BaseModel):
    """One provider, as it registered us. ``party`` is the one that everybody acts for whom it may sign in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(max_length=500)
    client_id: str = Field(min_length=1)
    client_secret_file: Path
    party: int = Field(ge=1)
    amr: frozenset[str] = frozenset()
    acr: frozenset[str] = frozenset()

    @property
    def expected(self) -> Expected:
        """What its id_tokens have to say."""
        return Expected(self.issuer, self.client_id, self.amr, self.acr)


def read_providers(path: Path) -> dict[str, ProviderSettings]:
    """The providers by name; a secret's file is sought beside the file itself. Raises ProviderSettingsError."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProviderSettingsError(f"{path} is no TOML file") from error
    return {name: _read(path, name, table) for name, table in tables.items()}


def is_safe_url(url: str, issuer: str) -> bool:
    """Whether secrets may go to a URL: by TLS, or to this machine if the issuer itself is on it."""
    try:
        to, of = urlsplit(url), urlsplit(issuer)
    except ValueError:
        return False
    if not to.hostname or to.username or to.password or to.fragment:
        return False
    is_local = to.hostname in _LOOPBACK and of.hostname in _LOOPBACK and of.scheme == "http"
    return to.scheme == "https" or (to.scheme == "http" and is_local)


def _read(path: Path, name: str, table: object) -> ProviderSettings:
    if not _NAME.fullmatch(name):
        raise ProviderSettingsError(f"{path}: expected a name of small letters, digits and dashes, got {name!r}")
    try:
        read = ProviderSettings.model_validate(table)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ProviderSettingsError(f"{path}, {name}: {'; '.join(faults)}") from None
    if not is_safe_url(read.issuer, read.issuer) or urlsplit(read.issuer).query:
        raise ProviderSettingsError(f"{path}, {name}: issuer: expected https://… without query")
    beside = path.parent / read.client_secret_file
    if not beside.is_file() or not beside.read_text("utf-8").strip():
        raise ProviderSettingsError(f"{path}, {name}: client_secret_file: no file with a secret in it")
    return read.model_copy(update={"client_secret_file": beside})
