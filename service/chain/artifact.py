"""The contract as the service ships it: ABI and bytecode. A test proves that they are what the sources compile to."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi import decode
from eth_utils import event_abi_to_log_topic, function_abi_to_4byte_selector

from service.core.chain import RegistryChange

_FOLDER = Path(__file__).parent / "abi"


@cache
def artifact() -> dict[str, Any]:
    """Of the log: members ``abi``, ``bytecode`` and ``deployedBytecode``."""
    loaded: dict[str, Any] = json.loads((_FOLDER / "LotLedger.json").read_text())
    return loaded


@cache
def claims_artifact() -> dict[str, Any]:
    """The same of the registry of claims, which the log deploys."""
    loaded: dict[str, Any] = json.loads((_FOLDER / "ClaimRegistry.json").read_text())
    return loaded


@cache
def _errors() -> dict[bytes, dict[str, Any]]:
    items = [*artifact()["abi"], *claims_artifact()["abi"]]
    return {function_abi_to_4byte_selector(item): item for item in items if item["type"] == "error"}


def explain_revert(data: bytes) -> str:
    """The contract's error behind revert data: its name with its fields, or the raw bytes if it is not one of ours."""
    error = _errors().get(data[:4])
    if error is None:
        return "0x" + data.hex()
    values = decode([item["type"] for item in error["inputs"]], data[4:])
    fields = ", ".join(f"{item['name']}={_shown(value)}" for item, value in zip(error["inputs"], values, strict=True))
    return f"{error['name']}({fields})"


@cache
def _changes() -> dict[str, dict[str, Any]]:
    names = ("PartySet", "KeyAdded", "KeyEnded", "SiteOpened")
    events = (item for item in artifact()["abi"] if item["type"] == "event" and item["name"] in names)
    return {"0x" + event_abi_to_log_topic(event).hex(): event for event in events}


def registry_change(log: dict[str, Any]) -> RegistryChange | None:
    """What the registrar changed, if this log says so; it follows the ``Recorded`` of its leaf."""
    event = _changes().get(log["topics"][0])
    if event is None:
        return None
    indexed = [item for item in event["inputs"] if item["indexed"]]
    plain = [item for item in event["inputs"] if not item["indexed"]]
    fields = {
        item["name"]: decode([item["type"]], bytes.fromhex(topic[2:]))[0]
        for item, topic in zip(indexed, log["topics"][1:], strict=True)
    }
    values = decode([item["type"] for item in plain], bytes.fromhex(log["data"][2:]))
    fields |= {item["name"]: value for item, value in zip(plain, values, strict=True)}
    return RegistryChange(event["name"], fields)


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
