"""Why a node gave no answer, in words: the name of a Python error helps nobody who wonders whether it is up."""

import socket
import ssl
import urllib.error
from http.client import HTTPException

from verifier.errors import MalformedError

CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLError, "its TLS certificate does not hold"),
    (socket.gaierror, "no such host"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "the connection broke"),
    (HTTPException, "the connection broke"),
    (ValueError, "the answer is not JSON"),
    (MalformedError, "the answer is not JSON"),
)


def outage_text(error: Exception) -> str:
    """The reason behind an error of a call, as ``verifier.reason_texts`` has it."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    for known, words in CAUSES:
        if isinstance(cause, known):
            return words
    return "it cannot be reached"
