"""A house whose log a bank watches, with everything in between as it runs: the application, Anvil, files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.client.kept_log import KeptLog, Pinned
from service.client.key import WitnessKey
from service.client.witness import Cosigned, Witness
from service.flow.checkpoints import add_witness
from service.store.witnesses import SqlWitnessStore
from tests.service.api.caller import Api, open_api
from tests.service.house import House
from tests.service.market import BANK, an_admission, an_opening
from verifier.chain import Node
from verifier.signed_note import VerifierKey

NAME = "witness.bank.example"
SECRET = bytes(range(32))


@dataclass
class Watch:
    """The bank's side: a folder, a key, and the service as it is now."""

    api: Api
    folder: Path
    key: WitnessKey = field(default_factory=lambda: WitnessKey(NAME, SECRET))

    def __post_init__(self) -> None:
        if not self.folder.exists():
            KeptLog.create(self.folder, Pinned("", self.log_key, NAME))

    @property
    def house(self) -> House:
        return self.api.house

    @property
    def log_key(self) -> VerifierKey:
        return self.house.runtime.note_key

    def open(self, **options: Any) -> Witness:
        """The witness as it comes up again: from its files."""
        http: httpx.Client = self.api.client
        http.headers.update(self.api.headers(BANK))
        return Witness(KeptLog.load(self.folder), self.key, Node(self.house.chain.url), http, **options)

    def round(self, **options: Any) -> Cosigned:
        return self.open(**options).round()

    def evidence(self) -> list[str]:
        return [path.read_text("utf-8") for path in sorted(self.folder.glob("evidence-*"))]


def watch(api: Api, folder: Path) -> Watch:
    """A registered witness."""
    made = Watch(api, folder)
    add_witness(SqlWitnessStore(api.house.runtime.engine), made.key.public)
    return made


@pytest.fixture
def watched(house: House, tmp_path: Path) -> Iterator[Watch]:
    """100 pieces on hand and on chain."""
    house.tell(an_admission(), *an_opening(100))
    house.settle()
    with open_api(house) as api:
        yield watch(api, tmp_path / "witness")
