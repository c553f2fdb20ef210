"""`yett` under cProfile: SIGUSR1 begins, SIGUSR2 ends and writes the file that BENCH_PROFILE names."""

import cProfile
import os
import signal

PROFILE = cProfile.Profile()


def _begin(*_: object) -> None:
    PROFILE.enable()


def _end(*_: object) -> None:
    PROFILE.disable()
    part = os.environ["BENCH_PROFILE"] + ".part"
    PROFILE.dump_stats(part)
    os.replace(part, os.environ["BENCH_PROFILE"])


if __name__ == "__main__":
    from yett.main import entry

    signal.signal(signal.SIGUSR1, _begin)
    signal.signal(signal.SIGUSR2, _end)
    entry()
