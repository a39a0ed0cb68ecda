"""What the kinds of events are called on paper."""

from service.core.sheet import Words
from verifier.kinds import REVERSAL_SUFFIX

_WORDS = {
    "DECLARE": Words("出口申报", "export declaration"),
    "VOID": Words("退关或撤单", "voided before departure"),
    "VOID_SHORT": Words("短少核销", "short pieces voided"),
    "DEPART": Words("离境", "departure"),
    "ASN": Words("预约入库", "shipping notice"),
    "ASN_VOID": Words("撤销预约", "shipping notice voided"),
    "RECEIVE": Words("入库", "receipt"),
    "RECEIVE_DAMAGED": Words("残损入库", "damaged receipt"),
    "SHORT": Words("短少", "short on arrival"),
    "FOUND_SHORT": Words("短少找回", "short pieces found"),
    "HOLD": Words("暂扣", "hold"),
    "RELEASE": Words("解除暂扣", "release"),
    "TRANSFER_OUT": Words("移仓出库", "transfer out"),
    "TRANSFER_HELD": Words("暂扣件移仓", "transfer of held pieces"),
    "SHIP": Words("出库", "shipment"),
    "SHIP_VOID": Words("撤销出库", "shipment voided"),
    "UNDELIVERED": Words("未妥投退回", "undelivered"),
    "LOST_IN_DELIVERY": Words("派送丢失", "lost in delivery"),
    "GIVE": Words("赠送或补发", "given away"),
    "GIVEN_BACK": Words("赠品退回", "gift came back"),
    "SALE": Words("销售", "sale"),
    "SALE_AT_EXPORT": Words("出口时销售", "sale at export"),
    "RETURN_IN": Words("退货入库", "return"),
    "RETURNLESS": Words("退款不退货", "refund without return"),
    "LOSE": Words("丢失", "loss"),
    "FIND": Words("找回", "found again"),
    "LOSE_HELD": Words("暂扣件丢失", "loss of held pieces"),
    "DESTROY": Words("销毁", "destruction"),
    "RETURN_ORIGIN": Words("退运出仓", "return to origin"),
    "ENTRY": Words("退运进境", "entry at origin"),
    "ENTRY_FAILED": Words("退运未进境", "entry failed"),
    "REFUND": Words("退款", "refund"),
    "ADJUST": Words("价款调整", "price adjustment"),
    "COUNT": Words("盘点", "stock count"),
    "KIT": Words("组合装记事", "kit note"),
    "TAX_STATE": Words("退税状态", "tax state"),
    "AMEND": Words("改单", "amendment"),
    "REDECLARE": Words("重报关联", "redeclaration"),
    "FEE": Words("费用", "fee"),
    "FEE_CREDIT": Words("费用返还", "fee credit"),
    "PLATFORM_STATEMENT": Words("平台对账单", "platform statement"),
    "FX_RECEIPT": Words("收汇", "foreign-exchange receipt"),
    "EXCESS": Words("溢收", "excess on arrival"),
    "EXCESS_SOLVED": Words("溢收处理", "excess solved"),
    "ADMIT": Words("授权", "admission"),
    "ADMIT_END": Words("终止授权", "admission ended"),
}


def kind_words(kind: str) -> Words:
    """The name of an event kind; of a reversal, the name of what it takes back."""
    words = _WORDS[kind.removesuffix(REVERSAL_SUFFIX)]
    if not kind.endswith(REVERSAL_SUFFIX):
        return words
    return Words(zh=f"{words.zh}冲销", en=f"reversal of {words.en}")
