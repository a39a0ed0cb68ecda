"""``cangsu audit``: whether chain, contract and store agree, recomputed from the first leaf on.

It ends like the verifier: 0 sound, 1 not sound, 2 it could not be checked.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import DBAPIError

from service.chain.errors import ChainError, ChainMismatchError
from service.chain.rpc import RpcError
from service.config import Settings
from service.flow.audit import Audit, ChangedError
from service.flow.audit_report import AuditReport
from service.one_line import in_one_line
from service.runtime import NotDeployedError, Runtime
from service.store.audit import SqlAuditStore
from verifier.checkpoint import Checkpoint, parse_note
from verifier.errors import MalformedError

NOT_SOUND, NOT_CHECKED = 1, 2


def audit(
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="a checkpoint of this log that was kept elsewhere; may be repeated")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the whole result as JSON")] = False,
) -> None:
    """Recompute the whole log from the chain, and compare it with the contract, the store, and cosigned checkpoints."""
    runtime = Runtime(Settings())
    kept = [_read(path) for path in checkpoint or ()]
    try:
        report = _run(runtime, kept)
    except (ChainError, ChangedError, DBAPIError, NotDeployedError, RpcError) as error:
        typer.echo(f"it could not be checked: {in_one_line(error)}", err=True)
        raise typer.Exit(NOT_CHECKED) from error
    typer.echo(json.dumps(report.to_json(), indent=1) if as_json else "\n".join(_lines(report)))
    raise typer.Exit(0 if report.is_sound else NOT_SOUND)


def _run(runtime: Runtime, kept: list[Checkpoint]) -> AuditReport:
    state, console = runtime.log, Console(stderr=True)
    if any(one.domain != state.domain for one in kept):
        raise typer.BadParameter("the checkpoint is of another log", param_hint="--checkpoint")
    if runtime.chain.chain_id() != state.domain.chain_id:
        raise ChainMismatchError("the node serves another chain")
    made = Audit(state.domain, state.first_block, SqlAuditStore(runtime.engine, runtime.details), runtime.chain, kept)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        return made.run(lambda step, done, total: progress.update(task, description=step, completed=done, total=total))


def _read(path: Path) -> Checkpoint:
    try:
        return parse_note(path.read_text("utf-8"))[0]
    except (MalformedError, OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} is no checkpoint: {error}", param_hint="--checkpoint") from error


def _lines(report: AuditReport) -> list[str]:
    seen = (
        f"block {report.block_number}: {report.leaves} leaves, {report.lots} lots and books, {report.events} stored "
        f"events and entries, {report.checkpoints} checkpoints"
    )
    lines = [f"{'sound' if report.is_sound else 'NOT SOUND'} at {seen}"]
    lines += [f"  {finding.part}: {finding.detail}" for finding in report.findings]
    if report.count > len(report.findings):
        lines.append(f"  and {report.count - len(report.findings)} more findings")
    return lines + [f"  note: {note}" for note in report.notes]
