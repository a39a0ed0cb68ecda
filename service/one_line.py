"""Errors of the command line in one line: what an operator can mend needs no traceback. A fault of ours keeps it."""

from typing import Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from service.api_keys import ApiKeyError
from service.chain.errors import ChainError
from service.client.client import ClientError, ReceiptError
from service.client.kept_log import KeptLogError
from service.client.key import KeyFileError
from service.client.profile import ProfileError
from service.client.seal import ProposalError
from service.config import SettingsError
from service.deploy import AlreadyDeployedError
from service.flow.checkpoints import WitnessKeyError
from service.flow.enrol import InvitationRefusedError
from service.flow.erase import NotLockedError, RetainedError
from service.flow.link import LinkRefusedError
from service.flow.register import RegistryError
from service.keys.key_file import KeyringError
from service.keys.master import MasterKeyError
from service.launcher import LaunchError
from service.members import MembersError
from service.oidc.settings import ProviderSettingsError
from service.rotation import RotationError
from service.runtime import NotDeployedError

_EXPECTED = (
    AlreadyDeployedError,
    ApiKeyError,
    ChainError,
    ClientError,
    DBAPIError,
    KeptLogError,
    InvitationRefusedError,
    KeyFileError,
    KeyringError,
    MasterKeyError,
    LaunchError,
    LinkRefusedError,
    MembersError,
    NotDeployedError,
    NotLockedError,
    OSError,
    ProfileError,
    ProposalError,
    ProviderSettingsError,
    ReceiptError,
    RegistryError,
    RotationError,
    RetainedError,
    SettingsError,
    ValidationError,
    WitnessKeyError,
)


class OneLineGroup(TyperGroup):
    """Commands whose expected errors end in ``error: …`` on standard error and exit status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except _EXPECTED as error:
            typer.echo(f"error: {in_one_line(error)}", err=True)
            raise typer.Exit(1) from error


def in_one_line(error: Exception) -> str:
    """What went wrong and, where it is known, what to do. Values of settings and statements are not shown."""
    match error:
        case ValidationError():
            faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
            return f"settings CANGSU_…: {'; '.join(faults)}"
        case DBAPIError():
            reason = str(error.orig).strip().splitlines()[0]
            return f"the database: {reason} (was `cangsu init` run, and `cangsu migrate` after an upgrade?)"
        case _:
            return " ".join(str(error).split()) or type(error).__name__
