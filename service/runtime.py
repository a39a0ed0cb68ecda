"""Puts an installation together from its settings: engine, chain, keys. Used by API, worker, launcher and commands."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine

from service.certificate.press import Press
from service.chain.errors import ChainMismatchError
from service.chain.ledger import ChainLedger
from service.chain.rpc import READ_SECONDS
from service.config import Settings
from service.custody import Custody
from service.flow.issue import IssuerDesk
from service.flow.people_desk import PeopleDesk
from service.flow.seal import Sealer
from service.keys.keyring import RELAYER, Keyring
from service.oidc.provider import Provider
from service.oidc.settings import read_providers
from service.store.capture import SqlCaptureStore
from service.store.database import open_engine
from service.store.details import Details
from service.store.erasures import SqlErasureStore
from service.store.log import SqlLogStore
from service.store.log_state import LogState, find_log_state
from service.store.people import SqlPeopleStore
from service.store.registered_keys import RegisteredKeys
from service.store.trail import SqlTrailStore
from verifier.chain import Node, NodeView
from verifier.checkpoint import Checkpoint, Pin, Signature
from verifier.signed_note import KeyType, VerifierKey, signed_message


class NotDeployedError(Exception):
    """No log is deployed yet: run ``cangsu deploy`` or ``cangsu up``."""


@dataclass(frozen=True)
class Runtime:
    """One process's view of the installation. Everything is opened on first use."""

    settings: Settings

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        return open_engine(self.settings.database)

    @cached_property
    def captures(self) -> SqlCaptureStore:
        """Where events are accepted."""
        return SqlCaptureStore(self.engine, self.details)

    @cached_property
    def trails(self) -> SqlTrailStore:
        """Reads for people and proofs."""
        return SqlTrailStore(self.engine, self.details)

    @cached_property
    def erasures(self) -> SqlErasureStore:
        """What erases details of orders and buyers."""
        return SqlErasureStore(self.engine, self.details)

    @cached_property
    def details(self) -> Details:
        """What locks and opens the details of orders and buyers."""
        return Details(lambda: self.keyring)

    @cached_property
    def logs(self) -> SqlLogStore:
        """Where batches and leaves are kept."""
        return SqlLogStore(self.engine)

    @cached_property
    def keyring(self) -> Keyring:
        """The keys in custody."""
        return Keyring(self.settings.keyring_path, self.settings.master_key())

    @cached_property
    def custody(self) -> Custody:
        """Which of them signs now."""
        return Custody(self.keyring, RegisteredKeys(self.captures, self.trails, self.settings.issuer_party))

    @cached_property
    def log(self) -> LogState:
        """Our log."""
        state = find_log_state(self.engine)
        if state is None:
            raise NotDeployedError("no log is deployed yet: run `cangsu deploy` or `cangsu up`")
        return state

    @cached_property
    def chain(self) -> ChainLedger:
        """Our log on chain."""
        return ChainLedger(self.settings.rpc_url, self.log.domain.contract)

    @cached_property
    def sealer(self) -> Sealer:
        """What signs batches."""
        return Sealer(self.log.domain, self.chain, self.custody, self.keyring.account(RELAYER))

    @cached_property
    def desk(self) -> IssuerDesk:
        """What issues credentials."""
        settings, domain, node = self.settings, self.log.domain, Node(self.settings.rpc_url, READ_SECONDS)
        issuer = (settings.issuer_uri, settings.issuer_party)
        return IssuerDesk(*issuer, self.custody, domain, lambda: NodeView(node), self.chain)

    @property
    def press(self) -> Press:
        """What makes certificates of the credentials that the desk issues, with the key that signs now."""
        settings, x509 = self.settings, self.settings.issuer_cert
        issuer = (settings.issuer_uri, settings.issuer_party)
        x509_der = None if x509 is None else x509.read_bytes()
        return Press(issuer, self.custody.issuer_key(), settings.verify_page, settings.fonts, x509_der)

    @cached_property
    def note_key(self) -> VerifierKey:
        """The key that our checkpoints are signed with, as readers know it."""
        return VerifierKey(self.origin, KeyType.LOG, self.keyring.ed25519_public())

    def sign_note(self, checkpoint: Checkpoint) -> Signature:
        """Our signature of a checkpoint."""
        message = signed_message(KeyType.LOG, checkpoint.body())
        return self.note_key.signature(self.keyring.sign_ed25519(message))

    @cached_property
    def people(self) -> PeopleDesk:
        """Where people sign in."""
        settings = self.settings
        limits = (settings.session_idle_seconds, settings.session_most_seconds)
        return PeopleDesk(SqlPeopleStore(self.engine), self.keyring, *limits)

    @cached_property
    def providers(self) -> dict[str, Provider]:
        """Where people of a party may sign in besides, by name."""
        home, file = self.settings.home, self.settings.oidc_file
        read = {} if file is None else read_providers(file)
        return {name: Provider(name, one, f"{home}/v1/oidc/{name}/callback") for name, one in read.items()}

    @property
    def pin(self) -> Pin:
        """Our log, as a verifier pins it."""
        return Pin("", self.log.domain)

    @property
    def origin(self) -> str:
        """The checkpoint origin of our log."""
        return self.log.domain.origin(self.settings.log_host)

    def check_chain(self) -> None:
        """Raise ChainMismatchError unless the node serves the log that we keep."""
        found = self.chain.domain()
        if found != self.log.domain:
            raise ChainMismatchError("the node serves another chain, or the contract has another log id")
