"""The errors of the verifier: VerificationError > {MalformedError, InvalidError > HolderError, UnavailableError}."""


class VerificationError(Exception):
    """A check that did not pass."""


class MalformedError(VerificationError):
    """The bytes do not have the shape that docs/formats.md asks for."""


class InvalidError(VerificationError):
    """The bytes have the right shape and say something that is not so."""


class HolderError(InvalidError):
    """The credential may be genuine, but its holder did not present it, or not like this."""


class UnavailableError(VerificationError):
    """A check could not be made: something outside the file is missing. Never to be read as a forgery."""
