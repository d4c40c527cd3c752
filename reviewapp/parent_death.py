"""Processes that end with the process that started them, even when that one was killed with -9 (Linux)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signum: int = signal.SIGKILL, *, parent: int | None = None) -> None:
    """Have the kernel send this process ``signum`` when its parent ends; nothing where there is no such call.

    Call it in the child, right after the fork (``preexec_fn``). ``parent`` is the pid of the expected parent:
    if it has ended already, this process leaves at once.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signum)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signum)
