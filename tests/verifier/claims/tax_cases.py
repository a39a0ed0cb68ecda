"""Lots with rows in the tax account, made by hand."""

from fractions import Fraction
from typing import Any

from tests.verifier.claims.cases import LOT, Lot

DECLARATION = "223320260001234567"
EXPORT_DATE = "2026-03-10"


class TaxLot(Lot):
    """A departed lot of a trader: item 01, 1,000 pieces at CNY 40.00, 13 %, unless told otherwise."""

    def __init__(
        self, lot: int = LOT, pieces: int = 1000, *, item: int = 1, cost: int = 40_00, rate: str = "0.13",
        method: str = "exempt_refund", **document: Any,
    ) -> None:  # fmt: skip
        paper = {"item_no": item, "part_no": 0, "sale_model": "sold_later", "declaration_date": "2026-03-05"}
        super().__init__(lot, pieces, **(paper | document))
        self.item, self.cost, self.rate, self.method = item, cost, rate, method

    def note(self, state: str, *, pieces: int | None = None, seq: str = "1", **members: Any) -> int:
        """A TAX_STATE note of this lot's line. Members go into the group that they belong to; None leaves one out."""
        row = f"{DECLARATION}0{self.item:02d}"
        document = {"tax_state": state, "tax_row": row, "tax_seq": seq, "tax_method": self.method}
        money = {"currency": "CNY"} | {
            name: members.pop(name) for name in ("tax_minor", "cost_minor", "rebate_rate") if name in members
        }
        document |= {name: value for name, value in members.items() if name not in ("by", "hide", "at")}
        groups = {"document": document, "money": money, "goods": {} if pieces is None else {"pieces": pieces}}
        rest = {name: members[name] for name in ("by", "hide", "at") if name in members}
        shown = {
            name: {member: value for member, value in group.items() if value is not None and member not in rest}
            for name, group in groups.items()
        }
        return self.add("TAX_STATE", **rest, **shown)

    def claim(self, pieces: int, *, seq: str = "1", tax: int | None = None, **members: Any) -> int:
        """A PRE_REFUND of so many pieces, at the lot's cost and rate."""
        cost = self.cost * pieces
        tax = int(cost * Fraction(self.rate)) if tax is None else tax
        given = {"claim_type": "HWC-YT", "tax_minor": tax, "cost_minor": cost, "rebate_rate": self.rate} | members
        return self.note("PRE_REFUND", pieces=pieces, seq=seq, **given)

    def finalise(self, pieces: int, tax: int, *, seq: str = "1", on: str = "2026-04-20") -> int:
        return self.note("FINALISED", pieces=pieces, seq=seq, tax_minor=tax, finalised_on=on)

    def repay(self, pieces: int, tax: int, *, seq: str = "1", on: str = "2026-08-20", **members: Any) -> int:
        given = {"certificate_no": "BS-1", "certificate_on": on} | members
        return self.note("REPAID", pieces=pieces, seq=seq, tax_minor=tax, **given)

    def pre_refunded(self, pieces: int = 1000) -> "TaxLot":
        """The row of all pieces, claimed and finalised."""
        position = self.claim(pieces)
        self.finalise(pieces, self.events[position].groups["money"]["tax_minor"])
        return self
