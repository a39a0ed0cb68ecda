"""A lot and the book of the account that sold from it, for tests of collections."""

import pytest

from tests.verifier.claims.cases import BookOf, Lot


@pytest.fixture
def lot() -> Lot:
    """1,000 pieces on hand."""
    return Lot()


@pytest.fixture
def book() -> BookOf:
    """Account 1, with a fee of USD 10.00."""
    found = BookOf()
    found.fee(10_00)
    return found
