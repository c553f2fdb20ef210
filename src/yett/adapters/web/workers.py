"""Several processes over the same sockets: forked early, replaced when one dies, ended together."""

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

LOG = logging.getLogger("yett.workers")
WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
GRACE = 20.0
PR_SET_PDEATHSIG = 1

# Says that this worker serves, and gives the exit status.
Work = Callable[[int, Callable[[], None]], int]


class Worker(NamedTuple):
    """Which of them it is, and the end of a pipe that says whether it ever served."""

    number: int
    served: int


def supervise(count: int, work: Work) -> int:
    """Run `work` in `count` forked processes until a signal ends them; returns the exit status for the parent.

    A worker that served and died is replaced. One that never served ends them all: the cause would end the next one too.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    workers = dict(_fork(number, work) for number in range(count))
    while True:
        if signal.sigwait(WATCHED) != signal.SIGCHLD:
            _end(set(workers))
            return 0
        for pid, status in _dead():
            if (worker := workers.pop(pid, None)) is None:
                continue
            served = os.read(worker.served, 1)
            os.close(worker.served)
            if not served:
                _end(set(workers))
                return status or 1
            LOG.error("a worker ended and is replaced", extra={"status": status})
            new, replacement = _fork(worker.number, work)
            workers[new] = replacement


def _fork(number: int, work: Work) -> tuple[int, Worker]:
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    if pid := os.fork():
        os.close(write)
        return pid, Worker(number, read)
    os.close(read)
    status = 70
    try:
        # No worker outlives its parent: it would hold the sockets, and nobody would end it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        status = work(number, lambda: _say(write))
    except BaseException:
        LOG.exception("a worker ended in a bug")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _say(write: int) -> None:
    os.write(write, b"1")
    os.close(write)


def _dead() -> list[tuple[int, int]]:
    """Those that ended, and how."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append((pid, os.waitstatus_to_exitcode(status)))


def _end(pids: set[int]) -> None:
    """Let them finish; kill who does not."""
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    patience = time.monotonic() + GRACE
    while pids and time.monotonic() < patience:
        signal.sigtimedwait((signal.SIGCHLD,), 0.1)
        pids -= {pid for pid, _ in _dead()}
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
