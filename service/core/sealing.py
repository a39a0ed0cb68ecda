"""Seals an event: salts its groups, digests it, builds its record (docs/formats.md §1, §2).

This is the hot path, so the JSON is put together from pieces that orjson has escaped. A property test holds the result
equal to ``verifier.canonical``, byte for byte.
"""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256 as _sha256
from typing import Any

import orjson

from service.core.errors import RefusedError
from verifier.event import GROUPS, SCHEMA
from verifier.record import Word

SALT_BYTES = 16
SALTS_BYTES = SALT_BYTES * len(GROUPS)
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_EMPTY = [f'","{group}",{{}}]'.encode() for group in GROUPS]
_NAMED = [f'","{group}",'.encode() for group in GROUPS]
_SCHEMA = SCHEMA.encode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed event. ``body`` is RFC 8785 of the clear part with ``_sd``; ``disclosures`` are joined by ``~``."""

    record: bytes
    body: bytes
    disclosures: bytes


def _base64url(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


def _base64url_each(parts: list[bytes], padding: bytes, length: int) -> list[bytes]:
    """Base64url of several values at once. ``padding`` brings each to a multiple of 3 bytes, so that each takes whole
    characters; ``length`` is what one has of them without the padding's.
    """
    text = binascii.b2a_base64(padding.join(parts) + padding, newline=False).translate(_URL_SAFE)
    step = len(text) // len(parts)
    return [text[start : start + length] for start in range(0, len(text), step)]


def disclose(groups: Sequence[dict[str, Any] | None], salts: bytes) -> list[bytes]:
    """The six disclosures of an event. ``salts`` are 6 × 16 bytes; the same salts and groups give the same strings.

    Raises RefusedError for an integer beyond 2^53−1.
    """
    texts = _base64url_each([salts[i : i + SALT_BYTES] for i in range(0, SALTS_BYTES, SALT_BYTES)], b"\0\0", 22)
    disclosures = []
    for i, group in enumerate(groups):
        if group is None:
            payload = b'["' + texts[i] + _EMPTY[i]
        else:
            try:
                payload = b'["' + texts[i] + _NAMED[i] + orjson.dumps(group, option=_OPTIONS) + b"]"
            except orjson.JSONEncodeError as error:
                raise RefusedError("Malformed", "integers lie within 2^53-1", field=GROUPS[i]) from error
        disclosures.append(_base64url(payload))
    return disclosures


def salts_of(slots: Sequence[bytes]) -> bytes:
    """The six salts that disclosures begin with; zeros for one that was erased."""
    salts = []
    for disclosure in slots:
        if not disclosure:
            salts.append(bytes(SALT_BYTES))
            continue
        text = orjson.loads(binascii.a2b_base64(_padded(disclosure)))[0]
        salts.append(binascii.a2b_base64(_padded(text.encode())))
    return b"".join(salts)


def seal_event(
    *,
    event_id: str,
    kind: str,
    word: Word,
    event_time: str,
    target: int | None,
    groups: Sequence[dict[str, Any] | None],
    salts: bytes,
) -> Sealed:
    """Seal one event. ``target`` is the position of the named event in the lot's history, if the kind names one."""
    disclosures = disclose(groups, salts)
    digests = b'","'.join(_base64url_each([_sha256(item).digest() for item in disclosures], b"\0", 43))
    body = (
        b'{"_sd":["%b"],"event_id":%b,"event_time":"%b","kind":"%b","lot":"%016x","quantity":%d,"schema":"%b","site":%d%b}'
        % (
            digests,
            orjson.dumps(event_id),
            event_time.encode(),
            kind.encode(),
            word.lot,
            word.quantity,
            _SCHEMA,
            word.site,
            b"" if target is None else b',"target":%d' % target,
        )
    )
    return Sealed(word.to_bytes() + _sha256(body).digest(), body, b"~".join(disclosures))


def _padded(data: bytes) -> bytes:
    return data.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(data) % 4)
