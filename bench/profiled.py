"""`yett` under cProfile: SIGUSR1 begins, SIGUSR2 ends and writes the file that BENCH_PROFILE names."""

import cProfile
import os
import signal
from pathlib import Path

PROFILE = cProfile.Profile()


def _begin(*_: object) -> None:
    PROFILE.enable()


def _end(*_: object) -> None:
    PROFILE.disable()
    out = Path(os.environ["BENCH_PROFILE"])
    part = out.with_suffix(".part")
    PROFILE.dump_stats(part)
    part.replace(out)


if __name__ == "__main__":
    from yett.main import entry

    signal.signal(signal.SIGUSR1, _begin)
    signal.signal(signal.SIGUSR2, _end)
    entry()
