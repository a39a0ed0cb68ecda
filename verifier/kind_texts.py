"""What the kinds of events are called, in English and Chinese; a reversal is named after what it takes back."""

from verifier.kinds import CODE_BY_NAME, REVERSAL_SUFFIX

_NAMES: dict[str, tuple[str, str]] = {
    "DECLARE": ("export declaration", "出口申报"),
    "VOID": ("voided before departure", "退关或撤单"),
    "VOID_SHORT": ("short pieces voided", "短少核销"),
    "DEPART": ("departure", "离境"),
    "ASN": ("shipping notice", "预约入库"),
    "ASN_VOID": ("shipping notice voided", "撤销预约"),
    "RECEIVE": ("receipt", "入库"),
    "RECEIVE_DAMAGED": ("damaged receipt", "残损入库"),
    "SHORT": ("short on arrival", "短少"),
    "FOUND_SHORT": ("short pieces found", "短少找回"),
    "HOLD": ("hold", "暂扣"),
    "RELEASE": ("release", "解除暂扣"),
    "TRANSFER_OUT": ("transfer out", "移仓出库"),
    "TRANSFER_HELD": ("transfer of held pieces", "暂扣件移仓"),
    "SHIP": ("shipment", "出库"),
    "SHIP_VOID": ("shipment voided", "撤销出库"),
    "UNDELIVERED": ("undelivered", "未妥投退回"),
    "LOST_IN_DELIVERY": ("lost in delivery", "派送丢失"),
    "GIVE": ("given away", "赠送或补发"),
    "GIVEN_BACK": ("gift came back", "赠品退回"),
    "SALE": ("sale", "销售"),
    "SALE_AT_EXPORT": ("sale at export", "出口时销售"),
    "RETURN_IN": ("return", "退货入库"),
    "RETURNLESS": ("refund without return", "退款不退货"),
    "LOSE": ("loss", "丢失"),
    "FIND": ("found again", "找回"),
    "LOSE_HELD": ("loss of held pieces", "暂扣件丢失"),
    "DESTROY": ("destruction", "销毁"),
    "RETURN_ORIGIN": ("return to origin", "退运出仓"),
    "ENTRY": ("entry at origin", "退运进境"),
    "ENTRY_FAILED": ("entry failed", "退运未进境"),
    "REFUND": ("refund", "退款"),
    "ADJUST": ("price adjustment", "价款调整"),
    "COUNT": ("stock count", "盘点"),
    "KIT": ("kit note", "组合装记事"),
    "TAX_STATE": ("tax state", "退税状态"),
    "AMEND": ("amendment", "改单"),
    "REDECLARE": ("redeclaration", "重报关联"),
    "FEE": ("fee", "费用"),
    "FEE_CREDIT": ("fee credit", "费用返还"),
    "PLATFORM_STATEMENT": ("platform statement", "平台对账单"),
    "FX_RECEIPT": ("foreign-exchange receipt", "收汇"),
    "EXCESS": ("excess on arrival", "溢收"),
    "EXCESS_SOLVED": ("excess solved", "溢收处理"),
    "ACCESS_LOG": ("access log committed", "访问日志存证"),
    "ADMIT": ("admission", "授权"),
    "ADMIT_END": ("admission ended", "终止授权"),
}


def kind_name(kind: str) -> tuple[str, str]:
    """The name of an event kind in English and Chinese."""
    english, chinese = _NAMES[kind.removesuffix(REVERSAL_SUFFIX)]
    if not kind.endswith(REVERSAL_SUFFIX):
        return english, chinese
    return f"reversal of {english}", f"{chinese}冲销"


KIND_TEXTS = {f"value.{kind}": kind_name(kind) for kind in CODE_BY_NAME if kind.removesuffix(REVERSAL_SUFFIX) in _NAMES}
"""``value.<KIND>``: what the figures of a claim call a kind."""
