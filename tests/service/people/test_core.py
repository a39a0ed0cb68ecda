"""The pure rules: which passwords are taken, which codes count, how long one waits, what names are."""

import pyotp
import pytest

from service.core.one_time import (
    STEP_SECONDS,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_hash,
    secret_text,
)
from service.core.passwords import Hasher, PasswordRefusedError, check_password
from service.core.people import handle_of_name, read_handle, read_user
from service.core.throttle import FORGET_SECONDS, FREE_FOR_ACCOUNT, MOST_SECONDS, Tries, charge, seconds_to_wait
from tests.service.people.person import QUICK

WORDS = ("li.wei", "Li Wei", "Exporter")


@pytest.mark.parametrize(
    "password", ["nine lorries to Ningbo", "十二个汉字的口令也是可以的哟", "aB3$ xyzzy plugh", "x" * 4 + "abcdefgh"]
)
def test_any_characters_make_a_password(password: str) -> None:
    check_password(password, WORDS)


@pytest.mark.parametrize(
    "password",
    ["elevenchars", "x" * 201, "password1234", "PassWord1234", "111111111111", "ababababababab", "li.wei.li.wei",
     "Exporter2026", "cangsu123456", "Li Wei 1990!", "ｐａｓｓｗｏｒｄ１２３４"],
)  # fmt: skip
def test_what_everybody_tries_first_is_no_password(password: str) -> None:
    with pytest.raises(PasswordRefusedError) as refused:
        check_password(password, WORDS)
    assert password not in str(refused.value)


def test_hashes_are_argon2id_with_parameters_of_rfc_9106() -> None:
    hasher = Hasher()
    made = hasher.hash("nine lorries to Ningbo")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert made != hasher.hash("nine lorries to Ningbo")
    assert (hasher.is_right(made, "nine lorries to Ningbo"), hasher.is_right(made, "nine lorries")) == (True, False)
    assert (hasher.is_outdated(made), hasher.is_outdated(QUICK.hash("x"))) == (False, True)


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert QUICK.is_right(QUICK.hash("caf\u00e9 in the harbour"), "cafe\u0301 in the harbour")


@pytest.mark.parametrize("wrong", [None, "", "no hash"])
def test_behind_no_hash_is_no_password(wrong: str | None) -> None:
    assert not QUICK.is_right(wrong, "nine lorries to Ningbo")


@pytest.mark.parametrize(("drift", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(drift: int, is_taken: bool) -> None:
    secret, now = new_secret(), 1_780_000_000
    code = pyotp.TOTP(secret_text(secret)).at(now + drift * STEP_SECONDS)
    step = matching_step(secret, code, now, 0)
    assert step == (now // STEP_SECONDS + drift if is_taken else None)


@pytest.mark.parametrize(
    ("time", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(time: int, code: str) -> None:
    """Appendix B, SHA-1, the last six digits."""
    assert matching_step(b"12345678901234567890", code, time, 0) == time // STEP_SECONDS


def test_a_code_counts_only_after_the_newest_that_was_taken() -> None:
    secret, now = new_secret(), 1_780_000_000
    code, step = pyotp.TOTP(secret_text(secret)).at(now), now // STEP_SECONDS
    assert [matching_step(secret, code, now, after) for after in (step - 1, step, step + 1)] == [step, None, None]


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６", "1234567"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(new_secret(), code, 1_780_000_000, 0) is None


def test_recovery_codes_are_ten_different_ones_and_read_as_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    assert recovery_hash(codes[0]) == recovery_hash(codes[0].upper().replace("-", " "))


def test_a_few_tries_are_free_and_each_further_one_doubles_the_wait() -> None:
    tries, waits = Tries(), []
    for _ in range(FREE_FOR_ACCOUNT + 12):
        tries = charge(tries, FREE_FOR_ACCOUNT, 1000)
        waits.append(seconds_to_wait(tries, 1000))
    assert waits == [0] * FREE_FOR_ACCOUNT + [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, MOST_SECONDS, MOST_SECONDS]


def test_tries_of_yesterday_are_forgotten() -> None:
    tries = Tries(50, 1000, 1900)
    assert charge(tries, FREE_FOR_ACCOUNT, 1000 + FORGET_SECONDS + 1).count == 1
    assert charge(tries, FREE_FOR_ACCOUNT, 1000 + FORGET_SECONDS).count == 51


@pytest.mark.parametrize(
    ("text", "read"),
    [("li.wei@7", (7, "li.wei")), (" LI.WEI@7 ", (7, "li.wei")), ("李伟@7", (7, "李伟")), ("li@wei@7", (7, "li@wei")),
     ("li.wei", None), ("@7", None), ("li.wei@07", None), ("li.wei@x", None), ("x" * 41 + "@7", None)],
)  # fmt: skip
def test_a_user_signs_in_as_handle_and_party(text: str, read: tuple[int, str] | None) -> None:
    assert read_user(text) == read


@pytest.mark.parametrize(
    ("name", "handle"), [("Li Wei", "li.wei"), ("李 伟", "李.伟"), ("J. O'Neill-Ng", "j.o.neill.ng")]
)
def test_a_handle_follows_from_a_name(name: str, handle: str) -> None:
    assert handle_of_name(name) == handle == read_handle(handle)


@pytest.mark.parametrize("text", ["", ".", "a b", "a@b", "-a", "x" * 41])
def test_what_is_no_handle(text: str) -> None:
    assert read_handle(text) is None
