"""The command: exit codes, languages, standard input. 0 valid, 1 invalid, 2 cannot tell."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.verifier.credential_factory import CredentialFactory, Issued
from tests.verifier.world import World
from verifier import __main__ as command
from verifier.texts import LANGUAGES, TEXTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path, story: Issued) -> str:
    path = tmp_path / "credential.txt"
    path.write_text(story.text + "\n")
    return str(path)


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = command.main([*arguments])
    out, err = capfd.readouterr()
    return code, out, err


def test_a_valid_file_exits_with_0(capfd: pytest.CaptureFixture[str], world: World, file: str) -> None:
    log = world.domain.origin("cangsu.example")
    code, out, _ = run(capfd, file, "--rpc", world.url, "--log", log, "--lang", "en")
    assert (code, out.splitlines()[0][:5]) == (0, "VALID")
    assert "223320260001234567" in out


def test_a_changed_file_exits_with_1(capfd: pytest.CaptureFixture[str], world: World, file: str) -> None:
    data = bytearray(Path(file).read_bytes())
    data[300] ^= 1
    Path(file).write_bytes(data)
    code, out, _ = run(capfd, file, "--rpc", world.url, "--lang", "zh")
    assert (code, out.splitlines()[0]) == (1, "无效")


def test_without_a_chain_it_exits_with_2(capfd: pytest.CaptureFixture[str], file: str) -> None:
    code, out, _ = run(capfd, file, "--lang", "en")
    assert (code, out.splitlines()[0]) == (2, "CANNOT TELL")
    assert "NOT CONFIRMED" in out


def test_the_machine_form_is_json(capfd: pytest.CaptureFixture[str], world: World, file: str) -> None:
    code, out, _ = run(capfd, file, "--rpc", world.url, "--json", "--max-age", "1")
    assert (code, json.loads(out)["answer"]) == (0, "valid")


def test_a_kept_checkpoint_is_read(
    capfd: pytest.CaptureFixture[str], factory: CredentialFactory, story_lot: int, tmp_path: Path
) -> None:
    issued = factory.issue(story_lot, with_state_proof=True)
    (tmp_path / "c").write_text(issued.text)
    (tmp_path / "checkpoint").write_text(factory.checkpoint(issued.payload["anchor"]).note())
    code, _, _ = run(capfd, str(tmp_path / "c"), "--checkpoint", str(tmp_path / "checkpoint"))
    assert code == 0


def test_standard_input_is_read(
    monkeypatch: Any, capfd: pytest.CaptureFixture[str], world: World, story: Issued
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(story.data)))
    assert run(capfd, "-", "--rpc", world.url)[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.txt"],
        ["{file}", "--log", "nonsense"],
        ["{file}", "--rpc", "file:///etc/passwd"],
        ["{file}", "--checkpoint", "missing"],
        ["{file}", "--checkpoint", "{file}"],
    ],
)
def test_a_mistake_of_the_caller_is_no_verdict(
    capfd: pytest.CaptureFixture[str], file: str, arguments: list[str]
) -> None:
    code, out, err = run(capfd, *(argument.format(file=file) for argument in arguments))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["missing.txt"], "无法读取 missing.txt：没有该文件或目录"),
        (["{file}", "--log", "nonsense"], "日志写作 [<主机>/]<链编号>/<合约>/<日志编号>"),
        (["disclose", "{file}", "--drop", "nonsense", "-o", "-"], "没有名为 'nonsense' 的明细组"),
    ],
)
def test_a_mistake_is_told_in_the_language_asked_for(
    capfd: pytest.CaptureFixture[str], file: str, arguments: list[str], expected: str
) -> None:
    code, _, err = run(capfd, *(argument.format(file=file) for argument in arguments), "--lang", "zh")
    assert (code, err.strip()) == (2, expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "缺少参数：FILE"),
        (["a", "--nonce"], "参数 --nonce 须有一个值"),
        (["disclose", "a", "-o", "b"], "--only --drop"),
    ],
)
def test_a_missing_argument_is_told_in_the_language_asked_for(
    capfd: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main([*arguments[:1], "--lang=zh", *arguments[1:]])
    assert stopped.value.code == 2
    assert expected in capfd.readouterr().err


def test_the_help_names_what_a_file_may_be_and_the_other_command(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    shown = capfd.readouterr().out
    assert "PDF" in shown
    assert "python -m verifier disclose FILE" in shown


def test_a_log_that_was_copied_from_a_page_is_read(capfd: pytest.CaptureFixture[str], world: World, file: str) -> None:
    log = "\u200b".join(world.domain.origin("cangsu.example")).replace("0x", "\n0x")
    assert run(capfd, file, "--rpc", world.url, "--log", log)[0] == 0


def test_times_are_in_beijing_time_for_who_reads_chinese(
    capfd: pytest.CaptureFixture[str], world: World, file: str
) -> None:
    _, out, _ = run(capfd, file, "--rpc", world.url, "--lang", "zh")
    assert re.match(r"有效（截至区块 \d+，[-\d]+ [:\d]+ \(UTC\+8\) · [-\d]+ [:\d]+ \(UTC\)）", out)
    assert "SALE" not in out


def test_a_fault_of_ours_is_no_verdict(monkeypatch: Any, capfd: pytest.CaptureFixture[str], file: str) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(command, "verify", fail)
    code, out, err = run(capfd, file)
    assert (code, out) == (2, "")
    assert "ZeroDivisionError" in err


@pytest.mark.parametrize(("variable", "expected"), [("zh_CN.UTF-8", "无法判断"), ("C", "CANNOT TELL")])
def test_the_language_is_that_of_the_environment(file: str, variable: str, expected: str) -> None:
    environment = {"PATH": os.environ["PATH"], "LANG": variable}
    finished = subprocess.run(
        [sys.executable, "-m", "verifier", file], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert finished.returncode == 2
    assert finished.stdout.decode().splitlines()[0] == expected


@pytest.mark.parametrize("code", TEXTS)
def test_every_text_has_both_languages_and_the_same_blanks(code: str) -> None:
    import string

    blanks = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in TEXTS[code]]
    assert len(TEXTS[code]) == len(LANGUAGES)
    assert all(TEXTS[code])
    assert blanks[0] == blanks[1]
