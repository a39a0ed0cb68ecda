"""What is said beside the answer: what is worth knowing (``remark.…``), and what was not checked (``open.…``).

A part of ``verifier.texts.TEXTS``, kept apart for its length. ``verifier.notes`` decides which of them hold.
"""

NOTE_TEXTS: dict[str, tuple[str, str]] = {
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
    "open.later_recorded": (
        "what became of the claim after block {read_block}, at which its record was read, and of the goods after block"
        " {block_number}",
        "登记读取至区块 {read_block}：其后证明可能已被撤销或取代；货物情况截至区块 {block_number}，其后变动未计入",
    ),
    "open.trusted.node": (
        "that the node told the truth: it is the one that you chose",
        "节点所答是否属实：节点由您自行选定",
    ),
    "open.trusted.checkpoint": (
        "that the kept checkpoint is genuine: you kept it yourself",
        "所留存的检查点是否真实：由您自行留存",
    ),
    "open.trusted.witnesses": (
        "that these witnesses of yours checked the chain before they cosigned the checkpoint: {witnesses}",
        "以下由您指定的见证方在联署检查点之前是否核对过链上记录：{witnesses}",
    ),
    "open.trusted.nobody": (
        "anything on the chain: the checkpoint does not count by the witness policy that you gave with --witnesses",
        "链上的一切：按您用 --witnesses 给出的见证方规则，该检查点不作数",
    ),
    "open.trusted.nothing": (
        "anything on the chain: give a node that you trust with --rpc, or with --checkpoint a checkpoint that you kept"
        " or, with --witnesses, one that witnesses cosigned",
        "链上的一切：请用 --rpc 指定您信任的节点，或用 --checkpoint 给出您留存的检查点，"
        "或另用 --witnesses 采信见证方联署的检查点",
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
}
