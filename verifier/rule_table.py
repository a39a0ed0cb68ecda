"""The table of dated rules: what each says, where it stands, since when and until when, and which day selects it.

A rule is never looked up by today's date: an export of 2025 keeps the rules of 2025 for good. Several versions of one
rule follow each other under one name. To add a version, end the one before it; never change one that was in force.

``basis`` says how sure we are of the text. Nobody of ours has read every one in the official gazette, so each answer
that rests on a rule can name it, and a reader can look it up.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Day(StrEnum):
    """Which day of a case decides whether a rule applies to it."""

    EXPORT = "export_date"
    FINALISED = "finalised_on"
    CLAIM = "claimed_on"
    SALE = "sale_day"
    PAYMENT = "paid_on"


class Basis(StrEnum):
    """Where our knowledge of a rule comes from."""

    TEXT = "text"  # the clause itself was read, in a reprint of the official text
    SUMMARY = "summary"  # summaries of tax offices and advisers agree
    UNCONFIRMED = "unconfirmed"  # generally held; the clause was not seen


class Unit(StrEnum):
    """What a rule's ``amount`` counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of a rule. It applies to a case whose ``selected_by`` day lies in valid_from … valid_to, both in."""

    id: str
    """``<name>@<document>``, unique."""
    en: str
    zh: str
    document: str
    clause: str
    selected_by: Day
    valid_from: date
    valid_to: date | None = None
    amount: int | None = None
    unit: Unit | None = None
    basis: Basis = Basis.TEXT

    @property
    def name(self) -> str:
        """The name that its versions share."""
        return self.id.partition("@")[0]

    @property
    def source(self) -> str:
        """Document and clause, as a clerk would cite them."""
        return f"{self.document} {self.clause}".strip()

    def covers(self, day: date) -> bool:
        """Whether the rule applies to a case with this selecting day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


_MOF_2026_11 = "财政部 税务总局公告2026年第11号"
_MOF_2026_16 = "财政部 海关总署 税务总局公告2026年第16号"
_MOF_2023_4 = "财政部 海关总署 税务总局公告2023年第4号、2023年第34号"
_STA_2025_3 = "国家税务总局公告2025年第3号"
_STA_2026_5 = "国家税务总局公告2026年第5号"
_STA_2022_9 = "国家税务总局公告2022年第9号"
_GACC_2020_44 = "海关总署公告2020年第44号"
_SAFE_2020_11 = "汇发〔2020〕11号"
_SAFE_2020_14 = "汇发〔2020〕14号"
_END_2025, _START_2026 = date(2025, 12, 31), date(2026, 1, 1)


def _pre_refund_rules() -> tuple[Rule, ...]:
    start = date(2025, 1, 27)
    return (
        Rule(
            id="pre_refund@STA-2025-3",
            en="9810 goods that are not sold yet may be claimed at departure as HWC-YT; unsplit, all count as unsold",
            zh="9810 货物离境后未售部分可申报出口预退税（HWC-YT）；未作区分的均视为未售",
            document=_STA_2025_3, clause="第一条、第二条", selected_by=Day.EXPORT, valid_from=start,
        ),
        Rule(
            id="settlement_window@STA-2025-3",
            en="reconcile from the 1st of the month after the pre-refund was finalised to 30 April of the next year",
            zh="预退税办结次月1日至办结次年4月30日为核算期，期内按实际销售核算税款",
            document=_STA_2025_3, clause="第四条", selected_by=Day.FINALISED, valid_from=start, basis=Basis.SUMMARY,
        ),
        Rule(
            id="pre_refund_recovery@STA-2025-3",
            en="a pre-refund that was not reconciled in its window is recovered whole; sold later, it is claimed anew",
            zh="核算期满未核算的，追回全部预退税款；其后实现销售的可另行申报",
            document=_STA_2025_3, clause="第四条", selected_by=Day.FINALISED, valid_from=start, basis=Basis.SUMMARY,
        ),
        Rule(
            id="sales_evidence@STA-2025-3",
            en="file the sales proof (vouchers, sales ledger) within 15 days after each sale of pre-refunded goods",
            zh="预退税货物每笔销售后15日内，将销售凭证、销售明细账等留存备查",
            document=_STA_2025_3, clause="", selected_by=Day.SALE, valid_from=start,
            amount=15, unit=Unit.DAYS, basis=Basis.SUMMARY,
        ),
    )  # fmt: skip


def _claim_rules() -> tuple[Rule, ...]:
    return (
        Rule(
            id="claim_deadline@STA-2012-24",
            en="claim by 30 April of the year after export; since 2020 a later claim is possible",
            zh="出口次年4月30日前申报退（免）税；2020年起逾期仍可申报",
            document="国家税务总局公告2012年第24号", clause="", selected_by=Day.EXPORT,
            valid_from=date(2012, 7, 1), valid_to=_END_2025, basis=Basis.UNCONFIRMED,
        ),
        Rule(
            id="claim_deadline@MOF-2026-11",
            en="claim in a VAT filing period from the month after export to 30 April of the next year; later until the "
            "36 months are over",
            zh="出口次月起至次年4月30日前的各增值税纳税申报期内申报；逾期的可在36个月内补报",
            document=_MOF_2026_11, clause="", selected_by=Day.EXPORT, valid_from=_START_2026,
        ),
        Rule(
            id="deemed_domestic@MOF-2026-11",
            en="not claimed within 36 months of export: deemed a domestic sale, VAT is due",
            zh="自报关出口之日起36个月内未申报的，视同向境内销售征税",
            document=_MOF_2026_11, clause="", selected_by=Day.EXPORT, valid_from=_START_2026,
            amount=36, unit=Unit.MONTHS,
        ),
        Rule(
            id="exchange_deadline@STA-2022-9",
            en="collect the foreign exchange by 30 April of the year after export, or the refund is paid back",
            zh="出口次年4月30日前收汇；未收汇的缴回已退（免）税款",
            document=_STA_2022_9, clause="第八条", selected_by=Day.EXPORT,
            valid_from=date(2022, 6, 21), valid_to=_END_2025, basis=Basis.UNCONFIRMED,
        ),
        Rule(
            id="exchange_deadline@MOF-2026-11",
            en="collect the foreign exchange by 30 April of the year after export, or the refund is paid back",
            zh="出口次年4月30日前收汇；未收汇的缴回已退（免）税款",
            document=_MOF_2026_11, clause="", selected_by=Day.EXPORT, valid_from=_START_2026,
        ),
        Rule(
            id="exchange_extension@STA-2026-5",
            en="a contract may set a later collection day with evidence on file, never past 36 months of export",
            zh="合同约定收汇日在次年4月30日之后的，凭备查材料视同收汇，最迟不超过出口之日起36个月",
            document=_STA_2026_5, clause="第四十八条", selected_by=Day.EXPORT, valid_from=_START_2026,
            amount=36, unit=Unit.MONTHS, basis=Basis.SUMMARY,
        ),
        Rule(
            id="claim_papers@STA-2022-9",
            en="keep contracts, transport and customs papers, with an index, within 15 days after the claim",
            zh="申报退（免）税后15日内留存备案单证并编制目录",
            document=_STA_2022_9, clause="第二条", selected_by=Day.CLAIM,
            valid_from=date(2022, 5, 1), valid_to=_END_2025, amount=15, unit=Unit.DAYS,
        ),
        Rule(
            id="claim_papers@STA-2026-5",
            en="keep contracts, transport and customs papers, with an index, within 15 days after the claim",
            zh="申报退（免）税后15日内留存备案单证并编制目录",
            document=_STA_2026_5, clause="第四十五条", selected_by=Day.CLAIM, valid_from=_START_2026,
            amount=15, unit=Unit.DAYS,
        ),
        Rule(
            id="retention@STA-2022-9",
            en="keep the papers behind a claim for 5 years", zh="备案单证保存5年",
            document=_STA_2022_9, clause="第二条", selected_by=Day.CLAIM,
            valid_from=date(2022, 5, 1), valid_to=_END_2025, amount=5, unit=Unit.YEARS,
        ),
        Rule(
            id="retention@STA-2026-5",
            en="keep the papers behind a claim for 10 years", zh="备案单证保存10年",
            document=_STA_2026_5, clause="第四十五条第二款", selected_by=Day.CLAIM, valid_from=_START_2026,
            amount=10, unit=Unit.YEARS,
        ),
    )  # fmt: skip


def _return_rules() -> tuple[Rule, ...]:
    relief_en = (
        "unsold or returned goods, food excepted, that re-enter in their original state within 6 months of export"
    )
    relief_zh = "因滞销、退货自出口之日起6个月内原状退运进境的商品（不含食品），免征进口税收；已退税的须先补税"
    return (
        Rule(
            id="return_relief@MOF-2023-4", en=relief_en + " pay no import tax", zh=relief_zh,
            document=_MOF_2023_4, clause="第一条", selected_by=Day.EXPORT,
            valid_from=date(2023, 1, 30), valid_to=_END_2025, amount=6, unit=Unit.MONTHS, basis=Basis.SUMMARY,
        ),
        Rule(
            id="return_relief@MOF-2026-16", en=relief_en + " pay no import tax", zh=relief_zh,
            document=_MOF_2026_16, clause="第一条、第二条", selected_by=Day.EXPORT,
            valid_from=_START_2026, valid_to=date(2027, 12, 31), amount=6, unit=Unit.MONTHS,
        ),
        Rule(
            id="return_channel@GACC-2020-44",
            en="the same goods may come back on their declaration within 1 year of their release for export",
            zh="退货商品应为原出口商品，并在出口放行之日起1年内退运进境",
            document=_GACC_2020_44, clause="", selected_by=Day.EXPORT, valid_from=date(2020, 3, 27),
            amount=1, unit=Unit.YEARS,
        ),
    )  # fmt: skip


def _exchange_rules() -> tuple[Rule, ...]:
    start = date(2020, 5, 20)
    return (
        Rule(
            id="exchange_netting@SAFE-2020-11",
            en="costs of storage, logistics, tax and the like abroad may be netted against proceeds; actual and "
            "restored gross data are both reported, and receipts may differ from the declared value",
            zh="境外仓储、物流、税收等费用可与出口货款轧差结算，并报送实际收付数据和还原数据；收款可与报关金额不一致",
            document=_SAFE_2020_11, clause="第二条", selected_by=Day.PAYMENT, valid_from=start, basis=Basis.SUMMARY,
        ),
        Rule(
            id="exchange_advance@SAFE-2020-11",
            en="logistics firms and platforms may advance costs abroad, in principle for at most 12 months; report "
            "longer ones",
            zh="物流企业、平台可代垫境外费用，代垫期限原则上不超过12个月；超过的须报告",
            document=_SAFE_2020_11, clause="第三条", selected_by=Day.PAYMENT, valid_from=start,
            amount=12, unit=Unit.MONTHS, basis=Basis.SUMMARY,
        ),
        Rule(
            id="refund_abroad@SAFE-2020-14",
            en="a refund abroad more than 180 days after its receipt, or by another path, is checked or registered",
            zh="退汇日距原收汇日超过180天或不按原路退回的，属特殊退汇，须另行审核或登记",
            document=_SAFE_2020_14, clause="", selected_by=Day.PAYMENT, valid_from=date(2020, 8, 31),
            amount=180, unit=Unit.DAYS, basis=Basis.UNCONFIRMED,
        ),
        Rule(
            id="bop_report@SAFE",
            en="declare a receipt for the balance of payments within 5 working days",
            zh="收款后5个工作日内办理国际收支申报",
            document="国际收支统计申报办法", clause="", selected_by=Day.PAYMENT, valid_from=date(2014, 1, 1),
            amount=5, unit=Unit.WORKING_DAYS, basis=Basis.UNCONFIRMED,
        ),
    )  # fmt: skip


RULES = (*_pre_refund_rules(), *_claim_rules(), *_return_rules(), *_exchange_rules())
