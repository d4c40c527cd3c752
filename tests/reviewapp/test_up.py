"""`manage.py up` for real: it starts everything, says so, survives what dies and leaves nothing behind."""

import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress

import psutil
import pytest
from django.conf import settings

from tests.servers import Service, redis_service, wait_for

pytestmark = pytest.mark.slow
NOT_OURS = {"DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "SECRET_KEY", "MAKELEVEL", "PYTHONUNBUFFERED"}
ROLES = {"owner", "reviewer", "adjudicator"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A database with every table and nothing in it: making one takes longer than all else at a start."""
    folder = tmp_path_factory.mktemp("migrated")
    own = {"DJANGO_SETTINGS_MODULE": "reviewapp.settings", "VAR_DIR": str(folder)}
    clean = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "-v0"],
        check=True,
        env=clean | own,
        cwd=settings.BASE_DIR,
    )
    return folder / "db.sqlite3"


@pytest.fixture
def up(tmp_path, migrated):
    """``up("--no-demo")`` starts everything on data of its own and returns when the welcome is printed.

    With the demo the database is made from nothing, as on a fresh machine; without it there is an empty one.
    """
    started = []

    def start(*options, wait=True, port=0, **environ):
        port = port or free_port()
        log = tmp_path / f"up{len(started)}.log"
        argv = [sys.executable, "manage.py", "up", "--port", str(port), *options]
        own = {"DJANGO_SETTINGS_MODULE": "reviewapp.settings", "VAR_DIR": str(tmp_path / "var")}
        clean = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        if "--no-demo" in options and not (tmp_path / "var").exists():
            (tmp_path / "var").mkdir()
            shutil.copy(migrated, tmp_path / "var" / "db.sqlite3")
        service = Service(argv, log, environ=clean | own | environ, cwd=settings.BASE_DIR)
        if wait:
            service.ready = lambda: "Stop with Ctrl-C" in service.output()
        service.url = f"http://127.0.0.1:{port}/"
        started.append(service)
        return service.start(seconds=120)

    yield start
    for service in started:
        service.stop(seconds=40)


def ends(service, *, seconds=60):
    """Wait for the process; its exit code and all it printed."""
    return service.process.wait(seconds), service.output()


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def wait_until_ready(service):
    """/readyz answers 200; it may pass through 503 on a busy machine or while something starts again."""
    wait_for(lambda: get(service.url + "readyz")[0] == 200, "ready", seconds=40)


def children_of(service):
    return psutil.Process(service.pid).children(recursive=True)


def programs_of(service):
    """Which of the programs that we know are running."""
    lines = []
    for child in children_of(service):
        with suppress(psutil.Error):  # it has just ended
            lines.append(" ".join(child.cmdline()))
    return {name for name in ("redis-server", "celery", "gunicorn") if any(name in line for line in lines)}


def wait_for_restarts(service, times):
    wait_for(lambda: service.output().count("starting it again") == times, "the restart", seconds=20)
    return service.output()


def assert_all_end(processes, seconds=5):
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    assert alive == []


def sign_in(url, email, password):
    """The page a person lands on after the sign-in form."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(url + "accounts/login/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    fields = {"csrfmiddlewaretoken": token, "login": email, "password": password}
    request = urllib.request.Request(
        url + "accounts/login/",
        urllib.parse.urlencode(fields).encode(),
        headers={"Referer": url},
    )
    with browser.open(request, timeout=10) as answer:
        return answer.url, answer.read().decode()


def count(tmp_path, table):
    with sqlite3.connect(tmp_path / "var" / "db.sqlite3") as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_the_first_start_loads_a_review_anyone_can_sign_in_to_and_the_second_keeps_it(up, tmp_path):
    first = up()
    wait_until_ready(first)
    accounts = json.loads((tmp_path / "var" / "demo_accounts.json").read_text())
    assert {account["role"] for account in accounts} >= ROLES
    for account in accounts:
        line = rf"{account['role']} +{re.escape(account['email'])} +{re.escape(account['password'])}"
        assert re.search(line, first.output())
    address, page = sign_in(first.url, accounts[0]["email"], accounts[0]["password"])
    assert address == first.url + "reviews/"
    assert "depression" in page
    first.stop()
    records, users = count(tmp_path, "records_record"), count(tmp_path, "reviews_user")
    assert records > 400

    second = up()
    assert accounts[0]["password"] in second.output()
    assert sign_in(second.url, accounts[0]["email"], accounts[0]["password"])[0] == second.url + "reviews/"
    assert (count(tmp_path, "records_record"), count(tmp_path, "reviews_user")) == (records, users)


def test_a_day_of_it(up):
    """One start, because a start takes seconds: a second one beside it, two programs that die, and Ctrl-C."""
    service = up("--no-demo")
    programs = {"redis-server": "redis", "celery": "worker", "gunicorn": "web"}
    assert programs_of(service) == set(programs)

    code, output = ends(up("--no-demo", wait=False))
    assert code == 0
    assert f"Already running at {service.url}" in output

    for restarts, name in enumerate(["redis-server", "celery"], start=1):
        next(child for child in children_of(service) if name in " ".join(child.cmdline())).kill()
        said = wait_for_restarts(service, restarts)
        assert f"{programs[name]} was ended by SIGKILL; starting it again." in said
        wait_for(lambda: programs_of(service) == set(programs), f"{name} again", seconds=20)
        wait_until_ready(service)

    children = children_of(service)
    os.kill(service.pid, signal.SIGINT)
    code, output = ends(service)
    assert code == 0
    assert output.rstrip().endswith("Stopped.")
    assert_all_end(children)


def test_kill_9_leaves_nothing_and_the_next_start_works(up):
    service = up("--no-demo")
    children = children_of(service)
    os.kill(service.pid, signal.SIGKILL)
    assert_all_end(children)
    wait_until_ready(up("--no-demo"))


def test_a_busy_port_is_refused_with_another_to_take(up):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, output = ends(up("--no-demo", wait=False, port=port))
    assert code == 1
    assert f"Port {port} is already in use. Choose another: make run PORT=" in output
    suggested = int(re.search(r"PORT=(\d+)", output)[1])
    socket.create_server(("127.0.0.1", suggested)).close()


def test_a_port_that_is_none_is_refused(up):
    code, output = ends(up("--no-demo", wait=False, port=70000))
    assert code == 1
    assert "70000 is not a port" in output


def test_a_database_that_cannot_be_reached_is_a_sentence(up, tmp_path):
    url = f"postgres://nobody@{urllib.parse.quote(str(tmp_path), safe='')}/none"
    code, output = ends(up("--no-demo", wait=False, DATABASE_URL=url))
    assert code == 1
    assert "The database cannot be used:" in output
    assert "Traceback" not in output


def test_a_web_server_that_cannot_start_ends_everything_with_its_own_words(up):
    code, output = ends(
        up("--no-demo", wait=False, GUNICORN_CMD_ARGS="--config /does/not/exist.py"), seconds=40
    )
    assert code == 1
    assert "web    | Error: '/does/not/exist.py' doesn't exist" in output
    assert "web ended with code 1" in output


def test_a_redis_of_ones_own_is_used_and_none_is_started(up, tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    own = redis_service(folder).start()
    try:
        service = up("--no-demo", REDIS_URL=f"unix://{folder}/redis.sock")
        wait_until_ready(service)
        assert programs_of(service) == {"celery", "gunicorn"}
    finally:
        own.stop()


def test_without_any_redis_the_file_transport_carries_the_jobs(up):
    service = up("--no-demo", CELERY_BROKER_URL="filesystem://")
    wait_until_ready(service)
