"""Passwords: which are taken (NIST SP 800-63B §3.1.1), and how they are kept (argon2id, RFC 9106).

Length decides, and no rule of composition: twelve characters or more, any characters. Refused are the few that everyone
tries first, and those that are little more than the person's own name or ours.
"""

import secrets
import threading
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH, MAX_LENGTH = 12, 200
_MIN_DIFFERENT, _MIN_OWN = 5, 8
_AT_ONCE = 2
"""Hashes that one process works on at once: each takes 64 MiB."""
_COMMON_WORDS = """
abc123abc123 abcd12345678 abcdefgh1234 abcdefghijkl abcdefghijklm administrator adminadminadmin asdfghjkl123
changeme1234 changemechangeme correcthorsebatterystaple football1234 iloveyou1234 iloveyouiloveyou letmeinletmein
letmein12345 passpasspass passwd123456 password1234 password12345 password123456 passwordpassword p@ssw0rd1234
p@ssword1234 princess1234 qazwsxedcrfv qazwsx123456 qwerty123456 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiop[]
qwertyuiopasdf qwertyuiopasdfghjkl superman1234 trustno1trustno1 welcome12345 welcome123456 woaini123456 woaini1314520
woaiwojia1314 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv 123456789012 1234567890123 12345678901234
123456789abc 1234567890qwe 0123456789ab 123123123123 123456123456 123qwe123qwe a12345678901 aa1234567890 q1w2e3r4t5y6
zaq12wsxcde3 zxcvbnm12345
"""
_COMMON = frozenset(_COMMON_WORDS.split())


class PasswordRefusedError(Exception):
    """A password that is not taken; the message says why, and never the password."""


def check_password(password: str, own_words: Iterable[str]) -> None:
    """Raise PasswordRefusedError unless this may be the password of a person with these names."""
    text = _plain(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise PasswordRefusedError(f"expected {MIN_LENGTH} to {MAX_LENGTH} characters")
    folded = text.casefold()
    if folded in _COMMON or len(set(folded)) < _MIN_DIFFERENT:
        raise PasswordRefusedError("this is one of the first that anybody would try")
    rest = folded
    for word in sorted({_plain(word).casefold() for word in own_words} | {"cangsu", "仓溯"}, key=len, reverse=True):
        if len(word) > 1:
            rest = rest.replace(word, "")
    if rest != folded and len(rest) < _MIN_OWN:
        raise PasswordRefusedError("this is little more than your name, your party's, or ours")


class Hasher:
    """Makes and checks hashes. A check costs the same whether or not there is a hash to check against."""

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65_536, lanes: int = 4) -> None:
        self._hasher = PasswordHasher(time_cost, memory_kib, lanes, type=Type.ID)
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """A hash with its parameters and a salt of its own."""
        with self._turn:
            return self._hasher.hash(_plain(password))

    def is_right(self, password_hash: str | None, password: str) -> bool:
        """Whether a password is the one behind a hash; behind none is none."""
        try:
            with self._turn:
                self._hasher.verify(password_hash or self._nobodys, _plain(password))
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(password_hash)


def _plain(text: str) -> str:
    """The same characters from every keyboard (SP 800-63B asks for NFKC or NFKD)."""
    return unicodedata.normalize("NFKC", text)
