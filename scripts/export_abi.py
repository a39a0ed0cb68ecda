"""Writes what the service needs of the contracts (ABI, bytecode, immutables, storage slots) to service/chain/abi.

The service ships these files, so that it needs no compiler, and the verifier the code that it pins, which is written
along with them. Settings come from brownie-config.yaml, and the compiler gets the input that brownie gives it, so that
both make the same bytecode: via IR, even the set of sources could matter.

    export_abi.py            compile and write
    export_abi.py --check    compile and fail if the files say something else
    export_abi.py --brownie  fail if brownie's build holds other bytecode than the files; compiles nothing
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.contract_template import TARGETS, is_up_to_date, write_contract_templates

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "service" / "chain" / "abi"
BROWNIE_BUILD = ROOT / "build" / "contracts"
Json = dict[str, Any]


class ExportError(Exception):
    """The contracts do not compile, or the files are not what they compile to."""


def read_settings() -> Json:
    compiler = yaml.safe_load((ROOT / "brownie-config.yaml").read_text("utf-8"))["compiler"]
    return {
        "version": compiler["solc"]["version"],
        "evmVersion": compiler["evm_version"],
        "optimizer": compiler["solc"]["optimizer"],
        "viaIR": compiler["solc"]["viaIR"],
        "remappings": compiler["solc"]["remappings"],
    }


def compile_all(settings: Json) -> Json:
    paths = sorted((ROOT / "contracts").rglob("*.sol"))
    outputs = ["abi", "storageLayout", "evm.bytecode.object", "evm.deployedBytecode"]
    standard_input = {
        "language": "Solidity",
        "sources": {path.relative_to(ROOT).as_posix(): {"content": path.read_text("utf-8")} for path in paths},
        "settings": {
            **{name: value for name, value in settings.items() if name != "version"},
            "outputSelection": {"*": {"*": outputs, "": ["ast"]}},
        },
    }
    finished = subprocess.run(
        [ROOT / "scripts" / "solc", "--standard-json"],
        input=json.dumps(standard_input).encode(),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    output: Json = json.loads(finished.stdout)
    errors = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
    if errors:
        raise ExportError("\n".join(errors))
    return output


def find_nodes(node: Any, kind: str) -> Iterator[Json]:
    """Every node of a kind in a syntax tree."""
    if isinstance(node, dict):
        if node.get("nodeType") == kind:
            yield node
        for value in node.values():
            yield from find_nodes(value, kind)
    elif isinstance(node, list):
        for value in node:
            yield from find_nodes(value, kind)


def to_artifacts(output: Json, settings: Json) -> dict[str, str]:
    """The text of each file, by file name: one for every contract of ours that can be deployed."""
    sources = output["sources"]
    immutables = {
        str(node["id"]): node["name"]
        for source in sources.values()
        for node in find_nodes(source["ast"], "VariableDeclaration")
        if node["mutability"] == "immutable"
    }
    texts = {}
    for path, source in sources.items():
        for definition in find_nodes(source["ast"], "ContractDefinition"):
            is_deployable = definition["contractKind"] == "contract" and not definition["abstract"]
            if path.startswith("contracts/") and is_deployable:
                name = definition["name"]
                artifact = to_artifact(name, output["contracts"][path][name], immutables, settings)
                texts[f"{name}.json"] = to_text(artifact)
    return texts


def to_artifact(name: str, compiled: Json, immutables: dict[str, str], settings: Json) -> Json:
    deployed = compiled["evm"]["deployedBytecode"]
    layout = compiled["storageLayout"]
    return {
        "contractName": name,
        "compiler": settings,
        "abi": compiled["abi"],
        # Where the constructor puts the immutables: zeros in deployedBytecode, values in the code on chain.
        "immutables": {
            immutables[identifier]: sorted(place["start"] for place in places)
            for identifier, places in sorted(deployed["immutableReferences"].items(), key=lambda item: int(item[0]))
        },
        "storage": [
            {"name": entry["label"], "slot": int(entry["slot"]), "type": layout["types"][entry["type"]]["label"]}
            for entry in layout["storage"]
        ],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
    }


def to_text(artifact: Json) -> str:
    """JSON with one line for each member, and for each entry of a list, so that a diff shows what changed."""
    members = []
    for name, value in artifact.items():
        if isinstance(value, list) and value:
            entries = ",\n".join("    " + json.dumps(entry) for entry in value)
            members.append(f"  {json.dumps(name)}: [\n{entries}\n  ]")
        else:
            members.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def read_files() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(TARGET.glob("*.json"))}


def write(texts: dict[str, str]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for gone in read_files().keys() - texts.keys():
        (TARGET / gone).unlink()
    for name, text in texts.items():
        (TARGET / name).write_text(text, "utf-8")
        size = len(json.loads(text)["deployedBytecode"]) // 2 - 1
        print(f"{(TARGET / name).relative_to(ROOT)}: {size} bytes of code")
    write_contract_templates({name: json.loads(texts[f"{name}.json"]) for name in TARGETS})


def check_files(texts: dict[str, str]) -> None:
    files = read_files()
    stale = sorted(name for name in files.keys() | texts.keys() if files.get(name) != texts.get(name))
    if stale:
        raise ExportError(f"not what the contracts compile to: {', '.join(stale)}; run `make contracts`")
    if not all(is_up_to_date(json.loads(texts[f"{name}.json"])) for name in TARGETS):
        raise ExportError("the verifier pins other code than the contracts compile to; run `make contracts`")


def check_brownie() -> None:
    for name, text in read_files().items():
        ours = json.loads(text)
        built = BROWNIE_BUILD / name
        theirs: Json = json.loads(built.read_text("utf-8")) if built.exists() else {}
        for member in ("bytecode", "deployedBytecode"):
            if ours[member] != "0x" + theirs.get(member, ""):
                raise ExportError(f"brownie's {member} of {name} is another one; run `make contracts`")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files are not up to date")
    parser.add_argument("--brownie", action="store_true", help="compare the files with brownie's build instead")
    arguments = parser.parse_args()
    try:
        if arguments.brownie:
            check_brownie()
            return 0
        settings = read_settings()
        texts = to_artifacts(compile_all(settings), settings)
        (check_files if arguments.check else write)(texts)
    except ExportError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
