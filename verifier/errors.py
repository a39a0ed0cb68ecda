"""The errors of the verifier.

VerificationError > MalformedError
                  > InvalidError > HolderError, RevokedError, SupersededError, WithdrawnError
                  > UnavailableError > SuspendedError, UnlistedError
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class VerificationError(Exception):
    """A check that did not pass. ``variant`` names a headline of its own for a step that ends so; ``facts`` fill it."""

    variant: ClassVar[str] = ""
    facts: Mapping[str, int | str] = MappingProxyType({})


class MalformedError(VerificationError):
    """The bytes do not have the shape that docs/formats.md asks for."""


class InvalidError(VerificationError):
    """The bytes have the right shape and say something that is not so."""


class HolderError(InvalidError):
    """The credential may be genuine, but its holder did not present it, or not like this."""

    variant = "holder"


class RevokedError(InvalidError):
    """The claim was taken back."""

    variant = "revoked"


class SupersededError(InvalidError):
    """A later version of the claim has taken this one's place."""

    variant = "superseded"

    def __init__(self, version: int, newest: int) -> None:
        super().__init__(f"superseded: this is version {version}, the chain has version {newest}")
        self.facts = {"version": version, "newest": newest}


class WithdrawnError(InvalidError):
    """The issuer's status list calls the credential invalid."""

    variant = "withdrawn"


class UnavailableError(VerificationError):
    """A check could not be made: something outside the file is missing. Never to be read as a forgery."""


class SuspendedError(UnavailableError):
    """The issuer's status list calls the credential suspended: it may stand again."""

    variant = "suspended"


class UnlistedError(UnavailableError):
    """No status list that counts says anything."""

    variant = "unlisted"
