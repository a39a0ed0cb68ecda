"""Drives the claim registry as issuers, owners, banks and tax offices do."""

import hashlib
from dataclasses import astuple, replace
from itertools import count

from actors import ACTORS, SITE_A, Party
from ledger import FOREVER, sign, transact
from records import a_record
from trade import BOOK, LOT

from verifier.claim_messages import (
    PURPOSES,
    ROW_STATES,
    SHARES,
    Endorse,
    EndorseConsent,
    Order,
    Reduce,
    Release,
    Revoke,
    RowPost,
    Supersede,
    deducted_hash,
    limits_hash,
    pieces_hash,
    tanks_hash,
)
from verifier.claim_set import EMPTY_SET, BookRange, fold, lot_sets
from verifier.contract import registry_address, registry_domain
from verifier.kinds import Role

ISSUER = Party("issuer", 17, Role.ISSUER)
OTHER_ISSUER = Party("other_issuer", 18, Role.ISSUER)
OWNER, BANK, OTHER_BANK, TAX = (ACTORS[name] for name in ("exporter", "bank", "foreign_bank", "tax"))
EXCHANGE, SETTLEMENT, RETURN, LOSS = PURPOSES.values()
USD, CAD = "USD", "CAD"
WHOLE = SHARES
_serial = count()


def some_hash(name=None):
    """32 bytes; others each time if no name is given."""
    return hashlib.sha256(f"claims {next(_serial) if name is None else name}".encode()).digest()


def to_args(sets):
    return [(part.lot, part.pieces, part.first_word, list(part.words)) for part in sets]


def to_books(books):
    return [astuple(book) for book in books]


def currency(code):
    return "0x" + code.encode().hex()


class Claims:
    """The registry of a ledger, at the address that follows from the ledger's."""

    def __init__(self, ledger, container):
        self.ledger = ledger
        self.domain = registry_domain(ledger.domain)
        self.contract = container.at("0x" + registry_address(ledger.domain).hex())
        self.relayer = ledger.relayer

    def ask(self, method, *arguments, sender=None):
        return getattr(self.contract, method).call(*arguments, {"from": sender or self.relayer})

    def act(self, method, *arguments, sender=None):
        """Sends a transaction. What the contract refuses is refused before it is sent."""
        self.ask(method, *arguments, sender=sender)
        return transact(self.contract, method, *arguments, sender=sender or self.relayer)

    # -- what happens to the goods

    def sell(self, pieces=1, lot=LOT):
        """One sale; its position in the lot's history."""
        return self.note("SALE", pieces, lot)

    def note(self, kind, quantity=0, lot=LOT, site=SITE_A):
        position = self.length(lot)
        self.ledger.tell((kind, lot, site, quantity))
        return position

    def charge(self, number=1, book=BOOK):
        """Fees in a book of the owner."""
        self.ledger.record(ACTORS["platform"], *[a_record("FEE", book) for _ in range(number)])

    def length(self, lot):
        return self.ledger.contract.history(lot)[1]

    # -- claims

    def order(self, sets=(), books=(), tanks=None, deducted=(), **members):
        """An order for a set, as its issuer would write it."""
        order = Order(
            id=some_hash(),
            issuer=ISSUER.number,
            owner=OWNER.number,
            purpose=EXCHANGE,
            set_hash=fold(EMPTY_SET, sets, books),
            credential_digest=some_hash(),
            tanks_hash=tanks_hash(tanks or {}),
            deducted_hash=deducted_hash(deducted),
            deadline=FOREVER,
        )
        return replace(order, **members)

    def issue(
        self,
        positions=None,
        pieces=None,
        books=(),
        tanks=None,
        deducted=(),
        signer=ISSUER,
        consenter=OWNER,
        **members,
    ):
        """Issues a claim over positions and pieces by lot; its id."""
        sets = lot_sets(positions or {}, pieces or {})
        tanks = {USD: some_hash("usd")} if tanks is None and members.get("purpose", EXCHANGE) == EXCHANGE else tanks
        order = self.order(sets, books, tanks, deducted, **members)
        self.send_issue(order, sets, books, tanks, deducted, signer=signer, consenter=consenter)
        return order.id

    def send_issue(
        self, order, sets, books=(), tanks=None, deducted=(), previous=EMPTY_SET, signer=ISSUER, consenter=OWNER
    ):
        return self.act(
            "issue",
            astuple(order),
            previous,
            to_args(sets),
            to_books(books),
            [(currency(code), commitment) for code, commitment in sorted((tanks or {}).items())],
            list(deducted),
            sign(signer.key, order.issue_digest(self.domain)),
            sign(consenter.key, order.consent_digest(self.domain)),
        )

    def add(self, id, sets, previous=EMPTY_SET):
        return self.act("add", id, previous, to_args(sets))

    def supersede(self, id, sets=(), books=(), limits=None, signer=ISSUER, **members):
        """The next version of a claim. ``sets`` are LotSets with the new pieces of their lots."""
        limits = limits or {}
        message = Supersede(
            id=id,
            version=self.claim(id)["version"],
            set_hash=fold(bytes(self.claim(id)["setHash"]), sets, books),
            credential_digest=some_hash(),
            limits_hash=limits_hash(limits),
            deadline=FOREVER,
        )
        message = replace(message, **members)
        given = [(currency(code), limit) for code, limit in sorted(limits.items())]
        signature = sign(signer.key, message.digest(self.domain))
        return self.act("supersede", astuple(message), to_args(sets), to_books(books), given, signature)

    def reduce(self, id, pieces, signer=ISSUER, **members):
        message = replace(Reduce(id, self.claim(id)["version"], pieces_hash(pieces), FOREVER), **members)
        signature = sign(signer.key, message.digest(self.domain))
        return self.act("reduce", astuple(message), sorted(pieces.items()), signature)

    def revoke(self, id, signer=ISSUER, **members):
        message = replace(Revoke(id, self.claim(id)["version"], FOREVER), **members)
        return self.act("revoke", astuple(message), sign(signer.key, message.digest(self.domain)))

    def unwind(self, id, sets, books=(), rest=EMPTY_SET):
        """Takes all parts off a revoked claim, the last one first."""
        parts = [("unwind", part, to_args([part])[0]) for part in sets]
        parts += [("unwindBook", book, astuple(book)) for book in books]
        hashes = [rest]
        for method, part, _ in parts:
            hashes.append(fold(hashes[-1], *(([part], []) if method == "unwind" else ([], [part]))))
        for (method, _, given), previous in zip(reversed(parts), reversed(hashes[:-1]), strict=True):
            self.act(method, id, previous, given)

    # -- banks

    def endorsement(self, id, claim_to, receipt_to, bank=BANK, receipt="receipt", code=USD, **members):
        """What a bank would sign now."""
        reference = some_hash(receipt)
        message = Endorse(
            bank=bank.number,
            id=id,
            version=self.claim(id)["version"],
            currency=code,
            claim_from=self.share(id, code),
            claim_to=claim_to,
            receipt_reference=reference,
            receipt_commitment=some_hash(f"amount of {receipt}"),
            receipt_from=self.contract.receiptOf(bank.number, reference)[0],
            receipt_to=receipt_to,
            adverse=self.contract.adverseOf(id),
            nonce=self.contract.nonceOf(bank.number, 0),
            deadline=FOREVER,
        )
        return replace(message, **members)

    def endorse(self, message, maximum=WHOLE, consent=None, signer=None, consenter=OWNER):
        """Sends an endorsement that the bank and the owner sign."""
        return self.act("endorse", *self.endorse_arguments(message, maximum, consent, signer, consenter))

    def endorse_arguments(self, message, maximum=WHOLE, consent=None, signer=None, consenter=OWNER):
        consent = consent or EndorseConsent(message.id, message.bank, message.currency, maximum, FOREVER)
        signer = signer or bank_of(message.bank)
        return (
            to_tuple(message),
            sign(signer.key, message.digest(self.domain)),
            (consent.maximum, consent.deadline),
            sign(consenter.key, consent.digest(self.domain)),
        )

    def returned(self, id, claim_to, receipt_to, bank=BANK, receipt="receipt", code=USD, **members):
        """What a bank would sign now to release an endorsement."""
        reference = some_hash(receipt)
        message = Release(
            bank=bank.number,
            id=id,
            currency=code,
            claim_from=self.share(id, code),
            claim_to=claim_to,
            receipt_reference=reference,
            receipt_from=self.contract.receiptOf(bank.number, reference)[0],
            receipt_to=receipt_to,
            payment=some_hash(),
            nonce=self.contract.nonceOf(bank.number, 0),
            deadline=FOREVER,
        )
        return replace(message, **members)

    def release(self, message, signer=None):
        signer = signer or bank_of(message.bank)
        return self.act("release", to_tuple(message), sign(signer.key, message.digest(self.domain)))

    # -- tax rows

    def post(self, row, state, pieces, lot=LOT, position=None, party=TAX, signer=None, **members):
        """A tax office takes a row to its next state, citing a new note unless a position is given."""
        if position is None:
            position = self.note("TAX_STATE", lot=lot, site=0)
        nonce = self.contract.nonceOf(party.number, 0)
        message = RowPost(party.number, lot, row, ROW_STATES.index(state), pieces, position, nonce, FOREVER)
        message = replace(message, **members)
        return self.act("postRow", astuple(message), sign((signer or party).key, message.digest(self.domain)))

    # -- reading

    def claim(self, id):
        return self.contract.claimOf(id).dict()

    def share(self, id, code=USD):
        return self.contract.tankOf(id, currency(code))[0]

    def used(self, lot, purpose=EXCHANGE):
        """The positions of a lot that serve a claim."""
        found = set()
        for index in range(self.length(lot) // 256 + 1):
            word = self.contract.usage(purpose, lot, index)
            found |= {256 * index + bit for bit in range(256) if word >> bit & 1}
        return found

    def claimed(self, lot, purpose=EXCHANGE):
        return self.contract.claimedPieces(purpose, lot)

    def overdrawn(self, owner=OWNER):
        return [bytes(id) for id in self.contract.overdrawnOf(owner.number)]


def bank_of(number):
    return next(bank for bank in (BANK, OTHER_BANK) if bank.number == number)


def to_tuple(message):
    """As the ABI wants it: a currency is three bytes."""
    return tuple(currency(value) if isinstance(value, str) else value for value in astuple(message))


def book_range(start, end, book=BOOK):
    return BookRange(book, start, end)
