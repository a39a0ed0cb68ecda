"""Writes the code that the verifier pins: verifier/contract.json, from an artifact of service/chain/abi.

The verifier ships the runtime code with blank immutables and where each immutable goes, and fills them from the anchor
that it is shown (verifier/contract.py).
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTIFACT = ROOT / "service" / "chain" / "abi" / "LotLedger.json"
TARGET = ROOT / "verifier" / "contract.json"
NAME_BY_IMMUTABLE = {"logId": "log_id", "_cachedChainId": "chain_id", "_cachedSeparator": "domain_separator"}


def to_template(artifact: dict[str, Any]) -> str:
    """The text of contract.json. ``artifact`` has ``deployedBytecode`` and ``immutables`` by their Solidity names."""
    immutables = artifact["immutables"]
    if immutables.keys() != NAME_BY_IMMUTABLE.keys():
        raise ValueError(f"the verifier cannot fill the immutables {sorted(immutables)}")
    places = {NAME_BY_IMMUTABLE[name]: sorted(starts) for name, starts in immutables.items()}
    return json.dumps({"immutables": places, "code": artifact["deployedBytecode"]}, indent=2) + "\n"


def write_contract_template(artifact: dict[str, Any]) -> None:
    """Write verifier/contract.json for a compiled LotLedger."""
    TARGET.write_text(to_template(artifact), "utf-8")


def is_up_to_date(artifact: dict[str, Any]) -> bool:
    """Whether verifier/contract.json is what a compiled LotLedger asks for."""
    return TARGET.exists() and TARGET.read_text("utf-8") == to_template(artifact)


if __name__ == "__main__":
    write_contract_template(json.loads(ARTIFACT.read_text("utf-8")))
    sys.exit(0)
