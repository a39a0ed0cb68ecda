"""Where a party that keeps its own key keeps what it needs: the service, its API key, the log, and the key file."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.client.client import Client, domain_of
from service.client.key import LocalKey

_FILE = "profile.json"


class ProfileError(Exception):
    """There is no profile, or it cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who we are to which service. ``domain`` is the log's, as JSON; ``key_file`` lies beside the profile."""

    url: str
    party: int
    name: str
    api_key: str
    domain: dict[str, Any]
    key_file: str

    def save(self, folder: Path) -> None:
        """Write the profile, for its owner's eyes only: it holds the API key."""
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{_FILE}.new"
        new.unlink(missing_ok=True)
        members = {name: getattr(self, name) for name in self.__slots__}
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(members, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> "Profile":
        """The profile in a folder. Raises ProfileError."""
        try:
            return cls(**json.loads((folder / _FILE).read_bytes()))
        except FileNotFoundError as error:
            raise ProfileError(f"there is no profile in {folder}: run `cangsu join` first") from error
        except (ValueError, TypeError) as error:
            raise ProfileError(f"{folder / _FILE} is not a profile") from error

    def open(self, folder: Path, passphrase: str) -> Client:
        """A client that signs with the profile's key. Raises KeyFileError."""
        key = LocalKey.load(folder / self.key_file, passphrase)
        return Client(self.url, self.api_key, key, domain=domain_of(self.domain))
