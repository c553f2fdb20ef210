"""Several processes over the same sockets: forked early, replaced when one dies, ended together."""

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

LOG = logging.getLogger("yett.workers")
WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
# A worker that ends within this many seconds of its start is not replaced: the cause would end the next one too.
SETTLED = 5.0
GRACE = 20.0
PR_SET_PDEATHSIG = 1


def supervise(count: int, work: Callable[[int], int]) -> int:
    """Run `work` in `count` forked processes until a signal ends them; returns the exit status for the parent."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    born = {_fork(number, work): (number, time.monotonic()) for number in range(count)}
    while True:
        number = signal.sigwait(WATCHED)
        if number != signal.SIGCHLD:
            return _end(set(born))
        for pid, status in _dead():
            if pid not in born:
                continue
            place, since = born.pop(pid)
            if time.monotonic() - since < SETTLED:
                _end(set(born))
                return os.waitstatus_to_exitcode(status) or 1
            LOG.error("a worker ended and is replaced", extra={"status": os.waitstatus_to_exitcode(status)})
            born[_fork(place, work)] = (place, time.monotonic())


def _fork(number: int, work: Callable[[int], int]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return pid
    status = 70
    try:
        # No worker outlives its parent: it would hold the sockets, and nobody would end it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        status = work(number)
    except BaseException:
        LOG.exception("a worker ended in a bug")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _dead() -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append((pid, status))


def _end(pids: set[int]) -> int:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    patience = time.monotonic() + GRACE
    while pids and time.monotonic() < patience:
        signal.sigtimedwait((signal.SIGCHLD,), 0.5)
        pids -= {pid for pid, _ in _dead()}
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return 0
