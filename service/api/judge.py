"""Verifies a credential as this service can: its own log, its own node, and the status list that it publishes."""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import FastAPI

from service.claim_runtime import ClaimRuntime
from service.runtime import Runtime
from verifier.claims.kinds import claim_kind
from verifier.policy import Policy
from verifier.report import Report
from verifier.steps import verify


def judge(app: FastAPI, data: bytes) -> Report:
    """The report on a credential or certificate."""
    runtime: Runtime = app.state.runtime
    claims: ClaimRuntime = app.state.claims
    policy = Policy(now=int(datetime.now(UTC).timestamp()), log=runtime.pin)
    report = verify(data, policy, runtime.desk.view)
    statement = report.statement
    if statement is None or statement.status is None or claim_kind(statement.vct).asks_chain:
        return report
    if statement.status.uri != claims.statuses.uri:  # another issuer's list is for its reader to fetch
        return report
    return verify(data, replace(policy, status_list=claims.statuses.fresh().token), runtime.desk.view)
