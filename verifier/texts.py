"""Every text that the verifier prints, in English and Chinese. One table, so that neither language can fall behind.

The reasons of failed steps are not here: they name bytes and numbers for whoever looks into the matter, in English. The
headline above them says what it means.
"""

from datetime import UTC, datetime
from typing import Protocol

from verifier.figure_texts import FIGURE_TEXTS
from verifier.kind_texts import KIND_TEXTS
from verifier.kinds import Home, Site

LANGUAGES = ("en", "zh")

TEXTS: dict[str, tuple[str, str]] = {
    # the answer
    "valid": ("VALID as of block {block_number} ({block_time})", "有效（截至区块 {block_number}，{block_time}）"),
    "invalid": ("INVALID", "无效"),
    "cannot_tell": ("CANNOT TELL", "无法判断"),
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
    "step8": (
        "every number follows from the events; {declared} pieces declared, {declared} accounted for",
        "所有数字均由事件推算得出：申报 {declared} 件，去向相符 {declared} 件",
    ),
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
    "step1.failed": ("it is not a credential", "不是凭证"),
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
    # worth knowing
    "remark.self_declared": (
        "{events} sales or refunds are declared by the owner ({owner}) itself",
        "其中 {events} 个销售或退款事件由货主（{owner} 号）自行申报",
    ),
    "remark.departed_by_carrier": (
        "{events} departures are attested by a carrier, not by customs: not enough for tax",
        "{events} 个离境事件由承运人而非海关证明，不足以用于退税",
    ),
    "remark.custodial": (
        "the service keeps keys of party {parties}, and could have signed for it",
        "{parties} 号主体的密钥由服务方代管，服务方有能力代其签名",
    ),
    "remark.before_target": (
        "{events} events are dated before the event that they rest on",
        "{events} 个事件的时间早于其所依据的事件",
    ),
    "remark.overdrawn": (
        "{currency} is overdrawn, {remaining} remaining: nothing more may be endorsed",
        "{currency} 已超额签注，剩余 {remaining}：不得再签注",
    ),
    "remark.list_invalid": (
        "its issuer's status list of {iat} calls it invalid; for this kind of claim the chain counts, not the list",
        "签发方 {iat} 的状态列表称其无效；此类证明以链上登记为准",
    ),
    "remark.list_suspended": (
        "its issuer's status list of {iat} calls it suspended; for this kind of claim the chain counts, not the list",
        "签发方 {iat} 的状态列表称其暂停；此类证明以链上登记为准",
    ),
    "remark.redeclared": (
        "customs has noted another declaration number for this lot since",
        "海关其后为该批次登记了另一报关单号",
    ),
    # not checked
    "open.claim_record": (
        "whether its pieces served for another claim: a credential of this kind uses nothing up",
        "所涉货件是否已用于其他证明：此类凭证不占用任何额度",
    ),
    "open.status": (
        "whether its issuer has withdrawn it: fetch {uri} and give it with --status",
        "签发方是否已将其撤回：请取得 {uri} 并用 --status 给出",
    ),
    "open.no_status": (
        "whether its issuer still stands by it: it names no status list",
        "签发方是否仍予认可：凭证未指明状态列表",
    ),
    "open.status_list": (
        "the status list that was given: {reason}",
        "所给的状态列表：{reason}",
    ),
    "open.truth": (
        "whether what was attested is true: the chain shows who said it and when, not that it happened",
        "所证明的事项是否属实：链上只能说明谁在何时作出证明",
    ),
    "open.names": (
        "which firms the party numbers are, and that {iss} is the issuer's address: the chain holds numbers only",
        "各主体编号对应哪家企业、{iss} 是否为签发方地址：链上只有编号",
    ),
    "open.later": (
        "what happened after block {block_number}: the credential may have been withdrawn or replaced since",
        "区块 {block_number} 之后发生的事：凭证其后可能已被撤销，或已被更正后的凭证替代",
    ),
    "open.trusted.node": (
        "that the node told the truth: it is the one that you chose",
        "节点所答是否属实：节点由您自行选定",
    ),
    "open.trusted.checkpoint": (
        "that the kept checkpoint is genuine: you kept it yourself",
        "所留存的检查点是否真实：由您自行留存",
    ),
    "open.trusted.nothing": (
        "anything on the chain: give a node that you trust with --rpc, or a checkpoint that you kept with --checkpoint",
        "链上的一切：请用 --rpc 指定您信任的节点，或用 --checkpoint 给出您留存的检查点",
    ),
    "open.declaration": (
        "which customs declaration this lot is: its document group is not shown",
        "该批次对应哪张报关单：相应明细未披露",
    ),
    "open.printed": (
        "what the PDF prints, and its own signature: only the credential inside was verified, and this is what it says",
        "PDF 页面所印内容及其自身签名：仅核验了内附凭证，以此处所示为准",
    ),
    "open.groups": (
        "{withheld} of {groups} groups of details are withheld",
        "{groups} 组明细中有 {withheld} 组未披露",
    ),
    "open.log": (
        "that this is the log you mean: it was not pinned; compare {log} or give it with --log",
        "日志是否为您所指的那一个：未事先指定，请核对 {log} 或用 --log 指定",
    ),
    "open.holder": (
        "that whoever sent it to you is its holder: it carries no key binding",
        "向您出示者是否为持有人：凭证未附持有人密钥绑定",
    ),
    "open.audience": (
        "that it was presented to you now: the holder signed for {audience}, nonce {nonce}",
        "是否此刻向您出示：持有人签署的对象为 {audience}，随机数为 {nonce}",
    ),
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
TEXTS |= FIGURE_TEXTS | KIND_TEXTS | {f"figure.{lane}": TEXTS[lane] for lane in LANES}


def show_time(unix_seconds: int) -> str:
    """A time as texts print it; the bare number where there is no such date."""
    try:
        return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(unix_seconds)


def text(code: str, language: str, **facts: object) -> str:
    """A text in a language, filled."""
    return TEXTS[code][LANGUAGES.index(language)].format(**facts)


class Say(Protocol):
    """``text`` in one language."""

    def __call__(self, code: str, **facts: object) -> str: ...
