"""Which broker `manage.py up` chooses, and that its socket is private and short enough."""

import os
import shutil
import stat

import pytest
import redis

from reviewapp import broker
from reviewapp.broker import BrokerError, bundled_redis, choose_broker, socket_folder
from tests.servers import Service, wait_for


def nothing(*_):
    return None


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """A short XDG_RUNTIME_DIR, as a login session has one."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setattr(broker, "SOCKET_PATH_LIMIT", len(os.fsencode(folder)) + 60)
    return {"XDG_RUNTIME_DIR": str(folder)}


@pytest.mark.parametrize("name", ["REDIS_URL", "CELERY_BROKER_URL"])
def test_a_redis_that_the_environment_names_is_used_and_none_is_started(tmp_path, name):
    chosen = choose_broker({name: "redis://queue:6379/0"}, var_dir=tmp_path)
    assert chosen.argv is None
    assert chosen.environ == {}


def test_redis_server_from_the_path_comes_first(tmp_path, runtime):
    chosen = choose_broker(runtime, var_dir=tmp_path, find_program=lambda name: f"/opt/{name}")
    assert chosen.argv[0] == "/opt/redis-server"
    assert chosen.environ == {"REDIS_URL": f"unix://{chosen.socket}"}
    assert (tmp_path / "redis").is_dir()


def test_without_it_the_bundled_one_is_used(tmp_path, runtime):
    chosen = choose_broker(
        runtime, var_dir=tmp_path, find_program=nothing, find_bundled=lambda: "/wheel/redis-server"
    )
    assert chosen.argv[0] == "/wheel/redis-server"


def test_without_any_redis_jobs_go_through_files_and_the_user_is_told(tmp_path, runtime):
    chosen = choose_broker(runtime, var_dir=tmp_path, find_program=nothing, find_bundled=nothing)
    assert chosen.argv is None
    assert chosen.environ == {"CELERY_BROKER_URL": "filesystem://"}
    assert "apt install redis-server" in chosen.note


def test_the_socket_folder_is_private_short_and_the_same_at_every_start(tmp_path, runtime):
    folder = socket_folder(tmp_path, runtime)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder == socket_folder(tmp_path, runtime)
    assert folder != socket_folder(tmp_path / "other", runtime)


def test_a_folder_that_others_can_enter_is_not_used(tmp_path, runtime):
    folder = socket_folder(tmp_path, runtime)
    folder.chmod(0o755)
    assert socket_folder(tmp_path, runtime) != folder


def test_a_link_in_its_place_is_not_followed(tmp_path, runtime):
    folder = socket_folder(tmp_path, runtime)
    folder.rmdir()
    (tmp_path / "trap").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "trap")
    assert socket_folder(tmp_path, runtime) != folder


def test_a_runtime_folder_too_deep_for_a_socket_is_passed_over(tmp_path):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    folder = socket_folder(tmp_path, {"XDG_RUNTIME_DIR": str(deep)})
    assert len(os.fsencode(folder / "redis.sock")) < 100
    folder.rmdir()


def test_no_short_place_at_all_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(broker, "SOCKET_PATH_LIMIT", 5)
    with pytest.raises(BrokerError, match="Set XDG_RUNTIME_DIR or TMPDIR"):
        socket_folder(tmp_path, {})


def programs():
    """Every Redis this machine offers, by the way it is found."""
    found = {"path": shutil.which("redis-server"), "wheel": bundled_redis()}
    return [pytest.param(program, id=name) for name, program in found.items() if program]


@pytest.mark.parametrize("program", programs())
def test_the_chosen_redis_answers_on_its_socket_only_and_keeps_what_it_was_given(tmp_path, program):
    chosen = choose_broker({}, var_dir=tmp_path, find_program=lambda name: program)
    server = Service(chosen.argv, tmp_path / "redis.log", ready=chosen.socket.exists).start()
    client = redis.Redis(unix_socket_path=str(chosen.socket))
    try:
        client.set("bell", "rung")
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        wait_for(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, "the queue on disk")
        server.kill()
        chosen.socket.unlink(missing_ok=True)
        server.start()
        assert client.get("bell") == b"rung"
    finally:
        server.stop()
        chosen.tidy()
    assert not chosen.socket.parent.exists()
