"""Which kind of credential prints which sheet."""

from service.certificate.sheet_correction import correction_sheet
from service.certificate.sheet_exchange import endorsement_sheet, exchange_sheet
from service.certificate.sheet_plain import plain_sheet
from service.certificate.sheet_pre_refund import pre_refund_sheet
from service.certificate.sheet_provenance import provenance_sheet
from service.certificate.sheet_return import return_sheet
from service.certificate.sheet_settlement import settlement_sheet
from service.certificate.sheet_stock import loss_sheet, stock_sheet
from service.core.sheet import Sheet, SheetMaker
from verifier.claims.kinds import (
    CORRECTION,
    ENDORSEMENT,
    EXCHANGE_COLLECTION,
    LOSS,
    PRE_REFUND,
    PROVENANCE,
    RETURN_TO_ORIGIN,
    SETTLEMENT,
    STOCK,
)
from verifier.report import Statement

SHEET_MAKERS: dict[str, SheetMaker] = {
    PROVENANCE.vct: provenance_sheet,
    EXCHANGE_COLLECTION.vct: exchange_sheet,
    ENDORSEMENT.vct: endorsement_sheet,
    LOSS.vct: loss_sheet,
    STOCK.vct: stock_sheet,
    CORRECTION.vct: correction_sheet,
    PRE_REFUND.vct: pre_refund_sheet,
    SETTLEMENT.vct: settlement_sheet,
    RETURN_TO_ORIGIN.vct: return_sheet,
}
"""By ``vct``. A kind that is not here yet gets the plain sheet."""


def make_sheet(statement: Statement) -> Sheet:
    """The sheet of a verified credential."""
    return SHEET_MAKERS.get(statement.vct, plain_sheet)(statement)
