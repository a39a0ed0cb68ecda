"""Amounts split over parts: exact in sum, in proportion, within what each can take."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.shares import Worth, split, weights

BY = st.lists(st.fractions(min_value=0, max_value=10**9, max_denominator=5000), min_size=1, max_size=12)
AMOUNTS = st.integers(-(2**53) + 1, 2**53 - 1)


@given(AMOUNTS, BY)
def test_shares_sum_to_the_amount(amount: int, by: list[Fraction]) -> None:
    assert sum(split(amount, by)) == amount


@given(AMOUNTS, BY)
def test_a_share_is_less_than_one_unit_from_its_proportion(amount: int, by: list[Fraction]) -> None:
    total = sum(by)
    exact = [amount * weight / total if total else Fraction(amount, len(by)) for weight in by]
    assert all(abs(share - value) < 1 for share, value in zip(split(amount, by), exact, strict=True))


@given(AMOUNTS, BY)
def test_no_share_has_the_other_sign(amount: int, by: list[Fraction]) -> None:
    assert all(share * amount >= 0 for share in split(amount, by))


@given(st.data(), BY)
def test_shares_stay_within_what_each_part_can_take(data: st.DataObject, by: list[Fraction]) -> None:
    most = data.draw(st.lists(st.integers(0, 10**6), min_size=len(by), max_size=len(by)))
    amount = data.draw(st.integers(0, sum(most)))
    shares = split(amount, by, most)
    assert sum(shares) == amount
    assert all(0 <= share <= limit for share, limit in zip(shares, most, strict=True))


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_a_whole_reversal_takes_back_just_what_was_given(given_shares: list[int]) -> None:
    assert split(sum(given_shares), [Fraction(share) for share in given_shares]) == given_shares


def test_what_fractions_leave_goes_to_the_largest_then_to_the_earlier() -> None:
    assert split(100, [Fraction(1), Fraction(1), Fraction(1)]) == [34, 33, 33]
    assert split(10, [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]) == [3, 5, 2]
    assert split(-100, [Fraction(1), Fraction(1), Fraction(1)]) == [-34, -33, -33]


def test_what_passes_a_limit_goes_to_the_earlier_of_the_others() -> None:
    assert split(9, [Fraction(1)] * 3, [1, 9, 9]) == [1, 5, 3]


def test_parts_that_cannot_take_the_amount_are_an_error() -> None:
    with pytest.raises(ValueError, match="cannot take 2 of 9"):
        split(9, [Fraction(1)] * 2, [3, 4])


def test_weights_are_the_declared_value_of_the_pieces() -> None:
    parts = [Worth(5, 1000, 800_000, "USD"), Worth(2, 500, 1_000_000, "USD")]
    assert weights(parts) == [4000, 4000]


@pytest.mark.parametrize(
    "other", [Worth(2, 500, None, "USD"), Worth(2, 500, 1_000_000, "EUR"), Worth(2, 500, 0, "USD")]
)
def test_without_comparable_values_pieces_count(other: Worth) -> None:
    assert weights([Worth(5, 1000, 800_000, "USD"), other]) == [5, 2]
