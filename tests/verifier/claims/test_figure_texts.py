"""Every figure that a kind of claim can emit has a name in both languages."""

import ast
import inspect
import re
import sys

import pytest

from tests.verifier.claims.cases import BookOf, Lot, make_case
from verifier.claims import receipts
from verifier.claims.correction import REASONS
from verifier.claims.exchange import exchange_figures
from verifier.claims.fees import FEE_TYPES
from verifier.claims.kinds import CLAIM_KINDS, PROVENANCE
from verifier.figures import figure_lines
from verifier.kinds import Home, Site
from verifier.texts import TEXTS, text

MODULES = {sys.modules[kind.figures.__module__] for kind in CLAIM_KINDS.values() if kind is not PROVENANCE} | {receipts}
_NAME = re.compile(r"[a-z][a-z_]*\Z")


def names_in(module) -> set[str]:
    """The names of members that a file writes: keys of its objects, and the shape of what it is asked for."""
    tree = ast.parse(inspect.getsource(module))
    keys = {key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    keys |= {
        key
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "members"
        for argument in node.args[2:]
        if isinstance(argument, ast.Tuple)
        for key in argument.elts
    }  # fmt: skip
    found = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return {name for name in found if _NAME.match(name)}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_figure_has_a_text(module):
    assert {name for name in names_in(module) if f"figure.{name}" not in TEXTS} == set()


def test_the_names_are_found_where_they_are_written():
    assert {"ceiling_minor", "orders_in_part", "pieces"} <= names_in(sys.modules[exchange_figures.__module__])


@pytest.mark.parametrize("kind", CLAIM_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_name(kind):
    assert text(f"kind.{kind.name}", "zh") != text(f"kind.{kind.name}", "en")


def test_fees_lanes_and_reasons_have_texts():
    lanes = {lane.name for lanes in (Home, Site) for lane in lanes}
    assert {f"figure.{name}" for name in lanes | set(FEE_TYPES)} | {f"value.{kind}" for kind in REASONS} <= set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_are_written(name):
    english, chinese = TEXTS[name]
    assert english
    assert chinese
    assert sorted(re.findall(r"\{(\w+)", english)) == sorted(re.findall(r"\{(\w+)", chinese))


def test_figures_are_read_in_both_languages():
    lot, book = Lot(), BookOf()
    lot.sell(1, 100_00)
    book.fee(10_00)
    book.receipt(73_00, converted_from="CAD", converted_minor=100_00, conversion_rate="0.73")
    figures = {"figures": exchange_figures(make_case([lot], [book]))}
    for language, expected in (
        ("en", ["ceiling: USD 90.00", "commission: USD 10.00", "amount: CAD 100.00", "  USD: 8.00"]),
        ("zh", ["收汇额度: USD 90.00", "平台佣金: USD 10.00", "金额: CAD 100.00", "  USD: 8.00"]),
    ):
        lines = "\n".join(figure_lines(figures, lambda code, language=language, **facts: text(code, language, **facts)))
        assert all(line in lines for line in expected), lines


def test_figures_are_told_from_gross_to_ceiling():
    lot, book = Lot(), BookOf()
    lot.sell(1, 100_00)
    book.fee(10_00)
    lines = list(figure_lines({"figures": exchange_figures(make_case([lot], [book]))}, lambda code, **_: code))
    order = [
        next(place for place, line in enumerate(lines) if f"figure.{name}:" in line)
        for name in ("gross_minor", "fees_minor", "ceiling_minor")
    ]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("figures", "language", "expected"),
    [
        ({"rebate_rate": "0.13"}, "zh", "  退税率: 13%"),
        ({"rebate_rate": "0.1"}, "en", "  rebate rate: 10%"),
        ({"rebate_rate": "0.095"}, "en", "  rebate rate: 9.5%"),
        ({"rebate_rate": "none"}, "en", "  rebate rate: none"),
        ({"stated_by_exporter": ["cost_minor"]}, "zh", "    - 不含税进价"),
        ({"pieces": {"3659ed0161a2d83c": 7}}, "en", "    3659ed0161a2d83c (item 01): 7"),
        ({"certificates": [{"lot": "3659ed0161a2d83c"}]}, "en", "      lot: 3659ed0161a2d83c (item 01)"),
        (
            {"event_time": "2026-06-01T00:00:00Z"},
            "zh",
            "  事件时间: 2026-06-01 08:00:00 (UTC+8) · 2026-06-01 00:00:00 (UTC)",
        ),
    ],
)
def test_a_figure_is_told_as_its_readers_write_it(figures, language, expected):
    def say(code, **facts):
        return text(code, language, **facts)

    assert expected in list(figure_lines({"figures": figures}, say, {"3659ed0161a2d83c": "item 01"}))
