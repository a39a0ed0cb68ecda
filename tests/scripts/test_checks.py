"""The checks for secrets and for dangerous calls are able to fail: in a copy, something is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
RANDOM = "Zx9Qw3Er7Ty1Ui5Op0As2Df8Gh4Jk6Lz_Xc-VbNmQwE"
"""43 characters of base64url, as an API key ends."""
PLANTED = {
    "an API key": f'KEY = "cangsu_{RANDOM}"',
    "an API key in a document": f"Authorization: Bearer cangsu_{RANDOM}",
    "a private key of the chain": "export DEPLOYER_PRIVATE_KEY=0x" + "4f3edf983ac636a65a842ce7c78d9aa7" * 2,
    "a private key in PEM": "-----BEGIN PRIVATE " + "KEY-----",
    "a passphrase": 'passphrase: str = "x"\npassword = "correct-horse-battery"',
    "a cloud key": "aws = AKIA" + "QYLPMN5HHHFPZAM2",
    "a string of chance": f'token = "{RANDOM}"',
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The scripts of the check, in a repository of their own."""
    (tmp_path / "scripts").mkdir()
    for name in ("find_secrets.py", "own_key_detector.py", "no_secrets.txt"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def look_for_secrets(copy: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "scripts/find_secrets.py", *arguments]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("what", PLANTED)
def test_a_secret_that_is_planted_is_found(copy: Path, what: str) -> None:
    assert look_for_secrets(copy) == (0, "")
    (copy / "tests").mkdir()
    (copy / "tests" / "planted.py").write_text(f"# here\n{PLANTED[what]}\n")
    status, output = look_for_secrets(copy)
    assert status == 1
    assert "tests/planted.py:" in output
    assert RANDOM not in output


def test_what_was_looked_at_may_stay_and_what_is_put_beside_it_may_not(copy: Path) -> None:
    planted = copy / "example.md"
    planted.write_text(f'"{RANDOM}"\n')
    assert look_for_secrets(copy)[0] == 1
    assert look_for_secrets(copy, "--accept")[0] == 0
    assert look_for_secrets(copy)[0] == 0
    planted.write_text(f'"{RANDOM}"\n"{RANDOM[::-1]}"\n')
    status, output = look_for_secrets(copy)
    assert (status, output.count("looks like")) == (1, 1)


@pytest.mark.parametrize(
    ("code", "test_id"),
    [
        ("import subprocess\nsubprocess.call('ls ' + x, shell=True)  # noqa\n", "B602"),
        ("import pickle\npickle.loads(x)\n", "B301"),
        ("import requests\nrequests.get('https://x', verify=False, timeout=1)\n", "B501"),
        ("# \u202e these words run backwards\n", "B613"),
    ],
)
def test_a_dangerous_call_that_is_planted_is_found(tmp_path: Path, code: str, test_id: str) -> None:
    (tmp_path / "planted.py").write_text(code)
    (line,) = [
        line for line in (ROOT / "scripts" / "check").read_text().splitlines() if line.startswith('run "bandit"')
    ]
    assert "pyproject.toml" in line
    command = [
        str(BIN / "bandit"),
        "--quiet",
        "--configfile",
        str(ROOT / "pyproject.toml"),
        "--recursive",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert test_id in done.stdout
