"""The six groups of an event (docs/formats.md §2): their members, with units and meanings.

A sender fills what it knows; every member is optional here, and what a kind needs is asked for where that kind is
judged. A group is sealed and disclosed as a whole, so members lie together when the same reader may see them:
``document`` and ``goods`` for customs, ``money`` and ``order`` for a bank, ``document`` and ``money`` for tax,
``person`` for nobody by default.

Conventions: ``_minor`` is an integer in the minor unit of its currency (JPY has none: 1 is one yen). A member that
says "decimal" is a string such as "400.000" or "0.13", never a float. ``_on`` and ``date`` are days, YYYY-MM-DD;
deadlines are counted in Beijing days, so customs and tax days are Beijing days. Codes are upper case.
No member may name a person, an address, a telephone number or an e-mail.

EPCIS 2.0 / CBV terms stand in brackets where the member is one.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict  # pydantic reads typing.TypedDict only from Python 3.12 on

from verifier.canonical import MAX_INTEGER

Whole = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Signed = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ShipPurpose = Literal["sale", "replacement", "sample", "removal", "transfer"]
Grade = Literal["new", "opened", "damaged", "scrap"]
PayerType = Literal["consumer", "business", "platform", "payment_firm"]
FeeType = Literal["commission", "storage", "delivery", "destination_tax", "advertising", "returns", "other"]
SaleModel = Literal["sold_later", "sold_at_export"]
TaxTreatment = Literal["refund", "exempt"]
TaxMethod = Literal["exempt_refund", "exempt_credit_refund"]
TaxState = Literal[
    "PRE_REFUND", "FINALISED", "REPAID", "REVERSED", "RECLAIMED", "RECLAIM_ADJUSTED", "ORDINARY", "RECOVERED"
]


class DocumentGroup(TypedDict, total=False):
    """Papers: the customs line that numbers the lot, the sender's own source, certificates, the tax row."""

    # The customs line: DECLARE; optional elsewhere.
    declaration_no: str  # 18 digits: customs 4, year 4, flag "0" for export, serial 9
    item_no: Whole  # 项号, 1 to 99
    part_no: Whole  # 0, or 1 to 99 where one line merges several SKUs
    line_signature: str  # base64url, RSASSA-PKCS1-v1_5-SHA256 over the line (verifier.record.line_message)
    line_key: str  # base64url of the DER SubjectPublicKeyInfo that checks it; its SHA-256 is the registered key id
    declaration_date: str  # day of declaration
    export_date: str  # day of departure, set once by customs: DEPART; every export clock runs from it
    mode: str  # supervision mode: "9810"
    sale_model: SaleModel  # consigned stock sold on a platform, or sold to an overseas buyer at export
    tax_treatment: TaxTreatment  # refunded, or exempt without invoice 无票免征: never both
    warehouse_order_no: str  # 海外仓订仓单 number named in the declaration
    consignor_code: str  # 18-character 统一社会信用代码 of the consignor, a firm
    contract_no: str  # contract or lease behind the shipment
    invoice_no: str  # commercial invoice [bizTransaction inv]; SALE_AT_EXPORT rests on one
    # AMEND and REDECLARE.
    effective_date: str  # day from which an amendment counts
    successor_declaration_no: str  # 18 digits of the declaration that replaces this one
    successor_item_no: Whole  # its 项号
    # Return to origin: RETURN_ORIGIN, ENTRY, ENTRY_FAILED.
    import_declaration_no: str  # 18 digits, flag "1"
    entry_date: str  # day of entry: it decides the six months' relief and the one year's channel
    entry_mode: str  # supervision mode of the entry: "4561" returned goods
    is_original_state: bool  # customs found the goods in their original state
    # Certificates: DESTROY, TAX_STATE, ENTRY [bizTransaction cert].
    certificate_no: str
    certificate_on: str  # day of issue
    # The tax row: TAX_STATE.
    tax_state: TaxState
    tax_row: str  # 21 digits: declaration number, "0", 2-digit 项号
    tax_seq: str  # 申报序号 or 关联号 of the claim
    tax_method: TaxMethod  # 免退税 of a trader, 免抵退 of a manufacturer
    claim_type: str  # 退(免)税业务类型: "HWC-YT" marks a pre-refund
    finalised_on: str  # day on which the office finalised the pre-refund; the reconciliation window hangs on it
    # The access log: ACCESS_LOG.
    access_day: str  # Beijing day that the commitment is for
    access_root: str  # base64url, RFC 9162 head over the hash chains of all owners (docs/formats.md)
    access_owners: Whole  # how many chains that are
    # The sender's own source.
    source_document: str  # number of the sender's record: put-away sheet, stock-take, bill, report
    source_document_hash: str  # base64url SHA-256 of the salted source document
    source_line: Whole  # line in it, from 1


class GoodsGroup(TypedDict, total=False):
    """What the goods are, as declared and as the warehouse knows them."""

    sku: str  # seller's stock number
    gtin: str  # GTIN of 8, 12, 13 or 14 digits with its check digit
    name: str  # declared name 品名
    hs_code: str  # 10 digits
    unit: str  # declared unit, UN/ECE Rec 20 [uom]: "H87" piece; the event's quantity is always pieces
    legal_quantity: str  # decimal; 法定第一数量 of the whole line
    legal_unit: str  # its unit, UN/ECE Rec 20 [uom]: "KGM" kilogram
    legal_quantity_2: str  # decimal; 法定第二数量, where the tariff asks for one
    legal_unit_2: str
    fob_minor: Whole  # FOB of the whole line, in fob_currency
    fob_currency: Currency  # ISO 4217
    origin_country: str  # ISO 3166-1 alpha-2
    is_food: bool  # food has no relief on return
    pieces: (
        Whole  # pieces that a note speaks of: counted (COUNT), over-received (EXCESS), repaid or claimed (TAX_STATE)
    )
    kit_sku: (
        str  # KIT: stock number of the bundle; ``pieces`` of this lot went into it. Also in parts of an event on kits
    )


class LogisticsGroup(TypedDict, total=False):
    """How the goods travel and where they lie."""

    carrier: str  # carrier's name, a firm
    tracking_no: str  # parcel number
    bill_of_lading: str  # [bizTransaction bol]; one a declaration
    container: str  # ISO 6346: 3 letters, U, 6 digits, check digit
    vessel: str
    voyage: str
    asn_no: str  # advance shipping notice [bizTransaction desadv]
    expected_on: str  # day of expected arrival at the warehouse
    boxes: Whole  # cartons
    batch_id: str  # put-away batch of a receipt [bizTransaction recadv]
    bin: str  # storage place
    ship_purpose: ShipPurpose  # an outbound is not always a sale
    transfer_id: str  # the same on TRANSFER_OUT and on the ASN to the other warehouse
    rma: str  # return authorisation [bizTransaction rma]
    lpn: str  # licence plate number of a returned piece or carton
    grade: Grade  # condition after inspection
    reason: str  # the sender's reason code: "damaged_in_transit", "cycle_count", …
    disposition: str  # [CBV disposition]: "sellable_accessible", "damaged", "returned", …


class MoneyGroup(TypedDict, total=False):
    """Amounts. One event speaks of one currency; a conversion names the other side."""

    currency: Currency  # ISO 4217, of every _minor member here but converted_minor
    date: str  # day of the sale, refund, bill or receipt, as its own paper shows it
    payer_type: PayerType  # who pays: SALE, FX_RECEIPT
    # SALE, REFUND, ADJUST.
    gross_minor: Whole  # this line's share of the order's gross, shipping and tax charged to the buyer included
    order_gross_minor: Whole  # gross of the whole order; the shares of its lines sum to it
    refund_minor: Whole  # paid back to the buyer, ≥ 0
    adjust_minor: Signed  # later change of the price, signed: + in the exporter's favour
    # FEE, FEE_CREDIT.
    fee_type: FeeType
    fee_minor: Whole  # charged (FEE) or given back (FEE_CREDIT), ≥ 0
    bill_no: str  # [bizTransaction inv]
    bill_line: Whole  # line of the bill, used once
    is_netted: bool  # taken out of the proceeds before they were paid out
    period_from: str  # first day of a bill or statement
    period_to: str  # last day of it
    # FX_RECEIPT.
    bank_reference: str  # unique at the bank
    received_minor: Whole  # credited to the exporter
    payee_party: Whole  # party number of the payee
    bop_code: str  # balance-of-payments code: "121010"
    converted_from: Currency  # ISO 4217 of the proceeds, if they were converted before payout
    converted_minor: Whole  # amount before conversion, in converted_from
    conversion_rate: str  # decimal; currency per one converted_from
    # PLATFORM_STATEMENT, one per currency of the account: opening + sales - refunds + adjustments - fees + fee_credits
    # + compensation - reserve_held + reserve_released + conversions = payout + closing.
    opening_minor: Signed
    sales_minor: Whole
    refunds_minor: Whole
    adjustments_minor: Signed  # signed
    fees_minor: Whole
    fee_credits_minor: Whole
    compensation_minor: Whole  # for lost stock: never a sale of goods
    reserve_held_minor: Whole
    reserve_released_minor: Whole
    conversions_minor: Signed  # signed: + into this currency, - out of it
    payout_minor: Signed
    closing_minor: Signed
    # TAX_STATE, in CNY.
    tax_minor: Whole  # pre-refund, repayment, reversal or claim of the row, ≥ 0
    cost_minor: Whole  # ex-VAT invoice cost of the pieces that the state speaks of
    rebate_rate: str  # decimal: "0.13"


class OrderGroup(TypedDict, total=False):
    """The sale as the platform knows it."""

    order_ref: str  # order number [bizTransaction po]; the same on every line of the order
    order_line: Whole  # line of the order, from 1
    ordered_at: str  # YYYY-MM-DDThh:mm:ss±hh:mm of the order, which may lie before its shipment
    channel: str  # marketplace: "platform-us", "platform-de", …
    settlement_id: str  # statement in which the platform pays it out; on PLATFORM_STATEMENT its own number
    platform_account: Whole  # number of the seller's account, the one of its book


class PersonGroup(TypedDict, total=False):
    """The buyer, never by name."""

    buyer_pseudonym: str  # the platform's keyed pseudonym, new for each exporter
    country: str  # ISO 3166-1 alpha-2 of delivery


GROUP_TYPES = {
    "document": DocumentGroup,
    "goods": GoodsGroup,
    "logistics": LogisticsGroup,
    "money": MoneyGroup,
    "order": OrderGroup,
    "person": PersonGroup,
}
"""Type of each group, in the order of ``verifier.event.GROUPS``. No member name is used in two groups, so a flat file
can use member names as its columns."""
