"""The demo's second half: the proofs of the worked example that a bank, the tax office and customs ask for.

Each is a claim of the exporter over HTTP, saved as a credential and as the certificate that a clerk prints. What they
come to is compared with ``scripts.story_expected``, to the cent. A second run finds the claims of the first.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo_client import Client, RefusedError
from scripts.demo_events import BANK, EXPORTER, Step
from scripts.story_expected import DECLARATION, EXPECTED_MONEY, EXPECTED_TAX
from verifier.currencies import format_minor

LINES = [{"declaration_no": DECLARATION, "item_no": item} for item in (1, 2)]
PRE_REFUNDS = (
    (LINES[0], {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13"}, 5_200_00),
    (LINES[1], {"method": "exempt_refund", "cost_minor": 50_000_00, "rebate_rate": "0.09"}, 4_500_00),
)
"""Line, what the exporter states of it, and the tax that comes out."""
_RECEIPTS: tuple[dict[str, Any], ...] = (
    {"currency": "USD", "amount_minor": 7_000_00, "reference": "SH26061500417", "receipt_minor": 7_000_00},
    {"currency": "USD", "amount_minor": 5_600_00, "reference": "SH26071500233", "receipt_minor": 5_600_00},
    # The platform converted the Canadian dollars before it paid them out.
    {
        "currency": "CAD",
        "amount_minor": 2_600_00,
        "reference": "SH26071500234",
        "receipt_currency": "USD",
        "receipt_minor": 1_898_00,
        "receipt_amount_minor": 1_898_00,
    },
)
_READERS = {"bank": "bank 银行", "tax": "tax 税务", "customs": "customs 海关"}
_ONE_TOO_MUCH = {"currency": "USD", "amount_minor": 100_00, "reference": "SH26080100001", "receipt_minor": 100_00}


@dataclass(frozen=True, slots=True)
class Proof:
    """A credential in a file, its certificate beside it, who it is for and what it says in a line."""

    reader: str
    title: str
    file: Path
    says: str

    @property
    def pdf(self) -> Path:
        """The certificate."""
        return self.file.with_suffix(".pdf")


class Mismatch(AssertionError):
    """A figure is not what the worked example comes to."""


def until_departure(steps: Sequence[Step]) -> int:
    """How many steps of the story there are until the goods have left, when the pre-refund is asked for."""
    return 1 + max(place for place, (_, event) in enumerate(steps) if event["kind"] in ("DEPART", "ASN"))


def pre_refund_proofs(client: Client, folder: Path) -> list[Proof]:
    """P4 of both lines; made once, since a line whose pre-refund stands is not pre-refunded again."""
    proofs = []
    for line, asked, tax in PRE_REFUNDS:
        file = folder / "tax" / f"pre-refund-{line['item_no']:02d}.sdjwt"
        if not file.exists():
            made = client.post(EXPORTER, "/v1/claims", {"kind": "pre-refund", "lines": [line], "asked": asked})
            (row,) = made["figures"]["rows"]
            _expect(f"pre-refund of line {line['item_no']}", tax, row["tax_minor"])
            _save(client, file, made["credential"])
        says = f"HWC-YT, {_money('CNY', tax)}"
        proofs.append(Proof(_READERS["tax"], f"pre-refund basis 预退税依据, 项号 {line['item_no']:02d}", file, says))
    return proofs


def worked_proofs(client: Client, folder: Path) -> list[Proof]:
    """P2 and P3 for the bank, P5 for the tax office, P6 and P7 for customs."""
    exchange = _claim(client, "exchange-collection", LINES)
    _check_money(exchange["figures"])
    endorsements = _endorse(client, exchange["claim_id"])
    settlement = _claim(client, "settlement", LINES)
    _check_tax(settlement["figures"])
    returned, lost = _claim(client, "return-to-origin", LINES[1:]), _claim(client, "loss", LINES[:1])
    (entry,), total = returned["figures"]["entries"], settlement["figures"]["total"]
    ceilings = ", ".join(_money(code, expected["ceiling"]) for code, expected in EXPECTED_MONEY.items())
    settled = f"{_money('CNY', total['reversal_minor'])} reversed, {_money('CNY', total['reclaim_minor'])} claimed anew"
    relief = f"{entry['quantity']} pieces, relief {entry['relief']['verdict']} until {entry['relief']['until']}"
    gone = f"{sum(lost['figures']['pieces'].values())} pieces"
    rows = [("bank/exchange", "exchange collection 收汇真实性", f"ceilings {ceilings}", exchange["credential"])]
    for code, expected in EXPECTED_MONEY.items():
        used = f"{_money(code, expected['received'])} used, {_money(code, expected['remaining'])} remaining"
        rows.append((f"bank/endorsement-{code.lower()}", f"endorsement 签注 {code}", used, endorsements.get(code)))
    rows += [
        ("tax/settlement", "reconciliation 销售再核算", settled, settlement["credential"]),
        ("customs/return", "return to origin 退运", relief, returned["credential"]),
        ("customs/loss", "loss and destruction 损毁", gone, lost["credential"]),
    ]
    proofs = []
    for name, title, says, credential in rows:
        proofs.append(Proof(_READERS[name.partition("/")[0]], title, folder / f"{name}.sdjwt", says))
        if credential is not None:
            _save(client, proofs[-1].file, credential)
    return proofs


def show(console: Console, proofs: Sequence[Proof], answers: dict[Path, str], root: Path) -> None:
    """Each proof: what the verifier answers, for whom it is, what it says, where its certificate is."""
    console.print("Proofs 证明", style="italic")
    for proof in proofs:
        file = proof.pdf.relative_to(root) if proof.pdf.is_relative_to(root) else proof.pdf
        console.print(f"  {answers[proof.pdf]:<12}{proof.reader}: {proof.title}, {proof.says}", soft_wrap=True)
        console.print(f"  {'':<12}{file}", soft_wrap=True, style="dim")


def _claim(client: Client, kind: str, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A claim of this kind on these lines, made now or found from an earlier run, with its figures and credential."""
    lots = {
        client.get(EXPORTER, f"/v1/lots/{line['declaration_no']}/{line['item_no']}", limit=0)["lot"] for line in lines
    }
    for known in client.get(EXPORTER, "/v1/claims")["claims"]:
        if known["kind"] != kind or known["state"] != "live":
            continue
        path = f"/v1/claims/{known['claim_id']}"
        versions = client.get(EXPORTER, path)["credentials"]
        newest = next(row for row in reversed(versions) if row["kind"] == kind and row["version"] == known["version"])
        if newest["figures"]["pieces"].keys() == lots:
            text = client.get_text(EXPORTER, f"{path}/credential")
            return {**known, "figures": newest["figures"], "credential": text}
    made: dict[str, Any] = client.post(EXPORTER, "/v1/claims", {"kind": kind, "lines": list(lines)})
    return made


def _endorse(client: Client, claim_id: str) -> dict[str, str]:
    """The bank's three endorsements, and a fourth that no longer fits: currency → the newest credential made now."""
    path = f"/v1/claims/{claim_id}"
    if any(row["claim_id"] == claim_id for row in client.get(BANK, "/v1/endorsements")["endorsements"]):
        return {}
    for currency in EXPECTED_MONEY:
        client.post(EXPORTER, f"{path}/consents", {"bank": BANK, "currency": currency})
    made = {
        receipt["currency"]: client.post(BANK, f"{path}/endorsements", receipt)["credential"] for receipt in _RECEIPTS
    }
    try:
        client.post(BANK, f"{path}/endorsements", _ONE_TOO_MUCH)
    except RefusedError as refused:
        _expect("code of the refusal", "RemainingExceeded", refused.problem["code"])
        _expect("what is left", EXPECTED_MONEY["USD"]["remaining"], refused.problem["remaining_minor"])
    else:
        raise Mismatch("USD 100.00 were endorsed of 75.00 that were left")
    return made


def _check_money(figures: dict[str, Any]) -> None:
    for currency, expected in EXPECTED_MONEY.items():
        found = figures["currencies"][currency]
        _expect(f"{currency} gross", expected["gross"], found["gross_minor"])
        _expect(f"{currency} ceiling", expected["ceiling"], found["ceiling_minor"])


def _check_tax(figures: dict[str, Any]) -> None:
    for name, expected in EXPECTED_TAX["total"].items():
        _expect(name, expected, figures["total"][name])


def _expect(name: str, expected: Any, got: Any) -> None:
    if expected != got:
        raise Mismatch(f"{name}: expected {expected}, got {got}")


def _save(client: Client, file: Path, credential: str) -> None:
    """The credential, and its certificate beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(credential)
    file.with_suffix(".pdf").write_bytes(client.certify(EXPORTER, credential))


def _money(currency: str, minor: int) -> str:
    return f"{currency} {format_minor(minor, currency)}"
