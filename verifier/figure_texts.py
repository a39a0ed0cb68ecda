"""What the figures of claims are called, in English and Chinese: ``figure.<name>`` and ``value.<value>``.

A part of ``verifier.texts.TEXTS``, kept apart for its length. A test holds every name that a kind can emit against it.
"""

Text = tuple[str, str]

_KINDS: dict[str, Text] = {
    "kind.provenance": ("provenance", "溯源证明"),
    "kind.exchange-collection": ("authenticity of an exchange collection", "收汇真实性证明"),
    "kind.endorsement": ("endorsement", "签注"),
    "kind.loss": ("loss or destruction", "货物损失或销毁证明"),
    "kind.stock": ("stock position", "库存证明"),
    "kind.correction": ("correction notice", "更正通知"),
}

_EXCHANGE: dict[str, Text] = {
    "figure.pieces": ("pieces of this claim", "本证明所涉件数"),
    "figure.orders": ("orders", "订单数"),
    "figure.orders_in_part": ("orders with lines outside this claim", "仅部分明细在本证明内的订单数"),
    "figure.self_declared_sales": ("sales that the exporter declared itself", "出口企业自行申报的销售笔数"),
    "figure.currencies": ("amounts by currency", "分币种金额"),
    "figure.gross_minor": ("gross", "销售总额"),
    "figure.refunds_minor": ("refunds", "退款"),
    "figure.adjustments_minor": ("price adjustments", "价款调整"),
    "figure.fees_by_type_minor": ("netted fees by type", "轧差费用明细"),
    "figure.fees_minor": ("netted fees", "轧差费用合计"),
    "figure.fee_credits_minor": ("fees given back", "费用返还"),
    "figure.deducted_minor": ("taken off for overdrawn claims", "前期超额签注扣减"),
    "figure.ceiling_minor": ("ceiling", "收汇额度"),
    "figure.self_declared_minor": ("of it on the exporter's own word", "其中出口企业自行申报"),
    "figure.commission": ("commission", "平台佣金"),
    "figure.storage": ("storage", "仓储费"),
    "figure.delivery": ("delivery", "配送费"),
    "figure.destination_tax": ("tax at destination", "目的国税费"),
    "figure.advertising": ("advertising", "广告费"),
    "figure.returns": ("handling of returns", "退货处理费"),
    "figure.other": ("other fees", "其他费用"),
    "figure.receipts": ("receipts", "收款"),
    "figure.bank": ("bank (party)", "银行（主体编号）"),
    "figure.currency": ("currency", "币种"),
    "figure.received_minor": ("received", "到账金额"),
    "figure.date": ("date", "日期"),
    "figure.converted": ("converted from", "兑换前"),
    "figure.converted_minor": ("amount", "金额"),
    "figure.conversion_rate": ("rate", "汇率"),
    "figure.declared_fob_minor": ("declared FOB of these pieces", "所涉件数的申报离岸价"),
}

_ENDORSEMENT: dict[str, Text] = {
    "figure.claim_id": ("claim", "证明编号"),
    "figure.version": ("version", "版本"),
    "figure.whole_minor": ("ceiling of the first version", "首版收汇额度"),
    "figure.salt": ("salt of the commitment", "承诺值的盐"),
    "figure.used_before_minor": ("used before", "签注前已用"),
    "figure.used_after_minor": ("used now", "签注后已用"),
    "figure.amount_minor": ("endorsed now", "本次签注金额"),
    "figure.used_minor": ("used", "已签注"),
    "figure.remaining_minor": ("remaining", "剩余额度"),
    "figure.is_overdrawn": ("overdrawn", "已超额"),
    "figure.share_before": ("share used before", "签注前已用份额"),
    "figure.share_used": ("share used", "已用份额"),
    "figure.share_limit": ("share that may be used", "可用份额上限"),
    "figure.shares_of_whole": ("shares of a full tank", "总份额"),
    "figure.commitment": ("commitment on chain", "链上承诺值"),
}

_LOSS_AND_STOCK: dict[str, Text] = {
    "figure.certified_pieces": ("pieces with a certificate of destruction", "有销毁凭证的件数"),
    "figure.uncertified_pieces": ("pieces on the word of warehouse or carrier", "仅由仓库或承运人证明的件数"),
    "figure.lots": ("by lot", "分批次"),
    "figure.declared": ("pieces declared", "申报件数"),
    "figure.sites": ("by site", "分仓库"),
    "figure.now": ("where the pieces are now", "货物现状"),
    "figure.lost": ("lost in the warehouse", "仓内丢失"),
    "figure.lost_in_delivery": ("lost in delivery", "派送丢失"),
    "figure.found": ("found again", "找回"),
    "figure.destroyed": ("destroyed", "已销毁"),
    "figure.short": ("short on arrival", "到货短少"),
    "figure.found_short": ("short pieces found", "短少找回"),
    "figure.void_short": ("short pieces voided by customs", "海关核销短少"),
    "figure.certificates": ("certificates", "凭证"),
    "figure.lot": ("lot", "批次"),
    "figure.site": ("site", "仓库"),
    "figure.certificate_no": ("number", "凭证号"),
    "figure.certificate_on": ("issued on", "签发日期"),
    "figure.pieces_in_stock": ("pieces in stock", "在库件数"),
    "figure.on_hand": ("on hand, sellable", "在库可售"),
    "figure.held": ("held", "在库暂扣"),
    "figure.counted_on": ("last counted on", "最近盘点日"),
    "figure.counted": ("pieces counted", "盘点件数"),
    "figure.book_when_counted": ("by the book when counted", "盘点时账面件数"),
    "figure.difference": ("counted less book", "盘点差异"),
    "figure.corrected_since": ("corrected in the book since", "其后账面更正"),
    "figure.count_max_days": ("oldest count allowed, days", "盘点有效天数"),
    "figure.does_not_exclude_another_lender": (
        "does not exclude that another lender was shown the same stock",
        "不排除同一库存已向其他资金方出示",
    ),
}

_CORRECTION: dict[str, Text] = {
    "figure.old": ("before", "更正前"),
    "figure.new": ("after", "更正后"),
    "figure.digest": ("digest of the credential", "凭证摘要"),
    "figure.amounts_minor": ("ceilings", "收汇额度"),
    "figure.difference_minor": ("change of the ceiling", "额度变动"),
    "figure.difference_pieces": ("change in pieces", "件数变动"),
    "figure.reasons": ("because of these events", "更正原因（事件）"),
    "figure.position": ("position in its history", "历史中的位置"),
    "figure.kind": ("kind of event", "事件种类"),
    "figure.quantity": ("pieces", "件数"),
    "figure.event_time": ("event time", "事件时间"),
    "figure.attester": ("attested by party", "证明方（主体编号）"),
    "figure.successor": ("digest of the credential that replaces it", "替代凭证的摘要"),
}

FIGURE_TEXTS = _KINDS | _EXCHANGE | _ENDORSEMENT | _LOSS_AND_STOCK | _CORRECTION
