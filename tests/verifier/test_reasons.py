"""Reasons in Chinese: every one that an honest reader can meet has its own; no report tells one in English only."""

import ast
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

import verifier
from tests.verifier.credential_factory import CredentialFactory, Issued
from verifier.chain import Node, NodeView
from verifier.errors import UnavailableError
from verifier.outage import CAUSES
from verifier.reason_texts import REASONS, is_translated, reason_text
from verifier.render import render
from verifier.view import NoView
from verifier.zones import in_zones

SOURCES = Path(verifier.__file__).parent
ALWAYS = {"UnavailableError", "UnlistedError", "SuspendedError", "RevokedError", "WithdrawnError", "HolderError"}
"""Errors that say nothing against the file, or that the chain or the holder has the say."""
WHOLE_FILES = {
    "chain",
    "checkpoint",
    "claim_follow",
    "claim_record",
    "credential",
    "signed_note",
    "state",
    "status_list",
}
WHOLE_FILES |= {"steps", "witnesses"}
"""Files of which every reason may meet an honest reader."""
DETAILS = {"not a signature line", "not base64", "not base64 of the length that is expected"}
"""Of a kept checkpoint that was damaged: for whoever looks into its bytes."""


def reasons() -> Iterator[str]:
    for path in sorted(SOURCES.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                name, arguments = node.exc.func.id, node.exc.args
                is_told = name in ALWAYS or (path.stem in WHOLE_FILES and name.endswith("Error"))
                reason = literal(arguments[0]) if is_told and arguments else None
                if reason is not None:
                    yield reason


def literal(node: ast.expr) -> str | None:
    """A literal, with 7 in its blanks; None for what only passes something on."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


@pytest.mark.parametrize("reason", sorted(set(reasons()) - DETAILS))
def test_a_reason_that_an_honest_reader_can_meet_is_told_in_chinese(reason: str) -> None:
    assert is_translated(reason)
    assert re.search("[\u4e00-\u9fff]", reason_text(reason, "zh"))
    assert reason_text(reason, "en") == reason


@pytest.mark.parametrize("why", sorted({words for _, words in CAUSES}))
def test_every_cause_of_an_outage_is_told_in_chinese(why: str) -> None:
    assert is_translated(why)


@pytest.mark.parametrize("template", REASONS)
def test_both_languages_have_the_same_blanks(template: str) -> None:
    blanks = [set(re.findall(r"{(\w+)}", words)) for words in (template, REASONS[template])]
    assert blanks[0] == blanks[1]


def test_a_reason_inside_a_reason_is_told_too() -> None:
    shown = reason_text("the status list is of no use: it expired at 2026-01-01T00:00:00Z", "zh")
    assert shown == "状态列表不可用：已于 2026-01-01 08:00:00 (UTC+8) · 2026-01-01 00:00:00 (UTC) 失效"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-01-01T20:00:00+00:00", "2026-01-02 04:00:00 (UTC+8) · 2026-01-01 20:00:00 (UTC)"),
        ("2026-01-01T08:00:00.5+08:00", "2026-01-01 08:00:00.500000 (UTC+8) · 2026-01-01 00:00:00.500000 (UTC)"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("2026-13-01T00:00:00Z", "2026-13-01T00:00:00Z"),
        ("2026-01-01", "2026-01-01"),
    ],
)
def test_a_time_is_told_in_beijing_time_and_utc(written: str, shown: str) -> None:
    assert (in_zones(written, "zh"), in_zones(written, "en")) == (shown, written)


def test_a_node_that_does_not_answer_is_named_by_its_place_alone(factory: CredentialFactory, small: Issued) -> None:
    report = factory.judge(small, NodeView(Node("http://127.0.0.1:1/secret")))
    assert report.deciding_step is not None
    expected = "the node at 127.0.0.1:1 does not answer eth_chainId: connection refused"
    assert report.deciding_step.reason == expected


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [(b"not json", 200, "the answer is not JSON"), (b"{}", 503, "HTTP status 503")],
)
def test_an_answer_that_is_none_is_told_in_words(body: bytes, status: int, expected: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(UnavailableError, match=expected):
            Node(f"http://127.0.0.1:{server.server_port}").chain_id()
        thread.join()


@pytest.mark.parametrize("data", [b"<html>", b"%PDF-1.7 half", "凭证".encode()])
def test_no_reason_stays_english(factory: CredentialFactory, story: Issued, data: bytes) -> None:
    for report in (factory.judge(story), factory.judge(story, NoView()), factory.judge(data)):
        in_brackets = [line for line in render(report, "zh").splitlines() if line.startswith("      （")]
        assert in_brackets
        assert all(re.search("[\u4e00-\u9fff]", line) for line in in_brackets)
