"""Keccak-256: the pure form is the fast one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.keccak import keccak256, keccak256_pure


def test_the_empty_string_has_the_hash_that_ethereum_knows() -> None:
    expected = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256_pure(b"").hex() == keccak256(b"").hex() == expected


@pytest.mark.parametrize("length", [1, 135, 136, 137, 271, 272, 273])
def test_both_forms_agree_around_the_block_length(length: int) -> None:
    assert keccak256_pure(bytes(length)) == keccak256(bytes(length))


@given(st.binary(max_size=400))
def test_both_forms_agree(data: bytes) -> None:
    assert keccak256_pure(data) == keccak256(data)


def test_the_extension_is_used_where_it_is_installed() -> None:
    pytest.importorskip("sha3")
    assert keccak256 is not keccak256_pure
