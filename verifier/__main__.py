"""``python -m verifier FILE``: 0 valid, 1 invalid, 2 cannot tell. The README shows how it is used.

``python -m verifier disclose FILE …`` cuts a credential instead (``verifier.disclose``); a file that is named so is
``./disclose``.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from verifier import disclose
from verifier.chain import Node, NodeView
from verifier.checkpoint import Pin, parse_note
from verifier.command_line import Parser, bad_option, clean, language_of, no_file
from verifier.credential import MAX_BYTES
from verifier.errors import MalformedError, VerificationError
from verifier.policy import Policy
from verifier.render import render
from verifier.report import Answer, Report
from verifier.status_list import MAX_TOKEN_BYTES
from verifier.steps import verify
from verifier.texts import text
from verifier.view import ChainView, NoView
from verifier.witnesses import WitnessPolicy, judge_checkpoint

EXIT_BY_ANSWER = {Answer.VALID: 0, Answer.INVALID: 1, Answer.CANNOT_TELL: 2}
_MAX_CHECKPOINT_BYTES = 1 << 16
_DAY_SECONDS = 86_400


def main(arguments: list[str] | None = None) -> int:
    """Verify a file as the command line says and print the report; the exit code is the answer."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["disclose"]:
        return disclose.main(arguments[1:])
    options = _parse_arguments(arguments)
    try:
        policy, view = _policy(options), _view(options)
        report = verify(_read(options.file, MAX_BYTES), policy, view)
    except OSError as error:
        return _give_up(no_file(error, options.lang))
    except (VerificationError, ValueError) as error:  # an option or the kept checkpoint, never the credential
        return _give_up(bad_option(error, options.lang))
    except Exception as error:  # a fault of ours must not read as "invalid", which Python's own exit code 1 would
        return _give_up(text("internal", options.lang, error=type(error).__name__))
    try:
        _print(report, options)
    except BrokenPipeError:  # the reader has read enough; Python must not add an exit code of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_BY_ANSWER[report.answer]


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        language=language_of(arguments),
        prog="python -m verifier",
        description="Verify a Cangsu credential. Exit code 0: valid, 1: invalid, 2: cannot tell.",
        epilog="python -m verifier disclose FILE … cuts a credential for its next reader: see disclose -h.",
    )
    parser.add_argument(
        "file", metavar="FILE", help="the credential, or a certificate (PDF) that holds it; - reads standard input"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--rpc", metavar="URL", help="a node of the chain that you trust")
    source.add_argument(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        help="a checkpoint that you kept yourself, or have from anybody with --witnesses",
    )
    parser.add_argument(
        "--witnesses", metavar="FILE", type=Path, help="who must have cosigned the checkpoint: a C2SP tlog-policy"
    )
    parser.add_argument("--log", metavar="LOG", help="the log you mean: [HOST/]CHAIN-ID/CONTRACT/LOG-ID")
    parser.add_argument("--max-age", metavar="DAYS", type=int, help="how old the checkpoint may be")
    parser.add_argument("--audience", help="for whom the holder must have signed")
    parser.add_argument("--nonce", help="which nonce the holder must have signed")
    parser.add_argument("--status", metavar="FILE", type=Path, help="the issuer's status list, which you fetched")
    parser.add_argument("--json", action="store_true", help="print the machine form")
    return parser.parse_args(arguments)


def _policy(options: argparse.Namespace) -> Policy:
    return Policy(
        now=int(time.time()),
        log=None if options.log is None else Pin.from_text("".join(clean(options.log).split())),
        max_age_seconds=None if options.max_age is None else options.max_age * _DAY_SECONDS,
        audience=options.audience,
        nonce=options.nonce,
        status_list=None if options.status is None else _read(str(options.status), MAX_TOKEN_BYTES),
    )


def _view(options: argparse.Namespace) -> ChainView:
    if options.witnesses is not None and options.checkpoint is None:
        raise MalformedError("--witnesses judges a checkpoint: give one with --checkpoint")
    if options.rpc is not None:
        return NodeView(Node(options.rpc))
    if options.checkpoint is not None:
        checkpoint, signatures = parse_note(_read_text(options.checkpoint, "the kept checkpoint"))
        witnesses = None
        if options.witnesses is not None:
            witnesses = WitnessPolicy.from_text(_read_text(options.witnesses, "the witness policy"))
        return judge_checkpoint(checkpoint, signatures, witnesses)
    return NoView()


def _read_text(file: Path, what: str) -> str:
    try:
        return clean(_read(str(file), _MAX_CHECKPOINT_BYTES).decode())
    except UnicodeDecodeError as error:
        raise MalformedError(f"{what} is not UTF-8") from error


def _read(file: str, limit: int) -> bytes:
    """At most one byte more than the limit, so that a file that is too large is seen to be."""
    if file == "-":
        return sys.stdin.buffer.read(limit + 1)
    with Path(file).open("rb") as stream:
        return stream.read(limit + 1)


def _print(report: Report, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(report.to_json(), indent=2), flush=True)
        return
    sys.stdout.buffer.write(render(report, options.lang).encode())  # whatever encoding the terminal claims
    sys.stdout.buffer.flush()


def _give_up(reason: str) -> int:
    sys.stderr.write(reason + "\n")
    return EXIT_BY_ANSWER[Answer.CANNOT_TELL]


if __name__ == "__main__":
    sys.exit(main())
