"""`manage.py backup` and the way back, on whichever database the tests run on."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reviewapp.management.commands import backup
from tests.factories import make_review
from tests.servers import postgres_programs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backed_up(tmp_path, settings):
    """One backup of a review and an uploaded file; its folder."""
    make_review("kept", title="Kept for ever")
    (settings.MEDIA_ROOT / "ab").mkdir(parents=True)
    (settings.MEDIA_ROOT / "ab" / "paper.pdf").write_bytes(b"%PDF-1.7")
    call_command("backup", str(tmp_path / "backups"))
    (folder,) = (tmp_path / "backups").iterdir()
    return folder


@pytest.mark.core
def test_the_files_are_there_private_and_their_checksums_hold(backed_up):
    assert (backed_up / "media" / "ab" / "paper.pdf").read_bytes() == b"%PDF-1.7"
    assert backed_up.stat().st_mode & 0o077 == 0
    checked = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=backed_up, capture_output=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.core
def test_the_database_can_be_restored(backed_up):
    titles = {"sqlite": titles_in_sqlite_file, "postgresql": titles_in_restored_postgresql}[connection.vendor]
    assert "Kept for ever" in titles(backed_up)


def titles_in_sqlite_file(folder):
    with sqlite3.connect(folder / "db.sqlite3") as restored:
        assert restored.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [title for (title,) in restored.execute("SELECT title FROM reviews_review")]


def titles_in_restored_postgresql(folder):
    url = backup.libpq_url().rsplit("/", 1)[0] + "/restored"
    restore = [postgres_programs() / "pg_restore", "--no-owner", f"--dbname={url}", folder / "database.dump"]
    query = ["psql", "-At", f"--dbname={url}", "-c", "SELECT title FROM reviews_review"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE restored")
        try:
            subprocess.run(restore, check=True)
            return subprocess.run(query, check=True, capture_output=True, text=True).stdout.splitlines()
        finally:
            cursor.execute("DROP DATABASE restored")


def test_a_backup_that_fails_leaves_no_half_folder(tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full_disk)
    monkeypatch.setattr(backup, "write_checksums", full_disk)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", str(tmp_path / "backups"))
    assert list((tmp_path / "backups").iterdir()) == []


def test_json_says_where_and_how_much(tmp_path, capsys):
    call_command("backup", str(tmp_path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert Path(told["backup"]).parent == tmp_path
    assert told["files"] == len((Path(told["backup"]) / "SHA256SUMS").read_text().splitlines())


def test_a_place_that_is_no_folder_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"file: File exists"):
        call_command("backup", str(tmp_path / "file"))


def test_a_missing_pg_dump_is_a_sentence(tmp_path, monkeypatch):
    server = {"USER": "reviewapp", "PASSWORD": "", "HOST": "db", "PORT": 5432, "NAME": "reviewapp"}
    monkeypatch.setattr(
        backup, "connection", SimpleNamespace(vendor="postgresql", settings_dict=server), raising=True
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="apt-get install postgresql-client"):
        call_command("backup", str(tmp_path / "backups"))
    assert list((tmp_path / "backups").iterdir()) == []
