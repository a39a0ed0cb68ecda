"""An issuer's key for tests, as the press wants it."""

from cryptography.hazmat.primitives.asymmetric import ec

from tests.verifier.credential_factory import sign_es256
from verifier.es256 import Jwk


class AnIssuer:
    """A P-256 key of its own."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def sign_es256(self, message: bytes) -> bytes:
        return sign_es256(self.key, message)

    def jwk(self) -> dict[str, str]:
        return Jwk.from_key(self.key.public_key()).to_json()
