"""What every process that Steelyard starts needs: not to outlive the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def die_with_parent(how: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """A ``preexec_fn``: the kernel sends ``how`` to the child when the thread that started it ends.

    So nothing is left running even when the parent is killed with SIGKILL. ``None`` where the kernel is not
    Linux. Call it before the fork, and start children from a thread that lives as long as they shall.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded here: nothing may be loaded between fork and exec
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # it ended in between
            os._exit(1)

    return arrange
