"""Speaks to the service over HTTP as each of the demo's parties."""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

from scripts.demo_events import REGISTRAR, Event, Step

MAX_ARRAY = 5_000


class ApiKeys:
    """The parties' API keys, kept in a file that only the owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.by_party: dict[int, str] = {}
        if path.exists():
            self.by_party = {int(party): key for party, key in json.loads(path.read_text()).items()}

    def save(self, keys: dict[int, str]) -> None:
        """Keep keys that were just issued."""
        self.by_party = keys
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(keys, file)


class RefusedError(RuntimeError):
    """The service refused a request; ``problem`` is what it said."""

    def __init__(self, path: str, problem: dict[str, Any]) -> None:
        super().__init__(f"{path}: {problem}")
        self.problem = problem


class Client:
    """One connection to the service; each call is made as a party."""

    def __init__(self, url: str, keys: ApiKeys) -> None:
        self._http = httpx.Client(base_url=url, timeout=120)
        self._keys = keys

    def post_events(self, party: int, events: list[Event]) -> list[dict[str, Any]]:
        """Post an array; the result of each event."""
        answer = self._http.post("/v1/events", json=events, headers=self._headers(party))
        answer.raise_for_status()
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def get(self, party: int, path: str, **parameters: Any) -> Any:
        """A JSON document."""
        answer = self._http.get(path, params=parameters, headers=self._headers(party))
        answer.raise_for_status()
        return answer.json()

    def get_text(self, party: int, path: str) -> str:
        """A text document."""
        answer = self._http.get(path, headers=self._headers(party))
        answer.raise_for_status()
        return answer.text

    def post(self, party: int, path: str, body: dict[str, Any]) -> Any:
        """Post a document; the answer's JSON. Raises RefusedError."""
        answer = self._http.post(path, json=body, headers=self._headers(party))
        if answer.is_error:
            raise RefusedError(path, answer.json())
        return answer.json()

    def certify(self, party: int, credential: str) -> bytes:
        """The certificate of a credential, as PDF."""
        answer = self._http.post("/v1/certificates", content=credential, headers=self._headers(party))
        answer.raise_for_status()
        return answer.content

    def stations(self) -> dict[str, Any]:
        """How much lies at each station of the way, as the administrator is told."""
        found: dict[str, Any] = self._http.get("/readyz", headers=self._headers(REGISTRAR)).json()
        return found

    def _headers(self, party: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys.by_party[party]}"}


def in_posts(steps: Iterable[Step]) -> Iterator[tuple[int, list[Event]]]:
    """Steps as requests: runs of one sender, cut at 5,000 events."""
    for party, run in groupby(steps, key=lambda step: step[0]):
        events = [event for _, event in run]
        for start in range(0, len(events), MAX_ARRAY):
            yield party, events[start : start + MAX_ARRAY]
