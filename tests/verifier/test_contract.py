"""The pinned code and the frozen storage layout are those of the contract that the service ships."""

import json
from typing import Any

import pytest

from scripts.contract_template import is_up_to_date, to_template
from tests.verifier.credential_factory import CredentialFactory
from tests.verifier.world import ARTIFACT, World
from verifier.contract import HISTORIES_SLOT, IMMUTABLES, TREE_ROOT_SLOT, TREE_SIZE_SLOT, expected_code, load_template


@pytest.fixture(scope="module")
def artifact() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ARTIFACT.read_text())
    return loaded


def test_the_template_is_what_the_contract_compiles_to(artifact: dict[str, Any]) -> None:
    assert is_up_to_date(artifact), "run scripts/contract_template.py"


def test_the_storage_layout_is_the_compilers(artifact: dict[str, Any]) -> None:
    """``Tree.Frontier`` is 48 peaks, the size and the root, so its last two slots follow the peaks."""
    slot_by_name = {entry["name"]: entry["slot"] for entry in artifact["storage"]}
    assert (slot_by_name["_tree"] + 48, slot_by_name["_tree"] + 49) == (TREE_SIZE_SLOT, TREE_ROOT_SLOT)
    assert slot_by_name["_histories"] == HISTORIES_SLOT


def test_the_filled_code_is_what_the_chain_runs(factory: CredentialFactory, world: World) -> None:
    assert factory.node.code(world.domain.contract, "latest") == expected_code(world.domain)


def test_every_immutable_has_a_place() -> None:
    template = load_template()
    assert set(template.places) == set(IMMUTABLES)
    for starts in template.places.values():
        assert starts
        assert all(template.code[start : start + 32] == bytes(32) for start in starts)


def test_a_contract_with_other_immutables_is_not_pinned(artifact: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        to_template(artifact | {"immutables": artifact["immutables"] | {"owner": [1]}})
