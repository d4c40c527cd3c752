"""The supervisor with small programs: output, restarts, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from reviewapp.supervisor import Program, ProgramDied, StopAsked, Supervisor
from tests.servers import wait_for


@pytest.fixture
def lines():
    return []


@pytest.fixture
def supervisor(lines):
    supervisor = Supervisor(lines.append, grace=1.0)
    yield supervisor
    supervisor.stop()


def shell(script, name="child", **options):
    return Program(name, ("/bin/sh", "-c", script), os.environ, **options)


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_each_line_carries_the_name_of_its_program(supervisor, lines):
    supervisor.start(shell("echo ready; printf 'no newline'; sleep 30", name="web"))
    supervisor.run(until=lambda: bool(lines), timeout=5)
    assert lines == ["web    | ready\n"]


def test_the_last_words_of_a_program_are_kept_even_without_a_newline(supervisor, lines):
    supervisor.start(shell("printf 'half a line'; exit 3", name="demo", once=True))
    supervisor.run(until=lambda: bool(lines), timeout=5)
    assert lines == ["demo   | half a line\n"]
    supervisor.run(until=lambda: supervisor.has_finished("demo"), timeout=5)
    assert supervisor.exit_code("demo") == 3


def test_bytes_that_are_not_text_do_not_stop_it(supervisor, lines):
    supervisor.start(shell(r"printf '\377\n'; sleep 30", name="web"))
    supervisor.run(until=lambda: bool(lines), timeout=5)
    assert lines == ["web    | \N{REPLACEMENT CHARACTER}\n"]


def test_a_program_that_cannot_be_executed_is_named(supervisor):
    with pytest.raises(ProgramDied, match=r"worker could not be started: .*No such file"):
        supervisor.start(Program("worker", ("/does/not/exist",), {}))


def test_a_program_that_dies_while_starting_ends_everything(supervisor, lines):
    supervisor.start(shell("echo because; exit 1", name="web"))
    with pytest.raises(ProgramDied, match="web ended with code 1"):
        supervisor.run(timeout=5)
    assert "web    | because\n" in lines


def test_a_program_that_dies_later_is_started_again(supervisor, lines, monkeypatch):
    monkeypatch.setattr("reviewapp.supervisor.RESTART_PAUSE", 0.1)
    supervisor.start(shell("echo hello; sleep 30", name="worker"))
    supervisor.run(until=lambda: bool(lines), timeout=5)
    supervisor.settled = True
    first = supervisor.programs["worker"].process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.run(until=lambda: lines.count("worker | hello\n") == 2, timeout=5)
    assert "worker was ended by SIGKILL; starting it again.\n" in lines
    assert supervisor.programs["worker"].process.pid != first


def test_one_that_keeps_dying_ends_everything(supervisor, lines, monkeypatch):
    monkeypatch.setattr("reviewapp.supervisor.RESTART_PAUSE", 0.0)
    supervisor.settled = True
    supervisor.start(shell("exit 1", name="worker"))
    with pytest.raises(ProgramDied, match="worker ended with code 1 6 times in a minute"):
        supervisor.run(timeout=10)


def test_what_a_dead_program_leaves_in_its_group_goes_with_it(supervisor, lines):
    supervisor.start(shell("sleep 300 & echo $!; exit 0", name="demo", once=True))
    supervisor.run(until=lambda: supervisor.has_finished("demo"), timeout=5)
    supervisor.run(until=lambda: bool(lines), timeout=5)
    grandchild = int(lines[0].split("|")[1])
    wait_for(lambda: not alive(grandchild), "the grandchild's end", seconds=5)


def test_a_signal_stops_it_and_the_broker_outlives_the_others(supervisor, lines):
    farewell = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    supervisor.start(shell(farewell, name="redis", stop_last=True))
    supervisor.start(shell(farewell, name="web"))
    supervisor.run(until=lambda: len(lines) == 2, timeout=5)
    supervisor._on_signal(signal.SIGINT, None)
    with pytest.raises(StopAsked):
        supervisor.run(timeout=5)
    supervisor.stop()
    assert lines[2:] == ["web    | bye\n", "redis  | bye\n"]


def test_one_that_does_not_want_to_stop_is_killed_after_the_grace(supervisor, lines):
    supervisor.start(shell("trap '' TERM; echo up; while :; do sleep 0.05; done", name="web"))
    supervisor.run(until=lambda: bool(lines), timeout=5)
    started = time.monotonic()
    supervisor.stop()
    assert 1.0 <= time.monotonic() - started < 4
    assert not alive(supervisor.programs["web"].process.pid)


SUPERVISOR_SCRIPT = """
import os, sys
from reviewapp.supervisor import Program, Supervisor
supervisor = Supervisor(lambda line: print(line, end="", flush=True))
supervisor.start(Program("child", ("/bin/sh", "-c", "echo $$; while :; do sleep 0.05; done"), os.environ))
supervisor.run()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_kill_9_of_the_supervisor_takes_its_programs_with_it(settings):
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR_SCRIPT], stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR
    ) as supervisor:
        child = int(supervisor.stdout.readline().split("|")[1])
        assert alive(child)
        supervisor.kill()
        wait_for(lambda: not alive(child), "the child's end", seconds=5)
