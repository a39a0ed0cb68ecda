"""The worker: confirm, reconcile, seal, anchor, over and over; beside it, what claims have under way.

Killing it at any moment loses and doubles nothing. Claims have a thread of their own: one over thousands of sales takes
seconds to be computed again, and no event waits for that.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

from service.chain.errors import ChainMismatchError, ChainUnavailableError
from service.claim_runtime import ClaimRuntime, shown_for
from service.flow.anchor import anchor_batches
from service.flow.close_access_day import close_access_day
from service.flow.confirm import LogMismatchError, confirm_blocks
from service.flow.correct import correct_claims
from service.flow.erase import finish_erasures, forget_expired
from service.flow.notices import issue_corrections
from service.flow.outdate import outdate_credentials
from service.flow.post_rows import post_rows
from service.flow.reconcile import find_lost_tail, find_refused
from service.flow.seal import seal_batches
from service.runtime import Runtime
from service.store.access_log import SqlAccessStore

log = logging.getLogger("cangsu.worker")

RECONCILE_SECONDS = 1.0
SETTLE_SECONDS = 1.0
CLOSE_SECONDS = 60.0
"""How often it is asked whether a day of the access log has ended."""
FORGET_SECONDS = 3600.0
RESEND_SECONDS = 10.0
"""A batch that is not on chain this long after anything last moved is sent again: the node may have lost its pool."""
RETRY_SECONDS = 0.5


class Worker:
    """One worker. ``run`` returns when ``stop`` is set."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sent = 0
        self._reconciled_at = 0.0
        self._moved_at = 0.0
        self._is_away = False

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop. A node that is away is waited for; the wrong node is an error."""
        while not stop.is_set():
            try:
                is_busy = self.step()
                self._is_away = False
            except ChainUnavailableError as error:
                if not self._is_away:
                    log.warning("the chain is away, waiting: %s", error)
                self._is_away, self._sent = True, 0  # a node that comes back may have lost what was not mined
                is_busy = False
                stop.wait(RETRY_SECONDS)
            if not is_busy:
                stop.wait(self._runtime.settings.tick_seconds)

    def step(self) -> bool:
        """One round; True if there was something to do."""
        runtime = self._runtime
        now = time.monotonic()
        if now - self._reconciled_at >= RECONCILE_SECONDS:
            self.reconcile()
        confirmed = self._confirm()
        sealed = seal_batches(runtime.logs, runtime.sealer, max_pending=runtime.settings.max_pending)
        if confirmed or sealed:
            self._moved_at = now
        elif now - self._moved_at > RESEND_SECONDS:
            self._sent, self._moved_at = 0, now
        self._sent = anchor_batches(runtime.logs, runtime.chain, self._sent)
        return bool(confirmed or sealed)

    def _confirm(self) -> int:
        runtime = self._runtime
        try:
            return confirm_blocks(runtime.logs, runtime.chain, runtime.settings.confirmations)
        except LogMismatchError:
            if not self.reconcile():  # the chain may have changed while it was read; else it is an error
                raise
            return 0

    def reconcile(self) -> bool:
        """Compare chain and store, and repair what differs; True if the chain had lost what was read."""
        runtime = self._runtime
        if not runtime.chain.has_code():
            raise ChainMismatchError("the chain no longer has our contract: its data was lost or replaced")
        has_lost = find_lost_tail(runtime.logs, runtime.chain)
        if has_lost:
            log.warning("the chain lost its tail; sending again what it lost")
            self._sent = 0
        if find_refused(runtime.logs, runtime.chain, runtime.sealer):
            log.warning("a batch was refused; it and all behind it were signed anew")
            self._sent = 0
        self._reconciled_at = time.monotonic()
        return has_lost


class ClaimWorker:
    """What claims have on its way to the chain, and claims that something has followed; days of the access log."""

    def __init__(self, runtime: Runtime) -> None:
        self._claims = ClaimRuntime(runtime)
        self._erasures = runtime.erasures
        self._retry_at: dict[bytes, float] = {}
        self._access, self._captures = SqlAccessStore(runtime.engine), runtime.captures
        self._party = runtime.settings.issuer_party
        self._close_at = 0.0
        self._forgot_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop, once a second. A node that is away is waited for; that is the worker's to tell."""
        while not stop.wait(SETTLE_SECONDS):
            with suppress(ChainUnavailableError):
                self.step()

    def step(self) -> None:
        """One round."""
        desk = self._claims.desk
        desk.outbox.settle()
        correct_claims(desk, shown_for, self._retry_at)
        issue_corrections(desk)
        outdate_credentials(desk.outbox.store)
        post_rows(desk.outbox)
        if time.monotonic() >= self._close_at:
            close_access_day(self._access, self._captures, self._party, datetime.now(UTC))
            self._close_at = time.monotonic() + CLOSE_SECONDS
        if time.monotonic() - self._forgot_at >= FORGET_SECONDS:
            forget_expired(self._erasures, int(time.time()))
            self._forgot_at = time.monotonic()


def run_worker(runtime: Runtime, stop: threading.Event) -> None:
    """Check that the node serves our log, then work until told to stop. An error of either part ends both."""
    while not stop.is_set():
        try:
            runtime.check_chain()
            break
        except ChainUnavailableError:
            stop.wait(RETRY_SECONDS)
    finish_erasures(runtime.erasures)  # what a crash has interrupted
    with ThreadPoolExecutor(1, "claims") as executor:
        claims = executor.submit(ClaimWorker(runtime).run, stop)
        claims.add_done_callback(lambda _: stop.set())
        try:
            Worker(runtime).run(stop)
        finally:
            stop.set()
    claims.result()
