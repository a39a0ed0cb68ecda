"""Settings, from the environment (``CANGSU_…``) with defaults that suit the embedded installation."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.keys.master import KmsCommand, MasterKey, MasterKeyFile, Passphrase


class SettingsError(ValueError):
    """A setting is missing that what was asked cannot do without."""


class Settings(BaseSettings):
    """Everything that can be set. ``var`` holds the database, the keys, the chain's data and the logs by default."""

    model_config = SettingsConfigDict(env_prefix="CANGSU_", frozen=True)

    var: Path = Field(Path("var"), description="folder for data; everything the embedded installation writes")
    database_url: str = Field("", description="sqlite:///… or postgresql+psycopg://…; SQLite in var by default")
    rpc_url: str = Field("http://127.0.0.1:8545", description="JSON-RPC of the chain")
    host: str = Field("127.0.0.1", description="address that the API listens on")
    port: int = Field(8000, description="port that the API listens on")
    proxies: str = Field("127.0.0.1", description="addresses of proxies whose X-Forwarded-For and -Proto are believed")
    max_connections: int = Field(2_000, ge=1, description="connections that an API process holds at once")
    posts_per_minute: int = Field(120_000, ge=1, description="POST /v1/events and /v1/batches of a key")
    proofs_per_minute: int = Field(300, ge=1, description="claims, credentials, certificates and the like of a key")
    proofs_at_once: int = Field(4, ge=1, description="of these, worked out at once by an API process")
    requests_per_minute: int = Field(6_000, ge=1, description="other requests of a key")
    open_requests_per_minute: int = Field(600, ge=1, description="requests of an address that show no key that served")
    bad_keys_per_minute: int = Field(30, ge=1, description="keys that are not in force, from an address")
    passphrase: SecretStr = Field(SecretStr(""), description="opens the key file")
    passphrase_file: Path | None = Field(None, description="file with the passphrase, if it is not given directly")
    master_key_file: Path | None = Field(None, description="file with a master key, in place of a passphrase")
    kms_command: str = Field("", description="program that asks a KMS for the master key's work, in place of both")
    confirmations: int = Field(0, ge=0, description="blocks that must follow before a batch counts as anchored")
    tick_seconds: float = Field(0.15, gt=0, description="how often the worker looks for work")
    max_pending: int = Field(64, ge=1, description="sealed batches that may wait for the chain")
    issuer_uri: str = Field("https://cangsu.example", description="iss of the credentials")
    issuer_party: int = Field(10, description="party number that issues credentials")
    verify_url: str = Field(
        "", description="page that the QR code of a certificate opens; issuer_uri/verify by default"
    )
    fonts: Path = Field(
        Path("node_modules/@expo-google-fonts/noto-sans-sc"),
        description="folder with the certificate's fonts, as npm's @expo-google-fonts/noto-sans-sc lays them out",
    )
    issuer_cert: Path | None = Field(None, description="the issuer key's X.509 certificate (DER); self-signed without")
    log_host: str = Field("cangsu.example", description="host part of the checkpoint origin")
    session_idle_seconds: int = Field(1800, ge=60, description="a person who does nothing for so long is signed out")
    session_most_seconds: int = Field(
        43_200, ge=60, description="a person is signed out after so long, whatever it does"
    )

    oidc_file: Path | None = Field(None, description="TOML file with the OpenID Connect providers of people")
    public_url: str = Field("", description="address that browsers know this service by; issuer_uri by default")

    @property
    def database(self) -> str:
        """The database URL, with its default."""
        return self.database_url or f"sqlite:///{(self.var / 'cangsu.db').resolve()}"

    @property
    def verify_page(self) -> str:
        """The verify page, with its default."""
        return self.verify_url or f"{self.issuer_uri}/verify"

    @property
    def home(self) -> str:
        """The address that browsers know us by, with its default."""
        return (self.public_url or self.issuer_uri).rstrip("/")

    @property
    def keyring_path(self) -> Path:
        """The encrypted key file."""
        return self.var / "keys.json"

    def master_key(self) -> MasterKey:
        """What opens the key file; SettingsError unless one kind of master key is set, and one only."""
        passphrase = self.passphrase.get_secret_value()
        has_passphrase = bool(passphrase) or self.passphrase_file is not None
        if has_passphrase + (self.master_key_file is not None) + bool(self.kms_command) > 1:
            raise SettingsError("set a passphrase, CANGSU_MASTER_KEY_FILE or CANGSU_KMS_COMMAND, not several of them")
        if self.master_key_file is not None:
            return MasterKeyFile(self.master_key_file)
        if self.kms_command:
            return KmsCommand(self.kms_command)
        if passphrase:
            return Passphrase(passphrase)
        if self.passphrase_file is not None:
            return Passphrase.of_file(self.passphrase_file)
        raise SettingsError(
            "set CANGSU_PASSPHRASE, CANGSU_PASSPHRASE_FILE, CANGSU_MASTER_KEY_FILE or CANGSU_KMS_COMMAND"
        )
