"""Drives a deployed contract as its parties do, and mirrors its log in Python."""

from copy import deepcopy

import brownie
from actors import ACTORS, OPERATOR_OF, Party
from brownie.network.transaction import TransactionReceipt
from records import a_record, row

from verifier import registry
from verifier.eip712 import Domain, add_key_digest, batch_digest, retire_key_digest
from verifier.kinds import Role
from verifier.lanes import from_account_word
from verifier.merkle import Frontier
from verifier.record import EMPTY_HEAD, Word, leaf_hash, next_head, to_entry

ANYWHERE = 2**64 - 1
FOREVER = 2**40
GAS = 16_777_216  # what a transaction may use (EIP-7825)
CODE_OF_KEY_TYPE = {"batch": registry.KeyType.BATCH, "issuer": registry.KeyType.ISSUER, "line": registry.KeyType.LINE}


class Mirror:
    """Tree head and history heads as verifier/ computes them."""

    def __init__(self):
        self.frontier = Frontier()
        self.histories = {}
        self.unchecked = set()

    def append(self, record, party):
        leaf = leaf_hash(to_entry(record, party))
        lot = Word.from_bytes(record).lot
        head, length = self.histories.get(lot, (EMPTY_HEAD, 0))
        self.frontier.append(leaf)
        self.histories[lot] = next_head(head, leaf), length + 1
        self.unchecked.add(lot)


class Ledger:
    """A contract, and what its log must hold. The relayer sends every transaction, and is the registrar's account."""

    def __init__(self, contract, relayer):
        self.contract = contract
        self.relayer = relayer
        self.domain = Domain(31337, bytes.fromhex(contract.address[2:]), bytes(contract.logId()))
        self.mirror = Mirror()
        self.mirror.append(registry.party_record(1, Role.REGISTRAR), 1)
        self.nonces = {}

    def fork(self):
        """A ledger of the same contract that notes what is done from now on, for a chain that will be rewound."""
        other = object.__new__(Ledger)
        other.contract, other.relayer, other.domain = self.contract, self.relayer, self.domain
        other.mirror, other.nonces = deepcopy(self.mirror), dict(self.nonces)
        return other

    def ask(self, method, *arguments, sender=None):
        """Calls a method without sending anything, at the time of the last block."""
        return getattr(self.contract, method).call(*arguments, {"from": sender or self.relayer})

    def act(self, method, *arguments, sender=None):
        """Sends a transaction. What the contract refuses is refused before it is sent."""
        self.ask(method, *arguments, sender=sender)
        return transact(self.contract, method, *arguments, sender=sender or self.relayer)

    # -- the registrar's acts

    def set_party(self, party, roles=None, *, sender=None):
        roles = party.roles if roles is None else roles
        receipt = self.act("setParty", party.number, int(roles), sender=sender)
        self.mirror.append(registry.party_record(party.number, int(roles)), 1)
        return receipt

    def add_key(
        self, party, *, key_type="batch", key_id=None, valid=(0, FOREVER), custodial=False, consent=b"", sender=None
    ):
        """Gives a party the key that it holds (``party.with_key`` for a further one), or the key with an id."""
        code = int(CODE_OF_KEY_TYPE[key_type])
        fields = (party.number, code, party.key_id if key_id is None else key_id, *valid, custodial)
        receipt = self.act("addKey", *fields, consent, sender=sender)
        self.mirror.append(registry.key_record(*fields), 1)
        return receipt

    def consent(self, party, *, to, key_type="batch", valid=(0, FOREVER), custodial=False):
        """What a party signs with the key that it has, so that it gets another one at once."""
        fields = (party.number, int(CODE_OF_KEY_TYPE[key_type]), to, *valid, custodial)
        return sign(party.key, add_key_digest(self.domain, *fields))

    def end_key(self, party, *, sender=None):
        receipt = self.act("endKey", party.key_id, sender=sender)
        self.mirror.append(registry.key_end_record(party.number, party.key_id, receipt.timestamp), 1)
        return receipt

    def retirement(self, signer, *, of=None, deadline=FOREVER):
        """The arguments of ``retireKey``, signed by a party's key: for that key, or for the one of another Party."""
        key_id = (of or signer).key_id
        return (key_id, deadline, sign(signer.key, retire_key_digest(self.domain, key_id, deadline)))

    def retire_key(self, signer, *, of=None, sender=None):
        """A party ends a key of its own: nobody's role is needed to send that."""
        receipt = self.act("retireKey", *self.retirement(signer, of=of), sender=sender)
        ended = of or signer
        self.mirror.append(registry.key_end_record(ended.number, ended.key_id, receipt.timestamp), 1)
        return receipt

    def open_site(self, site, operator, *, sender=None):
        receipt = self.act("openSite", site, operator.number, sender=sender)
        self.mirror.append(registry.site_record(site, operator.number), 1)
        return receipt

    # -- the parties' acts

    def batch(self, party, *records, place=ANYWHERE, nonce=None, deadline=FOREVER, signer=None):
        """The arguments of ``record``, signed by the party's key or by that of another ``signer``."""
        data = b"".join(records)
        nonce = self.nonces.get(party.number, 0) if nonce is None else nonce
        signature = sign((signer or party).key, batch_digest(self.domain, party.number, nonce, deadline, data))
        return (data, place, party.number, nonce, deadline, signature)

    def record(self, party, *records, **how):
        """Records a batch for a party."""
        return self.send(self.batch(party, *records, **how))

    def send(self, batch):
        """Sends a batch that is signed, and notes what it adds to the log."""
        receipt = self.act("record", *batch)
        data, _, number, nonce, _, _ = batch
        for start in range(0, len(data), 48):
            self.mirror.append(data[start : start + 48], number)
        if nonce >> 64 == 0:
            self.nonces[number] = nonce + 1
        return receipt

    def try_record(self, party, *records, **how):
        """Asks the contract whether it would take a batch; nothing is sent."""
        self.ask("record", *self.batch(party, *records, **how))

    def tell(self, *story):
        """Records events (kind, lot, site, quantity), each by a party that its kind lists."""
        for kind, lot, site, quantity in story:
            self.record(usual_signer(kind, site), a_record(kind, lot, site, quantity))

    # -- what can be read of it

    def now(self):
        """The time of the last block, in unix seconds."""
        return brownie.chain[-1].timestamp

    def lanes(self, lot, site=0):
        """The eight lanes of a lot's account."""
        return from_account_word(self.contract.accountWord(lot, site))

    def total(self, lot, sites=(0, *OPERATOR_OF)):
        """The pieces of a lot in all lanes of all its accounts."""
        return sum(sum(self.lanes(lot, site)) for site in sites)

    def assert_agrees(self):
        """Solidity and Python have the same tree head and the same history heads."""
        frontier = self.mirror.frontier
        assert tuple(self.contract.treeHead()) == (frontier.size, "0x" + frontier.root().hex())
        while self.mirror.unchecked:
            lot = self.mirror.unchecked.pop()
            head, length = self.mirror.histories[lot]
            assert tuple(self.contract.history(lot))[:2] == ("0x" + head.hex(), length)


def transact(contract, method, *arguments, sender):
    """Sends a transaction and waits for its receipt.

    Brownie's own way takes it for dropped if it asks between the moment when Anvil has counted the sender's nonce and
    the moment when it has the receipt.
    """
    data = getattr(contract, method).encode_input(*arguments)
    call = {"from": sender.address, "to": contract.address, "data": data, "gas": GAS}
    txid = brownie.web3.eth.send_transaction(call)
    receipt = brownie.web3.eth.wait_for_transaction_receipt(txid, poll_latency=0.005)
    assert receipt["status"] == 1, f"{method} was refused"
    return TransactionReceipt(txid, silent=True, is_blocking=True)


def sign(key, digest):
    """A signature of 65 bytes, as Ethereum wants it."""
    signature = key.sign_msg_hash(digest)
    return signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big") + bytes([signature.v + 27])


def usual_signer(kind, site) -> Party:
    """The first party that a kind lists."""
    signer = row(kind)["signers"][0].rstrip("*")
    if signer == "operator":
        return OPERATOR_OF[site]
    return ACTORS["exporter" if signer == "owner" else signer]


def refused(error, *arguments):
    """The contract refuses what is done in this context with exactly this error, numbers and all."""
    return brownie.reverts(f"{error}: {', '.join(map(_to_text, arguments))}")


def _to_text(argument):
    """As brownie writes it: bytes as Python does, addresses in lower case."""
    return str(bytes(argument)) if isinstance(argument, bytes) else str(argument).lower()
