"""Builds real credentials of a world, and what a cheating issuer would sign instead."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from service.core.drafts import DraftRequest, LoggedEvent, draft_credential, parties_that_matter
from service.core.state_proof import storage_keys, to_state_proof
from tests.verifier.world import ISSUER, Logged, World
from verifier.anchor import Anchor
from verifier.canonical import canonical_bytes, to_base64url
from verifier.chain import Node, NodeView
from verifier.checkpoint import Checkpoint
from verifier.es256 import Jwk
from verifier.event import GROUPS
from verifier.evm_proof import StateProof
from verifier.payload import Issuer
from verifier.policy import Policy
from verifier.record import registry_book
from verifier.report import Report
from verifier.sdjwt import assemble, make_key_binding_input, make_signing_input
from verifier.steps import verify
from verifier.view import ChainView

YEAR = 365 * 86_400
ALL_GROUPS = frozenset(GROUPS)
Payload = dict[str, Any]


@dataclass(frozen=True)
class Issued:
    """A signed credential, and what it was put together from."""

    text: str
    payload: Payload
    disclosures: tuple[str, ...]

    @property
    def data(self) -> bytes:
        return self.text.encode()


class CredentialFactory:
    """Issues credentials as the service does, from the leaves of a world."""

    def __init__(self, world: World, key: ec.EllipticCurvePrivateKey) -> None:
        self.world = world
        self.node = Node(world.url)
        self.key = key
        self.jwk = Jwk.from_key(key.public_key())

    def issue(
        self,
        lot: int,
        *,
        shown: frozenset[str] = ALL_GROUPS,
        holder: Jwk | None = None,
        with_state_proof: bool = False,
        tamper: Callable[[Payload], object] = lambda payload: None,
    ) -> Issued:
        """A credential of a lot as of now; ``tamper`` changes the payload before it is signed."""
        draft = draft_credential(self.request(lot, shown=shown, holder=holder, with_state_proof=with_state_proof))
        payload = copy.deepcopy(draft.payload)
        tamper(payload)
        return self.sign(payload, draft.disclosures)

    def sign(self, payload: Payload, disclosures: tuple[str, ...]) -> Issued:
        """Sign anything with the genuine issuer key."""
        signing_input = make_signing_input(self.jwk, payload)
        return Issued(assemble(signing_input, sign_es256(self.key, signing_input), disclosures), payload, disclosures)

    def prove_anew(self, payload: Payload) -> None:
        """Put in the proof of whatever leaves a changed payload names, as a cheating issuer would."""
        placed = [*payload["events"], *(entry for book in payload["registry"] for entry in book["entries"])]
        proof = self.world.prove([item["leaf_index"] for item in placed], payload["anchor"]["tree_size"])
        payload["proof"] = [to_base64url(item) for item in proof]

    def request(
        self, lot: int, *, shown: frozenset[str], holder: Jwk | None = None, with_state_proof: bool = False
    ) -> DraftRequest:
        """What the service would ask the builder for."""
        world, history = self.world, self.world.histories[lot]
        owner = history[0].clear["site"]
        parties = parties_that_matter(ISSUER, owner, [logged.party for logged in history])
        anchor = self.anchor([lot, *map(registry_book, parties)] if with_state_proof else [])
        return DraftRequest(
            iss="https://cangsu.example",
            issuer=Issuer(ISSUER, self.jwk),
            iat=anchor.block_time,
            exp=anchor.block_time + YEAR,
            owner=owner,
            events=[self._to_logged(logged, shown) for logged in history],
            registry=[world.book(party) for party in parties],
            prove=world.prove,
            anchor=anchor,
            holder=holder,
        )

    def anchor(self, proven: list[int]) -> Anchor:
        """The log as of the latest block, with a state proof of these lots and books if there are any."""
        world = self.world
        number = world.web3.eth.block_number
        block = self.node.find_block(number)
        assert block is not None
        size, root = self.node.tree_head(world.domain.contract, hex(number))
        proof = self.state_proof(number, proven) if proven else None
        return Anchor(world.domain, size, root, number, block.hash, block.timestamp, proof)

    def state_proof(self, number: int, lots: list[int]) -> StateProof:
        """What a node proves of the contract at a block."""
        contract = "0x" + self.world.domain.contract.hex()
        block = self.node._call("eth_getBlockByNumber", hex(number), False)
        return to_state_proof(block, self.node._call("eth_getProof", contract, storage_keys(lots), hex(number)))

    def checkpoint(self, anchor: dict[str, Any]) -> Checkpoint:
        """The checkpoint that a reader would have kept of the block of an anchor."""
        root, block_hash = bytes.fromhex(anchor["root"][2:]), bytes.fromhex(anchor["block_hash"][2:])
        number = anchor["block_number"]
        return Checkpoint("cangsu.example", self.world.domain, anchor["tree_size"], root, number, block_hash)

    def judge(self, credential: Issued | bytes, view: ChainView | None = None, **policy: Any) -> Report:
        """What the verifier says, by our node unless another view is given."""
        data = credential if isinstance(credential, bytes) else credential.data
        return verify(data, Policy(now=self.world.now() + 60, **policy), view or NodeView(self.node))

    def _to_logged(self, logged: Logged, shown: frozenset[str]) -> LoggedEvent:
        body = canonical_bytes({**logged.clear, "_sd": logged.digests})
        return LoggedEvent(body, "~".join(logged.disclosures).encode(), shown, logged.party, logged.leaf_index)


def sign_es256(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """A raw ES256 signature, of either parity of s."""
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def bind(text: str, key: ec.EllipticCurvePrivateKey, *, audience: str, nonce: str, issued_at: int) -> str:
    """A presentation with a key-binding JWT."""
    signing_input = make_key_binding_input(text, audience=audience, nonce=nonce, issued_at=issued_at)
    return text + assemble(signing_input, sign_es256(key, signing_input), ()).removesuffix("~")
