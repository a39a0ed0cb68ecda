"""What the holder of a deadline should do, in English and Chinese. One table, so that neither can fall behind."""

TEXTS: dict[str, tuple[str, str]] = {
    "export_date": (
        "have customs' export date posted (DEPART): {pieces} pieces left, and every export clock hangs on it",
        "请补报海关出口日期（DEPART）：已离境 {pieces} 件，各项出口期限均据此计算",
    ),
    "reconciliation": (
        "reconcile pre-refund row {row} ({pieces} pieces) from {opens_on} on: reverse it in full, claim what was sold",
        "自 {opens_on} 起对预退税行 {row}（{pieces} 件）进行核算：全额冲减后按实际销售申报",
    ),
    "reconciliation.review": (
        "nothing yet: pre-refund row {row} is not finalised, its window opens in the month after that",
        "暂无需办理：预退税行 {row} 尚未办结，核算期自办结次月开始",
    ),
    "reconciliation.unknown": (
        "ask the tax office for the day on which row {row} was finalised: its window hangs on it",
        "请向税务机关确认预退税行 {row} 的办结日期：核算期据此确定",
    ),
    "reconciliation.done": ("done: row {row} was reconciled", "已办：申报行 {row} 已核算"),
    "reconciliation.gone": (
        "nothing left to reconcile: row {row} was repaid or recovered",
        "无需核算：申报行 {row} 已补税或被追回",
    ),
    "exchange": (
        "collect the proceeds of this export and keep the papers; the refund on what is not collected is paid back",
        "请在期限内收汇并留存凭证；未收汇部分须缴回已退税款",
    ),
    "exchange.none": ("nothing to collect: no piece is sold or left to sell", "无需收汇：没有已售或待售的货物"),
    "claim": (
        "claim the refund in a filing period, April's at the latest; {pieces} pieces are unclaimed. Later is possible",
        "请在申报期内申报退（免）税，最迟为4月申报期；尚有 {pieces} 件未申报，逾期仍可补报",
    ),
    "final_claim": (
        "claim {pieces} pieces before the 36 months end, or they count as a domestic sale and VAT is due",
        "请在36个月届满前申报 {pieces} 件，否则视同内销征税",
    ),
    "final_claim.none": (
        "no such end: the 36 months begin with exports of 2026",
        "不适用：36个月期限自2026年出口起施行",
    ),
    "claim.done": ("done: every exported piece is claimed", "已办：出口货物均已申报"),
    "claim_papers": (
        "put contracts, transport and customs papers of row {row} on file, with an index",
        "请留存申报行 {row} 的合同、运输单据、报关单据并编制目录",
    ),
    "retention": (
        "keep the papers behind row {row}; they must not be destroyed before",
        "请保存申报行 {row} 的备案单证，期满前不得销毁",
    ),
    "return_relief": (
        "goods going home must ENTER by then, in their original state: {returning} on the way, {pieces} unsold",
        "退运货物须在此日前原状进境方可免税：在途 {returning} 件，未售 {pieces} 件",
    ),
    "return_relief.ended": (
        "the relief has ended: what enters now pays import tax",
        "免税期限已过：此后退运进境须缴纳进口税款",
    ),
    "return_relief.food": ("no relief: these goods are food", "不适用：食品不享受退运免税"),
    "return_relief.none": ("no relief covers exports of this day", "不适用：该出口日期没有退运免税政策"),
    "return_channel": (
        "goods going home on their declaration must enter by then: {returning} on the way, {pieces} unsold",
        "按原报关单退货的货物须在此日前进境：在途 {returning} 件，未售 {pieces} 件",
    ),
    "return_channel.ended": (
        "the channel has closed: what enters now is an ordinary import",
        "退货通道已关闭：此后进境按一般进口办理",
    ),
    "return.none": ("nothing is left that could go home", "没有可退运的货物"),
    "sale_evidence": (
        "file the proof of what was sold on {day} (sales: {sales}, pieces: {pieces})",
        "请留存 {day} 的 {sales} 笔销售（{pieces} 件）的销售凭证",
    ),
}

NOT_KNOWN: dict[str, tuple[str, str]] = {
    "collected": (
        "whether the proceeds of this lot were collected: receipts are not recorded by lot",
        "本批次是否已收汇：收汇未按批次记录",
    ),
    "exchange_on_unsold": (
        "whether this day also holds for pre-refunded goods that are not sold yet: not confirmed by the tax office",
        "该期限是否适用于已预退税的未售货物：尚无税务机关明确",
    ),
    "filed": ("whether these papers are on file: no event says so", "单证是否已留存：没有事件记录"),
    "pre_refund": (
        "whether these goods are pre-refunded: the tax office posted nothing; else this clock does not run",
        "该货物是否预退税：税务机关尚无记录；未预退税的不适用本期限",
    ),
    "claims": (
        "claims are known only as far as the tax office posted them",
        "退税申报情况仅以税务机关上报为准",
    ),
    "pieces": ("of how many pieces a tax note speaks", "税务记录未载明件数"),
    "method": (
        "whether the exporter is a trader or a manufacturer: the earlier day is shown",
        "出口企业为外贸企业或生产企业未知：按较早日期显示",
    ),
    "filing_period": (
        "the end of that year's April filing period: it is not announced yet and can only move later",
        "该年4月申报期截止日尚未公布：只会顺延",
    ),
    "released_on": (
        "the day of release: counted from the declaration, so the true day can only be later",
        "放行日期：暂自申报日起算，实际期限只会更晚",
    ),
    "is_food": ("whether these goods are food, which has no relief", "是否为食品：食品不享受免税"),
}
