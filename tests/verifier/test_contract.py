"""The pinned code and the frozen storage layout are those of the contract that the service ships."""

import json
from typing import Any

import pytest

from scripts.contract_template import ARTIFACTS, is_up_to_date, to_template
from tests.verifier.credential_factory import CredentialFactory
from tests.verifier.world import ARTIFACT, World
from verifier.contract import (
    HISTORIES_SLOT,
    IMMUTABLES,
    REGISTRY_IMMUTABLES,
    TREE_ROOT_SLOT,
    TREE_SIZE_SLOT,
    expected_code,
    expected_registry_code,
    load_template,
    registry_address,
)


@pytest.fixture(scope="module")
def artifact() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ARTIFACT.read_text())
    return loaded


@pytest.fixture(scope="module")
def registry_artifact() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ARTIFACTS / "ClaimRegistry.json").read_text())
    return loaded


def test_the_templates_are_what_the_contracts_compile_to(
    artifact: dict[str, Any], registry_artifact: dict[str, Any]
) -> None:
    assert is_up_to_date(artifact), "run scripts/contract_template.py"
    assert is_up_to_date(registry_artifact), "run scripts/contract_template.py"


def test_the_storage_layout_is_the_compilers(artifact: dict[str, Any]) -> None:
    """``Tree.Frontier`` is 48 peaks, the size and the root, so its last two slots follow the peaks."""
    slot_by_name = {entry["name"]: entry["slot"] for entry in artifact["storage"]}
    assert (slot_by_name["_tree"] + 48, slot_by_name["_tree"] + 49) == (TREE_SIZE_SLOT, TREE_ROOT_SLOT)
    assert slot_by_name["_histories"] == HISTORIES_SLOT


def test_the_filled_code_is_what_the_chain_runs(factory: CredentialFactory, world: World) -> None:
    assert factory.node.code(world.domain.contract, "latest") == expected_code(world.domain)


def test_the_ledger_has_deployed_the_registry_with_the_filled_code(factory: CredentialFactory, world: World) -> None:
    assert factory.node.code(registry_address(world.domain), "latest") == expected_registry_code(world.domain)


@pytest.mark.parametrize(
    ("file", "immutables"), [("contract.json", IMMUTABLES), ("claim_registry.json", REGISTRY_IMMUTABLES)]
)
def test_every_immutable_has_a_place(file: str, immutables: tuple[str, ...]) -> None:
    template = load_template(file)
    assert set(template.places) == set(immutables)
    for starts in template.places.values():
        assert starts
        assert all(template.code[start : start + 32] == bytes(32) for start in starts)


def test_a_contract_with_other_immutables_is_not_pinned(artifact: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        to_template(artifact | {"immutables": artifact["immutables"] | {"owner": [1]}})
