"""The demo as a user runs it, twice in one folder, and its credentials as a bank checks them: nothing but files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
RUN_SECONDS = 300
VALID, INVALID, CANNOT_TELL = 0, 1, 2


def run_demo(folder: Path) -> tuple[int, str]:
    """Exit status and output of ``make demo EXIT=1`` in a folder. What it started ends with it, whatever happens."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CANGSU_")}
    environment |= {"CANGSU_DEMO_VAR": str(folder), "EXIT": "1"}
    if "CANGSU_ANVIL" in os.environ:
        environment["CANGSU_ANVIL"] = os.environ["CANGSU_ANVIL"]
    demo = subprocess.Popen(
        [sys.executable, "scripts/demo.py"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        output, _ = demo.communicate(timeout=RUN_SECONDS)
    except BaseException:
        demo.terminate()  # the demo stops its children
        demo.communicate(timeout=60)
        raise
    return demo.returncode, output


def verify(file: Path, *options: str) -> int:
    """The exit code of the verifier in a process of its own."""
    command = [sys.executable, "-m", "verifier", str(file), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False).returncode


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """The demo, from nothing."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, *run_demo(folder)


@pytest.fixture(scope="module")
def folder(first_run: tuple[Path, int, str]) -> Path:
    """What the demo left when it was run once more from the state of the first time."""
    folder, status, output = first_run
    assert status == 0, output
    status, output = run_demo(folder)
    assert status == 0, output
    return folder


@pytest.fixture
def credential(folder: Path) -> Path:
    """One of the credentials that the demo leaves."""
    return sorted((folder / "credentials").iterdir())[0]


def test_the_demo_leaves_a_valid_credential_of_every_lot(first_run: tuple[Path, int, str]) -> None:
    folder, status, output = first_run
    assert status == 0, output
    assert len(list((folder / "credentials").glob("*.sdjwt"))) == 52
    assert "52 valid" in output


PROOFS = {
    "tax/pre-refund-01", "tax/pre-refund-02", "tax/settlement", "bank/exchange", "bank/endorsement-usd",
    "bank/endorsement-cad", "customs/return", "customs/loss",
}  # fmt: skip


def test_the_demo_ends_with_the_proofs_of_the_worked_example(first_run: tuple[Path, int, str]) -> None:
    folder, status, output = first_run
    assert status == 0, output
    found = {str(file.relative_to(folder / "proofs").with_suffix("")) for file in (folder / "proofs").glob("*/*.pdf")}
    assert found == PROOFS
    assert output.count("proofs/") == len(PROOFS)
    for figure in (
        "ceilings USD 12,675.00, CAD 2,600.00",
        "USD 12,600.00 used, USD 75.00 remaining",
        "CNY 6,756.00 claimed anew",
    ):
        assert figure in output


def test_a_certificate_carries_its_credential(folder: Path, tmp_path: Path) -> None:
    pdf = folder / "proofs" / "bank" / "exchange.pdf"
    assert verify(pdf, "--checkpoint", str(folder / "checkpoint")) == CANNOT_TELL  # only a node knows the claim
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(b"no PDF")
    assert verify(changed) == INVALID


def test_a_second_run_goes_on_from_the_first(folder: Path) -> None:
    assert len(list((folder / "credentials").glob("*.sdjwt"))) == 52


def test_only_the_owner_may_read_what_is_secret(folder: Path) -> None:
    for name in ("api-keys.json", "gateway-line-key.pem", "keys.json", "passphrase"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


def test_a_bank_verifies_offline_with_a_kept_checkpoint(folder: Path, credential: Path) -> None:
    assert verify(credential, "--checkpoint", str(folder / "checkpoint")) == VALID


@pytest.mark.parametrize("part", [0.01, 0.3, 0.5, 0.7, 0.99])
def test_one_flipped_character_makes_it_invalid(folder: Path, credential: Path, tmp_path: Path, part: float) -> None:
    text = credential.read_text()
    place = int(len(text) * part)
    changed = tmp_path / "changed.sdjwt"
    changed.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
    assert verify(changed, "--checkpoint", str(folder / "checkpoint")) == INVALID


def test_without_a_checkpoint_nobody_can_tell(credential: Path) -> None:
    assert verify(credential) == CANNOT_TELL


def test_a_checkpoint_that_is_missing_is_no_answer(credential: Path, tmp_path: Path) -> None:
    assert verify(credential, "--checkpoint", str(tmp_path / "none")) == CANNOT_TELL
