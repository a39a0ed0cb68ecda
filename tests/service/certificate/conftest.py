"""A press with a key of its own."""

import pytest

from service.certificate.press import Press
from service.config import Settings
from tests.service.certificate.issuer import AnIssuer
from tests.service.certificate.reports import ISS, ISSUER


@pytest.fixture(scope="session")
def press() -> Press:
    return Press((ISS, ISSUER), AnIssuer(), f"{ISS}/verify", Settings().fonts)
