"""The documents say what the code says: settings, error codes, endpoints, commands, kinds, links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.docs_kinds import TARGET, renew
from service.app import create_app
from service.cli import app as cli
from service.config import Settings
from service.runtime import Runtime

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")
API = (ROOT / "docs" / "api.md").read_text("utf-8")
VARIABLE = re.compile(r"CANGSU_[A-Z][A-Z_]*[A-Z]\b")
PLACE_OF_CODE = {
    "RefusedError": 0,
    "WaitingError": 0,
    "IssueError": 0,
    "NotCertifiableError": 0,
    "OwnBatchError": 0,
    "CheckpointError": 0,
    "ProblemError": 1,
    "problem": 1,
}
"""Which argument of these calls is the error code."""


def names(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def codes_in(source: Path) -> Iterator[str]:
    """The error codes that a file raises or answers with, where they are written out."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLACE_OF_CODE:
            place = PLACE_OF_CODE[node.func.id]
            code = node.args[place] if len(node.args) > place else None
            if isinstance(code, ast.Constant):
                yield code.value


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def links(document: Path) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8"))
    return [link for link in found if not link.startswith(("http://", "https://", "mailto:"))]


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_stands_in_the_readme_with_its_default(field):
    default = Settings.model_fields[field].default
    rows = re.findall(rf"^\| `CANGSU_{field.upper()}` \| (.*?) \|", README, re.MULTILINE)
    assert len(rows) == 1
    if isinstance(default, (int, float, Path)) or (isinstance(default, str) and default):
        assert rows == [f"`{default}`"]


def test_every_variable_that_is_read_stands_in_the_readme_and_the_other_way_round():
    sources = [*ROOT.glob("service/**/*.py"), *ROOT.glob("scripts/*"), ROOT / "Makefile", ROOT / "brownie-config.yaml"]
    read = {name for path in sources if path.is_file() for name in VARIABLE.findall(path.read_text("utf-8"))}
    read |= {f"CANGSU_{field.upper()}" for field in Settings.model_fields}
    assert set(VARIABLE.findall(README)) == read


def test_every_error_code_stands_in_the_table_and_the_other_way_round():
    used = {code for path in ROOT.glob("service/**/*.py") for code in codes_in(path)}
    table = API.partition("## Error codes")[2]
    documented = set(re.findall(r"^\| `([A-Za-z]+)` \|", table, re.MULTILINE))
    assert documented == used


def test_every_endpoint_has_a_section_and_the_other_way_round():
    schema = create_app(Runtime(Settings())).openapi()
    served = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    titles = re.findall(r"^## (GET|POST|PUT|DELETE) (.+)$", API, re.MULTILINE)
    documented = {f"{method} {path}" for method, paths in titles for path in paths.split(", ")}
    assert documented == served


def test_the_tables_of_kinds_are_those_of_the_code():
    document = TARGET.read_text("utf-8")
    assert document == renew(document), "run scripts/docs_kinds.py"


def test_every_sentence_that_a_test_cites_stands_in_the_specification_once():
    sentences = re.findall(r"^- \*\*S-(\d+)\*\*", (ROOT / "docs" / "specification.md").read_text("utf-8"), re.MULTILINE)
    assert len(sentences) == len(set(sentences))
    for test in ROOT.glob("tests/**/test_*.py"):
        cited = set(re.findall(r"\bS-(\d{2,3})\b", test.read_text("utf-8")))
        assert cited <= set(sentences), test.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links_resolve(document):
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_make_targets_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = document.read_text("utf-8")
    named = set(re.findall(r"`make ([a-z]+)", text)) | set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_commands_exist(document):
    commands = {command.name or command.callback.__name__ for command in cli.registered_commands}
    commands |= {group.name for group in cli.registered_groups}
    named = set(re.findall(r"(?:`|/bin/)cangsu ([a-z-]+)", document.read_text("utf-8")))
    assert named <= commands


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_files_that_are_named_exist(document):
    text = document.read_text("utf-8")
    top = "contracts|verifier|service|scripts|tests|docs|requirements"
    for path in re.findall(rf"`((?:{top})/[\w./-]*)", text):
        assert list(ROOT.glob(path)), path


def test_every_decision_stands_in_the_list():
    folder = ROOT / "docs" / "adr"
    assert set(links(folder / "README.md")) == {path.name for path in folder.glob("0*.md")}


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_documents_know_no_machine(document):
    found = re.search(r"/(?:home|root|Users|work|tmp)/|pypi\.org|npmjs\.", document.read_text("utf-8"))
    assert found is None
