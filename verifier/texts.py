"""Every text that the verifier prints, in English and Chinese. One table, so that neither language can fall behind.

What failed in bytes and numbers is a reason, written in English where it is raised; ``verifier.reason_texts`` has those
that an honest reader can meet in Chinese.
"""

from typing import Protocol

from verifier.figure_texts import FIGURE_TEXTS
from verifier.kind_texts import KIND_TEXTS
from verifier.kinds import Home, Site
from verifier.note_texts import NOTE_TEXTS
from verifier.reason_texts import reason_text
from verifier.zones import in_zones

LANGUAGES = ("en", "zh")

TEXTS: dict[str, tuple[str, str]] = {
    # the answer
    "valid": ("VALID as of block {block_number} ({block_time})", "有效（截至区块 {block_number}，{block_time}）"),
    "invalid": ("INVALID", "无效"),
    "cannot_tell": ("CANNOT TELL", "无法判断"),
    "of_attachment": (
        "of the credential attached inside, not of what the page prints",
        "此结论针对文件内附的凭证，而非页面所印内容",
    ),
    "because": ("because step {step}: {headline}", "原因在第 {step} 步：{headline}"),
    # headings
    "steps": ("Steps", "核验步骤"),
    "says": ("What it says", "证明内容"),
    "says_unconfirmed": ("What it says, NOT CONFIRMED", "证明内容（未经确认）"),
    "attested": ("Who attested it", "由谁证明"),
    "remarks": ("Worth knowing", "值得留意"),
    "not_checked_heading": ("What was NOT checked", "未核验的事项"),
    # outcomes of a step
    "passed": ("passed", "通过"),
    "failed": ("FAILED", "未通过"),
    "not_checked": ("not checked", "未核验"),
    # what a step shows when it passed
    "step1": ("a credential was read from a file of {bytes} bytes", "从 {bytes} 字节的文件中读出凭证"),
    "step2": (
        "party {issuer} signed it, with a key that the registry gives it as issuer",
        "由 {issuer} 号主体签发，所用密钥在登记簿中确属该签发方",
    ),
    "step3": (
        "{shown} details of {events} events are shown, each in its own slot",
        "披露了 {events} 个事件中的 {shown} 组明细，逐组对应，无多无缺",
    ),
    "step3.bare": ("this kind of credential carries no events, and so no details", "此类凭证不含事件，故无明细"),
    "step4": ("{leaves} leaves rebuilt from what is shown", "按所示内容重建了 {leaves} 个叶子"),
    "step5": (
        "all {leaves} leaves are in the log of {tree_size} leaves",
        "{leaves} 个叶子全部在含 {tree_size} 个叶子的日志中",
    ),
    "step6": (
        "the contract held this log at block {block_number}",
        "合约在区块 {block_number} 所存正是该日志",
    ),
    "step7": (
        "nothing is left out: {events} events, {books} registry books",
        "没有遗漏：{events} 个事件、{books} 本登记簿均完整",
    ),
    "step7.bare": (
        "nothing is left out: this kind carries no events; {books} registry books",
        "没有遗漏：此类凭证不含事件；{books} 本登记簿均完整",
    ),
    "step8": (
        "every number follows from the events; {declared} pieces declared, {declared} accounted for",
        "所有数字均由事件推算得出：申报 {declared} 件，去向相符 {declared} 件",
    ),
    "step8.bare": ("every number follows from what the claim says", "所有数字均与证明内容相符"),
    "step9": ("the chain holds the claim as it stands here", "链上登记与该凭证一致"),
    "step9.listed": (
        "it is not withdrawn, says its issuer's status list of {iat}",
        "未被撤回（签发方 {iat} 的状态列表）",
    ),
    "recorded": (
        "on chain at block {block_number}: version {version}",
        "链上登记（区块 {block_number}）：第 {version} 版",
    ),
    "recorded.reduced": (
        "pieces came back, and no new version covers that yet: banks cannot endorse it now",
        "已有退回，新版本尚未签发：目前不可签注",
    ),
    "recorded.used": (
        "{currency}: ceiling {ceiling}, endorsed by banks {endorsed}, remaining {remaining}",
        "{currency}：上限 {ceiling}，各银行已签注 {endorsed}，剩余 {remaining}",
    ),
    "step10": (
        "each of {attesters} parties held the role that it needed",
        "{attesters} 个主体在当时均具备相应资格",
    ),
    "step10.bare": (
        "this kind of credential carries no events, and so no attesters",
        "此类凭证不含事件，故无证明主体",
    ),
    # what it means that a step was not checked: nothing is said against anybody
    "step1.open": ("whether it is a credential is not known", "是否为凭证尚不可知"),
    "step2.open": ("whether its issuer signed it is not known", "是否由签发方签署尚不可知"),
    "step3.open": ("whether the details shown are those that were sealed is not known", "明细与封存时是否一致尚不可知"),
    "step4.open": ("whether the events are well formed is not known", "事件内容是否合规范尚不可知"),
    "step5.open": ("whether every event is in the log is not known", "事件是否都在日志中尚不可知"),
    "step6.open": ("the log could not be tied to the chain", "日志未能与链上核对"),
    "step7.open": ("that nothing was left out could not be shown", "无法证明没有遗漏"),
    "step8.open": ("whether the numbers follow from the events is not known", "数字是否与事件相符尚不可知"),
    "step9.open": ("whether it was used before is not known", "是否已被使用过，尚无从得知"),
    "step9.unlisted": (
        "whether it was withdrawn, or its pieces used before, is not known",
        "是否已被撤回、所涉货件是否已被使用，尚无从得知",
    ),
    "step9.suspended": ("its issuer has suspended it: it may stand again", "签发方已将其暂停，之后或可恢复"),
    "step10.open": ("whether all attesters had the right to attest is not known", "各主体是否有权证明尚不可知"),
    # what it means that a step failed
    "step1.failed": (
        "this is no credential, or the file is incomplete",
        "这不是凭证，或文件不完整",
    ),
    "step2.failed": ("the issuer's signature or key does not hold", "签发方的签名或密钥不成立"),
    "step2.holder": ("its holder did not present it to you like this", "并非由持有人向您如此出示"),
    "step3.failed": ("the details shown are not those that were sealed", "所披露的明细与封存时不符"),
    "step4.failed": ("the events are not well formed", "事件内容不合规范"),
    "step5.failed": ("an event is not in the log", "有事件不在日志中"),
    "step6.failed": ("the chain says something else", "与链上记录不符"),
    "step7.failed": ("something was left out, or added", "内容有遗漏或添加"),
    "step8.failed": ("the numbers do not follow from the events", "数字与事件不符"),
    "step9.failed": ("the chain does not hold this claim as it stands here", "链上登记与该凭证不符"),
    "step9.revoked": ("the claim was taken back", "该证明已被撤销"),
    "step9.superseded": (
        "superseded: version {newest} has taken the place of this version {version}",
        "已被取代：本凭证为第 {version} 版，现行为第 {newest} 版",
    ),
    "step9.withdrawn": ("its issuer has withdrawn it", "签发方已撤回该凭证"),
    "step10.failed": ("someone attested what it had no right to attest", "有主体无权证明其所证明的事项"),
    # what it says
    "lot": ("lot {lot}", "批次 {lot}"),
    "line": (
        "declaration {declaration_no}, item {item_no:02d}{part}",
        "报关单 {declaration_no}，项号 {item_no:02d}{part}",
    ),
    "part": (", part {part_no:02d}", "，分项 {part_no:02d}"),
    "claim.asked": ("asked for", "申请内容"),
    "claim.figures": ("figures", "数据"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "owner": ("owner: party {owner}", "货主：{owner} 号主体"),
    "declared": ("declared: {declared} pieces", "申报数量：{declared} 件"),
    "home": ("home", "仓外"),
    "site": ("site {site}", "仓库 {site}"),
    "pieces": ("{lane}: {pieces}", "{lane}：{pieces} 件"),
    "cutoff": (
        "events up to {event_time}, recorded up to {record_time}",
        "事件时间截至 {event_time}，记录时间截至 {record_time}",
    ),
    "issued": (
        "issued {iat} by {iss} (party {issuer}), expires {exp}",
        "{iat} 由 {iss}（{issuer} 号主体）签发，{exp} 失效",
    ),
    "log_of": ("log {log}", "日志 {log}"),
    # lanes
    "DECLARED": ("declared, not departed", "已申报未离境"),
    "TRANSIT": ("departed, on the way", "已离境在途"),
    "SOLD": ("sold", "已售"),
    "RETURNING": ("on the way back", "退运途中"),
    "RETURNED": ("returned to origin", "已退运入境"),
    "VOID": ("void", "已退关或撤单"),
    "EXPECTED": ("announced", "已预约未入库"),
    "ON_HAND": ("on hand", "在库"),
    "HELD": ("held", "在库暂扣"),
    "SHIPPED": ("shipped, not sold yet", "已出库未售"),
    "GIVEN": ("given away", "赠送或补发"),
    "LOST": ("lost", "丢失"),
    "DESTROYED": ("destroyed", "已销毁"),
    "SHORT": ("short on arrival", "短少"),
    # who
    "attester": ("party {party} ({roles}): {kinds}; {custody}", "{party} 号主体（{roles}）：{kinds}；{custody}"),
    "no_role": ("no role", "无角色"),
    "GATEWAY": ("customs gateway", "海关通道"),
    "SAFE": ("foreign-exchange administration", "外汇局"),
    "AUDITOR": ("auditor", "审计方"),
    "CARRIER": ("carrier", "承运人"),
    "OPERATOR": ("warehouse operator", "仓库经营者"),
    "EXPORTER": ("exporter", "出口企业"),
    "PLATFORM": ("platform", "平台"),
    "PAYMENT": ("payment firm", "支付机构"),
    "BANK": ("bank", "银行"),
    "TAX": ("tax office", "税务机关"),
    "BILLER": ("biller", "账单方"),
    "ISSUER": ("issuer", "签发方"),
    "REGISTRAR": ("registrar", "登记方"),
    "self_held": ("signed with its own key", "以自持密钥签名"),
    "custodial": ("signed with a key that the service keeps", "以服务方代管的密钥签名"),
    "mixed": ("signed with its own key or one that the service keeps", "以自持或代管的密钥签名"),
    "nobody": ("no key", "无密钥"),
    "in_brackets": ("({reason})", "（{reason}）"),
    "as_it_is": ("{value}", "{value}"),
    "disclosed": (
        "{kept} of {shown} groups are left; figures that need another one can no longer be told",
        "保留 {shown} 组明细中的 {kept} 组；依赖其余明细的数据将无法判断",
    ),
    # errors of the command
    "no_file": ("cannot read {file}: {error}", "无法读取 {file}：{error}"),
    "bad_option": ("{error}", "{error}"),
    "internal": ("the verifier failed on this file; please report it ({error})", "核验程序自身出错，请报告（{error}）"),
}
LANES = tuple(lane.name for lanes in (Home, Site) for lane in lanes)
TEXTS |= NOTE_TEXTS | FIGURE_TEXTS | KIND_TEXTS | {f"figure.{lane}": TEXTS[lane] for lane in LANES}


def text(code: str, language: str, **facts: object) -> str:
    """A text in a language, filled. Times and reasons in the facts are put into it too."""
    shown = {name: _shown(name, fact, language) for name, fact in facts.items()}
    return TEXTS[code][LANGUAGES.index(language)].format(**shown)


def _shown(name: str, fact: object, language: str) -> object:
    if not isinstance(fact, str):
        return fact
    return reason_text(fact, language) if name == "reason" else in_zones(fact, language)


class Say(Protocol):
    """``text`` in one language."""

    def __call__(self, code: str, **facts: object) -> str: ...
