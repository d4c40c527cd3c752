"""The shell helpers in bin/: what a machine without the right programs is told, and that nothing is done twice."""

import os
import shutil
import subprocess
import sys

import pytest

TOOLS = ["sh", "bash", "env", "dirname", "cat", "sha256sum", "cut", "mkdir"]


@pytest.fixture
def machine(tmp_path, settings):
    """A checkout with ``bin/`` and a PATH with a few basic tools; ``machine.program(name, script)`` adds one."""

    class Machine:
        root = tmp_path / "checkout"
        path = tmp_path / "programs"

        def program(self, name, script):
            file = self.path / name
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(0o755)

        def run(self, *argv, **environ):
            return subprocess.run(
                argv,
                cwd=self.root,
                env={"PATH": str(self.path), "HOME": str(tmp_path)} | environ,
                capture_output=True,
                text=True,
            )

    machine = Machine()
    shutil.copytree(settings.BASE_DIR / "bin", machine.root / "bin")
    machine.path.mkdir()
    for tool in TOOLS:
        (machine.path / tool).symlink_to(shutil.which(tool))
    (machine.root / "requirements.txt").write_text("# nothing\n")
    return machine


def test_without_a_fitting_python_it_says_which_one_is_needed(machine):
    machine.program("python3", 'echo "Python 3.9.2"; exit 1')
    done = machine.run("bin/venv", "requirements.txt")
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_a_python_without_venv_is_told_the_package_and_leaves_no_half_environment(machine):
    machine.program("python3", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    done = machine.run("bin/venv", "requirements.txt")
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr
    assert not (machine.root / ".venv").exists()


@pytest.mark.slow
def test_it_makes_an_environment_once_and_installs_only_when_the_file_changed(machine):
    real = os.path.realpath(sys.executable)
    first = machine.run("bin/venv", "requirements.txt", PYTHON=real)
    assert first.returncode == 0, first.stderr
    assert "Making the virtual environment" in first.stderr
    assert "Installing the packages" in first.stderr
    assert (machine.root / ".venv" / "bin" / "python").exists()

    assert machine.run("bin/venv", "requirements.txt", PYTHON=real).stderr == ""

    (machine.root / "requirements.txt").write_text("# another\n")
    changed = machine.run("bin/venv", "requirements.txt", PYTHON=real)
    assert "Making" not in changed.stderr
    assert "Installing the packages" in changed.stderr

    (machine.root / "requirements.txt").write_text("not-hashed==1.0\n")
    refused = machine.run("bin/venv", "requirements.txt", PYTHON=real)
    assert refused.returncode == 1
    assert "hash" in refused.stderr.lower()
    assert "could not be installed" in refused.stderr


def test_missing_programs_are_named_when_they_cannot_be_installed(machine):
    (machine.path / "python3").symlink_to(sys.executable)
    done = machine.run("bin/packages")
    assert done.returncode == 1
    assert "programs that are not here:" in done.stderr
    assert "redis-server" in done.stderr
    assert "sudo apt-get install" in done.stderr


def test_missing_programs_are_installed_where_that_is_allowed(machine, tmp_path):
    """With an apt-get that only writes down what it is asked, run as through sudo."""
    (machine.path / "python3").symlink_to(sys.executable)
    asked = tmp_path / "asked"
    machine.program("apt-get", f'echo "$@" >> {asked}')
    machine.program("sudo", '[ "$1" = -n ] && shift; exec "$@"')
    for tool in ("true", "tee", "chmod", "rm"):
        machine.program(tool, "cat >/dev/null" if tool == "tee" else "exit 0")
    done = machine.run("bin/packages")
    assert done.returncode == 0, done.stderr
    update, install = asked.read_text().splitlines()
    assert update.startswith("update")
    assert "redis-server" in install


def test_nothing_is_installed_when_everything_is_there(settings):
    done = subprocess.run(["bin/packages"], cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
