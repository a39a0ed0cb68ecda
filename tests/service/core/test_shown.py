"""What came instead is shown in the words of JSON, and shortly."""

import pytest

from service.core.shown import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0.13, "0.13"),
        (7, "7"),
        ("x" * 1000, "x" * 40),
        (b"{ no JSON", "{ no JSON"),
        (b"\xff", "\ufffd"),
        ({"d": "a secret"}, "an object"),
        (["a secret"], "an array"),
    ],
)
def test_a_value_is_shown_without_the_words_of_python(value: object, text: str) -> None:
    assert shown(value) == text
