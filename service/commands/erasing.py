"""Commands that erase: what a party has told of an order or a buyer, as far as no law wants it kept."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from service.config import Settings
from service.core.erasure import Asked, Outlook, SubjectKind
from service.flow.erase import erase as erase_details
from service.flow.erase import lock_details, preview_erasure
from service.runtime import Runtime
from verifier.calendar import beijing_day


def erase(
    party: Annotated[int, typer.Argument(help="who has told of it")],
    order: Annotated[str, typer.Option(help="order reference, as in order.order_ref")] = "",
    buyer: Annotated[str, typer.Option(help="buyer, as in person.buyer_pseudonym")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="do it; else only say what would go")] = False,
) -> None:
    """Erase what a party has told of an order or a buyer. Says what goes and what the law keeps; --yes does it."""
    if bool(order) == bool(buyer):
        raise typer.BadParameter("expected --order or --buyer, one of the two", param_hint="--order")
    kind = SubjectKind.ORDER if order else SubjectKind.BUYER
    asked, today = Asked(party, kind, order or buyer, "operator of the service"), beijing_day(datetime.now(UTC))
    runtime = Runtime(Settings())
    if yes:
        _show(erase_details(runtime.erasures, asked, today), "erased")
        return
    outlook = preview_erasure(runtime.erasures, asked, today)
    _show(outlook, "would be erased")
    if not outlook.is_empty:
        typer.echo("nothing was changed: add --yes to erase")


def encrypt_details() -> None:
    """Encrypt the order and person groups of events from before version 0.1 did so. Once, after an upgrade."""
    store = Runtime(Settings()).erasures
    with store.erasures() as erasures:
        erasures.cover_all()
        count = erasures.count_unlocked()
    with typer.progressbar(length=count, label="events") as bar:
        for done in lock_details(store):
            bar.update(done)
    typer.echo(f"{count} events looked at; all details of orders and buyers are encrypted")


def add_to(app: typer.Typer) -> None:
    """Put these commands into the command line."""
    for command in (erase, encrypt_details):
        app.command(command.__name__.replace("_", "-"))(command)


def _show(outlook: Outlook, what: str) -> None:
    if outlook.is_empty and outlook.kept is None:
        typer.echo("nothing is known of it, or it was erased before")
    if outlook.groups:
        typer.echo(f"{what}: {' and '.join(outlook.groups)} of {outlook.events} events")
    if outlook.waiting:
        typer.echo(f"{what}: {len(outlook.waiting)} events that wait; post them again without these groups")
    if outlook.kept is not None:
        rule = outlook.kept.rule
        typer.echo(f"kept: order of {outlook.events} events until {outlook.kept.until.isoformat()}")
        typer.echo(f"  rule: {rule.en}")
        typer.echo(f"  规则：{rule.zh}")
        typer.echo(f"  {rule.source}" + (", not confirmed from the text" if rule.basis == "unconfirmed" else ""))
    if outlook.number is not None:
        typer.echo(f"recorded as erasure {outlook.number}; backups from before still hold it (docs/erasure.md)")
