"""The sheets that tax offices and customs read: the worked example's figures first, and nothing softened."""

from typing import Any

import pytest

from scripts.story_expected import EXPECTED_MONEY, EXPECTED_TAX
from service.certificate.compose import compose
from service.certificate.press import Press
from service.certificate.render import render
from service.certificate.sheet_parts import percent
from service.certificate.sheets import SHEET_MAKERS, make_sheet
from service.core.sheet import money
from tests.service.certificate.reports import CREDENTIAL
from tests.service.certificate.tax_reports import CERTIFICATE, TAX_REPORTS
from verifier.claims.kinds import CLAIM_KINDS
from verifier.currencies import format_minor

A, B = "223320260001234567-01", "223320260001234567-02"


def sheet_of(name: str) -> dict[str, Any]:
    statement = TAX_REPORTS[name].statement
    assert statement is not None
    return make_sheet(statement).to_json()


def figure(name: str, label: str, language: str = "en") -> dict[str, Any]:
    (found,) = [each for each in sheet_of(name)["headline"] if each["label"][language] == label]
    return found | {"value": found["value"][language]}


def table(name: str, title: str, language: str = "en") -> list[list[str]]:
    (found,) = [each for each in sheet_of(name)["tables"] if each["title"]["en"].startswith(title)]
    return [[cell[language] for cell in row] for row in [*found["rows"], found["total"]] if row]


def notes(name: str, language: str = "zh") -> str:
    return "\n".join(note[language] for note in sheet_of(name)["notes"])


def test_a_pre_refund_leads_with_what_to_claim_and_on_whose_word() -> None:
    tax = figure("pre-refund", "海外仓预退（HWC-YT）税额", "zh")
    assert (tax["value"], tax["is_stated_by_exporter"], tax["is_key"]) == ("CNY 5,200.00", True, True)
    assert figure("pre-refund", "海外仓预退（HWC-YT）件数", "zh")["value"] == "1,000 件"
    assert figure("pre-refund", "Customs declaration and item")["value"] == A
    assert figure("pre-refund", "Tax row (21 digits)")["value"] == "223320260001234567001"
    assert "由出口企业自述、无事件佐证：不含税进价、进货发票、退税率" in notes("pre-refund")
    assert "全部视同未售" in notes("pre-refund")
    assert "单独的关联号" in notes("pre-refund")


def test_what_the_exporter_states_is_marked_where_it_stands() -> None:
    (rows,) = [
        each for each in sheet_of("pre-refund-split")["tables"] if each["title"]["zh"].startswith("退税申报明细")
    ]
    assert "* 企业自述，无事件佐证" in rows["title"]["zh"]
    marked = [column["label"]["zh"] for column in rows["columns"] if column["label"]["zh"].endswith("*")]
    assert marked == ["不含税进价*", "退税率*", "退税额*"]


def test_sold_and_unsold_stand_in_rows_of_their_own() -> None:
    assert [row[2:] for row in table("pre-refund-split", "Rows to claim")] == [
        ["664", "26,560.00", "13%", "3,452.80"],
        ["180", "7,200.00", "13%", "936.00"],
    ]
    assert (figure("pre-refund-split", "未售件数", "zh")["value"], "视同未售" in notes("pre-refund-split")) == (
        "664 件", False,
    )  # fmt: skip
    assert "100 件此前已按普通方式申报" in notes("pre-refund-split")


def test_what_cannot_be_pre_refunded_is_told_with_its_reason() -> None:
    assert table("pre-refund-split", "Pieces that cannot", "zh") == [
        ["赠送或补发", "未在境外实现销售", "5"],
        ["丢失", "未在境外实现销售", "3"],
        ["已销毁", "未在境外实现销售", "8"],
        ["退运途中", "退运回国，不属于境外销售", "40"],
    ]
    (bar,) = sheet_of("pre-refund-split")["bars"]
    assert sum(part["value"] for part in bar["parts"]) == 1_000


def test_the_clocks_of_a_pre_refund_run_from_the_export() -> None:
    assert table("pre-refund", "Clocks") == [
        ["date of export", "2026-03-10"],
        ["ordinary claim until", "2027-04-30"],
        ["exchange to be collected by", "2027-04-30"],
        ["late claim until", "2029-03-10"],
    ]


def test_a_manufacturer_claims_on_its_fob() -> None:
    assert table("pre-refund-manufacturer", "Rows to claim")[0][2:4] == ["123,456", "123,456,789.00"]
    assert "单独的申报序号" in notes("pre-refund-manufacturer")


def test_a_reconciliation_leads_with_the_full_reversal_and_never_with_the_difference() -> None:
    total = EXPECTED_TAX["total"]
    assert figure("settlement", "Reversal in full (negative rows)")["value"] == money(total["reversal_minor"], "CNY")
    assert figure("settlement", "New claim, for what was sold")["value"] == money(total["reclaim_minor"], "CNY")
    assert figure("settlement", "Kept after")["value"] == money(total["kept_minor"], "CNY")
    assert figure("settlement", "处理方式", "zh")["value"] == "需要调整申报"
    change = money(total["net_change_minor"], "CNY")
    assert not any(change in each["value"]["en"] for each in sheet_of("settlement")["headline"])
    assert f"净变动为 {change}，不得单独申报" in notes("settlement")


def test_each_row_shows_pre_refund_repaid_standing_reversal_new_claim_and_what_is_kept() -> None:
    def expected(line: str) -> list[str]:
        names = ("standing_minor", "reversal_minor", "reclaim_minor", "kept_minor")
        return [format_minor(EXPECTED_TAX[line][name], "CNY") for name in names]

    assert table("settlement", "Row by row", "zh") == [
        [A, "1", "5,200.00", "0.00", *expected(A), "需要调整申报"],
        [B, "1", "4,500.00", "1,350.00", *expected(B), "需要调整申报"],
        ["合计", "", "", "", *expected("total"), ""],
    ]
    assert table("settlement", "The rows in pieces") == [
        [A, "1", "trader", "13%", "finalised", "1,000", "0", "1,000", "780"],
        [B, "1", "trader", "9%", "finalised", "500", "150", "350", "300"],
    ]


def test_both_clocks_of_a_reconciliation_are_shown() -> None:
    assert table("settlement", "Windows")[0] == [
        A, "1", "2026-04-20", "2026-05-01 – 2027-04-30", "2027-04-30", "inside",
    ]  # fmt: skip
    assert table("settlement", "Collection and claim")[0] == [
        A, "2026-03-10", "2027-04-30", "2027-04-30", "2029-03-10",
    ]  # fmt: skip
    assert figure("settlement", "sales proof to be filed by")["value"] == "2026-03-25"
    assert "两者互不替代" in notes("settlement")


def test_the_gap_in_the_collection_is_shown_by_currency() -> None:
    gaps = {row[0]: row[-1] for row in table("settlement", "Exchange collected")}
    assert gaps == {code: format_minor(EXPECTED_MONEY[code]["remaining"], code) for code in ("CAD", "USD")}
    assert "收汇情况未核对" in notes("settlement-reversal")


def test_the_three_outcomes_are_named_as_the_announcement_names_them() -> None:
    assert figure("settlement-50-lots", "处理方式", "zh")["value"] == (
        "无需调整申报 17 行；需要调整申报 17 行；全额冲减 16 行"
    )
    assert figure("settlement-reversal", "处理方式", "zh")["value"] == "全额冲减"
    kept, adjusted = table("settlement-50-lots", "Row by row", "zh")[:2]
    assert kept[5:] == ["-", "-", "520,000.00", "无需调整申报"]
    assert adjusted[5] == "-520,000.00"


def test_a_window_that_is_over_is_a_warning() -> None:
    window = figure("settlement-restored", "核算期（状态 · 最早截止日）", "zh")
    assert (window["value"], window["is_warning"]) == ("已逾期：税务机关追回 · 2026-04-20", True)
    assert "追回全部预退税款" in notes("settlement-restored")
    assert ["汇率 USD/CNY", "7.1"] in table("settlement-restored", "Base of the new claim", "zh")


def test_a_last_day_that_is_not_announced_yet_is_provisional() -> None:
    assert table("settlement-manufacturer", "Windows", "zh")[0][4:] == ["2027-04-15（暂定）", "期内"]
    assert "标“暂定”的截止日" in notes("settlement-manufacturer")
    assert "暂定" not in notes("settlement")


def test_sold_pieces_without_a_row_are_claimed_in_the_ordinary_way() -> None:
    assert figure("settlement-ordinary", "按普通方式申报件数", "zh")["value"] == "25 件"
    assert sheet_of("settlement-ordinary")["tables"][0]["title"]["zh"].startswith("收汇与申报期限")


def test_a_return_leads_with_two_verdicts_side_by_side() -> None:
    relief, channel = sheet_of("return")["headline"][:2]
    assert relief["value"]["zh"] == "符合（至 2026-09-10）"
    assert channel["value"]["zh"] == "符合（至 2027-03-05）"
    assert not relief["is_warning"]
    assert figure("return", "退运货物的退税状态", "zh")["value"] == "已补税"
    assert "互不替代" in notes("return")


def test_refused_relief_is_told_with_its_reason_beside_a_channel_that_is_open() -> None:
    relief, channel = sheet_of("return-refused")["headline"][:2]
    assert relief["value"]["zh"] == "不符合 4 条；无法判断 1 条；符合 1 条"
    assert channel["value"]["zh"] == "不符合 1 条；符合 5 条"
    assert relief["is_warning"]
    assert [row[3:7] for row in table("return-refused", "Verdicts", "zh")] == [
        ["符合", "2026-09-10", "符合", "2027-03-05"],
        ["不符合：逾期", "2026-09-10", "符合", "2027-03-05"],
        ["不符合：已退税未补税", "2026-09-10", "符合", "2027-03-05"],
        ["不符合：食品", "2026-09-10", "符合", "2027-03-05"],
        ["无法判断：未载明是否食品", "2026-09-10", "符合", "2027-03-05"],
        ["不符合：逾期", "2026-09-10", "不符合：逾期", "2027-03-05"],
    ]


def test_pieces_and_certificates_of_a_return_stand_on_it() -> None:
    assert table("return", "Pieces that may return") == [[A, "2026-03-10", "no", "500", "150", "0", "350"]]
    assert table("return", "Papers") == [["223320261000765432", A, "4561", "yes", CERTIFICATE]]
    assert table("return", "Certificates") == [[A, CERTIFICATE, "2026-08-20", "150"]]


@pytest.mark.parametrize(("rate", "shown"), [("0.13", "13%"), ("0.09", "9%"), ("0.105", "10.5%"), ("0.10", "10%")])
def test_a_rate_is_written_as_a_percentage_and_loses_no_digit(rate: str, shown: str) -> None:
    assert percent(rate) == shown


def test_every_kind_has_a_sheet_of_its_own() -> None:
    assert SHEET_MAKERS.keys() == CLAIM_KINDS.keys()


@pytest.mark.parametrize("name", TAX_REPORTS)
def test_every_tax_sheet_is_printed(press: Press, name: str) -> None:
    report = TAX_REPORTS[name]
    assert report.statement is not None
    pdf = render(compose(CREDENTIAL, report, report.statement, press.verify_url), press.fonts)
    assert pdf.startswith(b"%PDF-1.7")


def test_every_declared_piece_of_a_settled_line_is_in_a_column() -> None:
    columns = ["Declared", "Net sold", "Unsold", "Other", "Returned"]
    found = sheet_of("settlement")["tables"]
    lots = next(table for table in found if table["title"]["en"] == "Pieces, line by line")
    names = [column["label"]["en"] for column in lots["columns"]]
    for row in lots["rows"]:
        declared, *parts = (int(row[names.index(name)]["en"].replace(",", "")) for name in columns)
        assert declared == sum(parts)
