"""``python -m verifier disclose FILE``: cut a credential, so that the next reader sees less. Nothing is signed anew.

Who holds a credential may take out whole groups; what is left verifies as before. A figure that needs a group that was
cut becomes "cannot tell", never wrong. It cuts what it is given: a holder binds the result to a reader afterwards, so a
file that carries a key binding is refused, since that was signed over exactly this presentation.
"""

import argparse
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from verifier.command_line import Parser, bad_option, language_of, no_file
from verifier.credential import MAX_BYTES, parse_credential, place_disclosures
from verifier.errors import HolderError, MalformedError, VerificationError
from verifier.event import GROUPS, disclosure_digest, parse_disclosure
from verifier.kinds import CODE_BY_NAME, REVERSAL_SUFFIX
from verifier.texts import text

WRITTEN, REFUSED = 0, 2
"""Exit codes; 1 would mean "invalid", which this command does not judge."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which groups to take out of the events of some kinds (all without any); a reversal counts as its kind.

    ``only``: the groups that stay, or None; ``drop``: those that go. MalformedError for a name that nothing has.
    """

    only: frozenset[str] | None = None
    drop: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _check_names("group", (self.only or frozenset()) | self.drop, GROUPS)
        _check_names("kind", self.kinds, CODE_BY_NAME)

    def keeps(self, kind: str, group: str) -> bool:
        """Whether a group of an event of this kind stays."""
        if self.kinds and kind not in self.kinds and kind.removesuffix(REVERSAL_SUFFIX) not in self.kinds:
            return True
        return group not in self.drop and (self.only is None or group in self.only)


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential after a cut: ``kept`` of the ``shown`` groups are left."""

    text: str
    kept: int
    shown: int


def disclose(data: bytes, cut: Cut) -> Presented:
    """Cut a credential, or the one inside a certificate.

    Raises MalformedError or InvalidError for what is no credential or shows what was not sealed, HolderError for one
    that carries a key binding. Whether it is genuine is not judged here.
    """
    credential = parse_credential(data)
    if credential.sd_jwt.key_binding is not None:
        raise HolderError("its holder signed for this presentation; ask the holder for one that shows less")
    place_disclosures(credential)
    kind_by_digest = {
        digest: str(event.clear["kind"]) for event in credential.payload.events for digest in event.digests
    }
    disclosures = credential.sd_jwt.disclosures
    kept = [
        disclosure
        for disclosure in disclosures
        if cut.keeps(kind_by_digest[disclosure_digest(disclosure)], parse_disclosure(disclosure)[0])
    ]
    issuer_jwt = credential.sd_jwt.presented.split("~", 1)[0]
    return Presented("~".join((issuer_jwt, *kept, "")), len(kept), len(disclosures))


def main(arguments: list[str]) -> int:
    """Read, cut, write. 0: written; 2: refused, and nothing was written."""
    options = _parse_arguments(arguments)
    try:
        cut = Cut(_names(options.only), _names(options.drop) or frozenset(), _names(options.kinds) or frozenset())
        presented = disclose(_read(options.file), cut)
        _write(options.output, presented.text + "\n")
    except OSError as error:
        return _refuse(no_file(error, options.lang))
    except VerificationError as error:
        return _refuse(bad_option(error, options.lang))
    sys.stderr.write(text("disclosed", options.lang, kept=presented.kept, shown=presented.shown) + "\n")
    return WRITTEN


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        language=language_of(arguments),
        prog="python -m verifier disclose",
        description="Cut a credential, so that the next reader sees less. Exit code 0: written, 2: refused.",
    )
    parser.add_argument("file", metavar="FILE", help="the credential, or a certificate; - reads standard input")
    groups = parser.add_mutually_exclusive_group(required=True)
    groups.add_argument("--only", metavar="GROUP,…", help=f"groups that stay: {', '.join(GROUPS)}")
    groups.add_argument("--drop", metavar="GROUP,…", help="groups that go")
    parser.add_argument("--kinds", metavar="KIND,…", help="cut events of these kinds only, such as SALE,REFUND")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="where to; - is standard output")
    return parser.parse_args(arguments)


def _names(given: str | None) -> frozenset[str] | None:
    return None if given is None else frozenset(name.strip() for name in given.split(",") if name.strip())


def _check_names(what: str, names: Collection[str], known: Collection[str]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise MalformedError(f"there is no {what} {unknown[0][:40]!r}")


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(file).open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _write(file: str, content: str) -> None:
    if file == "-":
        sys.stdout.write(content)
        sys.stdout.flush()
        return
    Path(file).write_text(content, "ascii")


def _refuse(reason: str) -> int:
    sys.stderr.write(reason + "\n")
    return REFUSED
