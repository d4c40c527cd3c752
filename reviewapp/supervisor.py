"""Runs a few programs side by side: prefixes their output, starts again what dies, leaves nothing behind.

One thread, no Django. Each program gets its own process group (so that Ctrl-C reaches only the supervisor,
which stops them in order) and asks the kernel to be ended with the supervisor, should that be killed with -9.
"""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from reviewapp.parent_death import die_with_parent

RESTARTS_ALLOWED = 5
RESTART_WINDOW = 60.0  # seconds
RESTART_PAUSE = 1.0  # seconds
STOP_GRACE = 10.0  # seconds
NAME_WIDTH = 6  # characters


class ProgramDied(Exception):
    """A program ended that the others cannot do without; the message says which and how."""


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass(frozen=True)
class Program:
    """``once``: expected to end by itself. ``stop_last``: the others talk to it, so it is stopped after them."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    once: bool = False
    stop_last: bool = False
    pass_fds: tuple[int, ...] = ()
    death_signal: int = signal.SIGKILL


@dataclass
class Running:
    program: Program
    process: subprocess.Popen[bytes]
    restarts: deque[float] = field(default_factory=deque)
    unfinished: bytes = b""
    start_again_at: float | None = None

    @property
    def alive(self) -> bool:
        return self.process.returncode is None


class Supervisor:
    """Start programs, then call ``run`` for ever or ``run(until=...)``; always ``stop`` in a ``finally``.

    Set ``settled`` once all of them work: from then on a program that dies is started again. Before that its end is
    everyone's, because what cannot start once will not start six times.
    """

    def __init__(self, write: Callable[[str], object], *, grace: float = STOP_GRACE) -> None:
        self.write = write
        self.grace = grace
        self.programs: dict[str, Running] = {}
        self.selector = selectors.DefaultSelector()
        self.settled = self.stopped = False
        self.signals = 0

    def listen_to_signals(self) -> None:
        """SIGINT, SIGTERM and a closed terminal stop everything; a second one stops it at once."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._on_signal)

    def _on_signal(self, signum: int, frame: object) -> None:
        self.signals += 1

    def start(self, program: Program) -> None:
        """Start ``program``; raises ProgramDied when it cannot even be executed."""
        self.programs[program.name] = Running(program, self._spawn(program))

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        try:
            process = subprocess.Popen(  # noqa: S603 (the caller's own command)
                program.argv,
                env={**program.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
                pass_fds=program.pass_fds,
                preexec_fn=lambda: die_with_parent(program.death_signal, parent=parent),
            )
        except OSError as error:
            raise ProgramDied(f"{program.name} could not be started: {error}.") from error
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self.selector.register(process.stdout, selectors.EVENT_READ, program.name)
        return process

    def run(self, *, until: Callable[[], bool] = lambda: False, timeout: float | None = None) -> bool:
        """Look after the programs until ``until()`` is true (True) or ``timeout`` seconds are over (False).

        Raises StopAsked on a signal and ProgramDied when a program ends that must not.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not until():
            self._tick()
            if self.signals:
                raise StopAsked
            if deadline is not None and time.monotonic() > deadline:
                return False
        return True

    def has_finished(self, name: str) -> bool:
        return not self.programs[name].alive

    def exit_code(self, name: str) -> int | None:
        return self.programs[name].process.returncode

    def _tick(self) -> None:
        self._forward_output(0.1)
        for running in self.programs.values():
            if running.alive:
                if self._reap(running):
                    self._on_death(running)
            elif running.start_again_at is not None and time.monotonic() >= running.start_again_at:
                running.start_again_at = None
                running.process = self._spawn(running.program)

    def _forward_output(self, timeout: float) -> None:
        for key, _ in self.selector.select(timeout):
            self._read(key.fileobj, self.programs[key.data])  # type: ignore[arg-type]

    def _read(self, pipe: IO[bytes], running: Running) -> None:
        try:
            data = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            self.selector.unregister(pipe)
            pipe.close()
        *lines, running.unfinished = (running.unfinished + data).split(b"\n")
        if not data and running.unfinished:
            lines, running.unfinished = [running.unfinished], b""
        for line in lines:
            self.write(f"{running.program.name:<{NAME_WIDTH}} | {line.decode(errors='replace').rstrip()}\n")

    def _reap(self, running: Running) -> bool:
        """True when the program has just ended; what it left in its group is killed before the pid is given back."""
        pid = running.process.pid
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        _signal_group(pid, signal.SIGKILL)
        running.process.wait()
        return True

    def _on_death(self, running: Running) -> None:
        program, code = running.program, running.process.returncode
        if program.once:
            return
        self._forward_output(0)
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        if not self.settled:
            raise ProgramDied(f"{program.name} {how}; its last lines say why.")
        now = time.monotonic()
        running.restarts.append(now)
        while running.restarts[0] < now - RESTART_WINDOW:
            running.restarts.popleft()
        if len(running.restarts) > RESTARTS_ALLOWED:
            raise ProgramDied(f"{program.name} {how} {len(running.restarts)} times in a minute.")
        self.write(f"{program.name} {how}; starting it again.\n")
        running.start_again_at = now + RESTART_PAUSE

    def stop(self) -> None:
        """End everything in order; what has not ended after ``grace`` seconds or at another signal is killed."""
        if self.stopped:
            return
        self.stopped, signals = True, self.signals
        for last in (False, True):
            group = [running for running in self.programs.values() if running.program.stop_last is last]
            for running in group:
                if running.alive:
                    os.kill(
                        running.process.pid, signal.SIGTERM
                    )  # Popen.terminate would reap, and miss the group
            deadline = time.monotonic() + self.grace
            while any(running.alive and not self._reap(running) for running in group):
                self._drain()
                if time.monotonic() > deadline or self.signals > signals:
                    break
            for running in group:
                if running.alive:
                    _signal_group(running.process.pid, signal.SIGKILL)
                    running.process.wait()
        self._drain()
        self.selector.close()

    def _drain(self) -> None:
        with suppress(OSError):  # nobody may be reading our output any more; stopping goes on
            self._forward_output(0.05)


def _signal_group(pid: int, signum: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signum)
