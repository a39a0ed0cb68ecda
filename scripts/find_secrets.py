#!/usr/bin/env python3
"""Looks for secrets in every tracked file (detect-secrets), but for those finds that somebody has looked at.

    find_secrets.py [FILE ...]   names what is new in these files, or in all; exit status 1 if there is any
    find_secrets.py --accept     writes scripts/no_secrets.txt anew: look at each line that it gains

A digest of a find stands in that list, with its file and the detector that found it: a secret that is put beside an
example, or an example that is changed, is a new find.
"""

import subprocess
import sys
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts" / "no_secrets.txt"
OUT_OF_SIGHT = (
    "contracts/Kinds.sol",
    "package-lock.json",
    "service/chain/abi/",
    "tests/vectors/",
    "verifier/claim_registry.json",
    "verifier/contract.json",
)
"""Generated from scripts and contracts, which are looked through; or checksums from a registry."""
DETECTORS = [
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SlackDetector",
    "StripeDetector",
]
SETTINGS = {
    "plugins_used": [
        *({"name": name} for name in DETECTORS),
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
        {"name": "OwnKeyDetector", "path": f"file://{ROOT / 'scripts' / 'own_key_detector.py'}"},
    ],
    "filters_used": [
        {"path": "detect_secrets.filters.heuristic.is_indirect_reference"},
        {"path": "detect_secrets.filters.heuristic.is_likely_id_string"},
        {"path": "detect_secrets.filters.heuristic.is_not_alphanumeric_string"},
        {"path": "detect_secrets.filters.heuristic.is_potential_uuid"},
        {"path": "detect_secrets.filters.heuristic.is_sequential_string"},
        {"path": "detect_secrets.filters.heuristic.is_templated_secret"},
    ],
}


def tracked() -> list[str]:
    """Every file that git keeps, or would with the next `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if not name.startswith(OUT_OF_SIGHT) and (ROOT / name).is_file()]


def find(files: list[str]) -> dict[str, int]:
    """The finds, as the list has them, each with its line."""
    with transient_settings(SETTINGS):
        found = SecretsCollection(root=str(ROOT))
        found.scan_files(*[name for name in files if ROOT / name != LIST])
    return {f"{name} {one.secret_hash} {one.type}": one.line_number for name, one in found}


def main(arguments: list[str]) -> int:
    found = find([name for name in arguments if not name.startswith("--")] or tracked())
    if "--accept" in arguments:
        LIST.write_text("".join(f"{line}\n" for line in sorted(found)))
        return 0
    looked_at = set(LIST.read_text().splitlines())
    for line in sorted(found.keys() - looked_at):
        name, _, kind = line.split(" ", 2)
        print(f"{name}:{found[line]}: this looks like a secret ({kind})")
    if not found.keys() <= looked_at:
        print("if it is none: scripts/find_secrets.py --accept, and look at what the list gains")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
