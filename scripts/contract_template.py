"""Writes the code that the verifier pins, from artifacts of service/chain/abi: verifier/contract.json for the ledger,
verifier/claim_registry.json for the claim registry.

The verifier ships the runtime code with blank immutables and where each immutable goes, and fills them from the anchor
that it is shown (verifier/contract.py).
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "service" / "chain" / "abi"
TARGETS = {
    "LotLedger": ROOT / "verifier" / "contract.json",
    "ClaimRegistry": ROOT / "verifier" / "claim_registry.json",
}
NAME_BY_IMMUTABLE = {"_logId": "log_id", "_cachedChainId": "chain_id", "_cachedSeparator": "domain_separator"}
NAMES_BY_CONTRACT = {"LotLedger": NAME_BY_IMMUTABLE, "ClaimRegistry": NAME_BY_IMMUTABLE | {"ledger": "ledger"}}


def to_template(artifact: dict[str, Any]) -> str:
    """The text of a template. ``artifact`` has ``deployedBytecode`` and ``immutables`` by their Solidity names."""
    immutables, names = artifact["immutables"], NAMES_BY_CONTRACT[artifact["contractName"]]
    if immutables.keys() != names.keys():
        raise ValueError(f"the verifier cannot fill the immutables {sorted(immutables)}")
    places = {names[name]: sorted(starts) for name, starts in immutables.items()}
    return json.dumps({"immutables": places, "code": artifact["deployedBytecode"]}, indent=2) + "\n"


def write_contract_templates(artifacts: Mapping[str, dict[str, Any]]) -> None:
    """Write both templates for compiled contracts, by their names."""
    for name, target in TARGETS.items():
        target.write_text(to_template(artifacts[name]), "utf-8")


def is_up_to_date(artifact: dict[str, Any]) -> bool:
    """Whether the template of a contract is what its artifact asks for."""
    target = TARGETS[artifact["contractName"]]
    return target.exists() and target.read_text("utf-8") == to_template(artifact)


if __name__ == "__main__":
    write_contract_templates({name: json.loads((ARTIFACTS / f"{name}.json").read_text("utf-8")) for name in TARGETS})
    sys.exit(0)
