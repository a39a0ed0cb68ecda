"""What a certificate says, as plain data: the sheet of its kind, and what every certificate carries besides.

A PDF is no verification. So none of the verifier's three answers is on it; it says how to get one. Yet only a
credential that our own verifier answers valid for gets a certificate.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from service.certificate.kind_words import kind_words
from service.certificate.sheets import make_sheet
from service.core.sheet import Words, line_text, party, said
from verifier.canonical import from_base64url, to_base64url
from verifier.record import lot_to_hex
from verifier.report import Attestation, Note, Report, Statement
from verifier.shapes import to_hex

_BEIJING = timezone(timedelta(hours=8))
_OF_ONE_READING = ("printed", "trusted.", "log", "audience")
"""Notes on how one reader verified, which say nothing to the reader of a printed page."""
_PRINTED = Words(
    "本页印刷内容本身：只有内附凭证可以核验，数据以核验程序所示为准",
    "this page itself: only the credential inside can be verified, and its figures count, not the printed ones",
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """All that a certificate is made of. ``data`` is what the template prints; ``issued_at`` dates the file."""

    credential: str
    data: dict[str, Any]
    verify_link: str
    issued_at: datetime
    iss: str
    party: int
    expires_at: datetime


def compose(credential: str, report: Report, statement: Statement, verify_url: str) -> Certificate:
    """The certificate of a credential, and of the report and statement that verifying it gave."""
    digest = credential_digest(credential)
    link = f"{verify_url}#{digest}"
    data = {
        "sheet": make_sheet(statement).to_json(),
        "attested": [_attestation(attestation) for attestation in report.attestations],
        "remarks": [_note("remark", note) for note in report.remarks],
        "not_checked": [
            _PRINTED.to_json(),
            *(_note("open", note) for note in report.not_checked if not note.code.startswith(_OF_ONE_READING)),
        ],
        "lots": _lots(statement),
        "checkpoint": _checkpoint(statement),
        "validity": _validity(statement),
        "issuer_key": _key_id(credential),
        "digest": digest,
        "verify_link": link,
        "verify_url": verify_url,
    }
    issued_at = datetime.fromtimestamp(statement.iat, UTC)
    expires_at = datetime.fromtimestamp(statement.exp, UTC)
    return Certificate(credential, data, link, issued_at, statement.iss, statement.issuer, expires_at)


def credential_digest(credential: str) -> str:
    """base64url(SHA-256(``header.payload``)): never the signature, of which ES256 has more than one."""
    signed = credential.split("~")[0].rsplit(".", 1)[0]
    return to_base64url(hashlib.sha256(signed.encode("ascii")).digest())


def _key_id(credential: str) -> str:
    """The thumbprint of the key that signed it, as the registry names it."""
    header = json.loads(from_base64url(credential.split(".")[0]))
    return str(header["kid"])


def _attestation(attestation: Attestation) -> dict[str, Any]:
    roles = [said(role) for role in attestation.roles] or [said("no_role")]
    kinds = [(kind_words(kind), number) for kind, number in attestation.count_by_kind.items()]
    custody = [said(custody.value) for custody in attestation.custody]
    what = Words(
        zh="，".join(f"{words.zh} {number:,}" for words, number in kinds) or "—",
        en=", ".join(f"{words.en} {number:,}" for words, number in kinds) or "—",
    )
    return {
        "party": party(attestation.party).to_json(),
        "roles": _joined(roles).to_json(),
        "kinds": what.to_json(),
        "custody": _joined(custody).to_json() if custody else said("nobody").to_json(),
    }


def _joined(words: list[Words]) -> Words:
    return Words(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))


def _note(prefix: str, note: Note) -> dict[str, str]:
    return said(f"{prefix}.{note.code}", **note.facts).to_json()


def _lots(statement: Statement) -> list[dict[str, str]]:
    lots = []
    for lot in statement.lots_by_line():
        line = statement.lines.get(lot)
        lots.append({"lot": lot_to_hex(lot), "line": "" if line is None else line_text(line)})
    return lots


def _checkpoint(statement: Statement) -> dict[str, str]:
    anchor = statement.anchor
    return {
        "log": anchor.domain.origin("")[1:],
        "block_number": f"{anchor.block_number:,}",
        "block_time": _in_both_zones(datetime.fromtimestamp(anchor.block_time, UTC)),
        "tree_size": f"{anchor.tree_size:,}",
        "root": to_hex(anchor.root),
        "event_time": _in_both_zones(statement.cutoff.event_at()),
        "record_time": _in_both_zones(statement.cutoff.record_at()),
    }


def _validity(statement: Statement) -> dict[str, Any]:
    return {
        "iss": statement.iss,
        "issuer": party(statement.issuer).to_json(),
        "issued": _beijing(statement.iat),
        "expires": _beijing(statement.exp),
    }


def _beijing(unix_seconds: int) -> str:
    """As clerks date: Beijing time, saying so."""
    return datetime.fromtimestamp(unix_seconds, _BEIJING).strftime("%Y-%m-%d %H:%M:%S (UTC+8)")


def _in_both_zones(time: datetime) -> str:
    """The time on a clerk's clock, and the one that the credential holds. Beijing has no summer time."""
    beijing, utc = (time.astimezone(zone).isoformat(" ")[: -len("+00:00")] for zone in (_BEIJING, UTC))
    return f"{beijing} (UTC+8) · {utc} (UTC)"
