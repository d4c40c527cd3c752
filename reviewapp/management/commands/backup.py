"""`manage.py backup FOLDER`: a consistent copy of database and files, made while the application runs."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from reviews.command import ServiceCommand


class Command(ServiceCommand):
    help = "Write a new folder under FOLDER with the database, the uploaded files and SHA256SUMS."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path)

    def act(self, **options: Any) -> tuple[dict, str]:
        folder: Path = options["folder"]
        os.umask(0o077)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}Z"
        if (folder / name).exists():
            raise CommandError(f"{folder / name} is there already: wait a second and try again.")
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as scratch:
            work = Path(scratch) / name
            work.mkdir()
            copy_database(work)  # first: a file named by a row is then certainly among the files
            if settings.MEDIA_ROOT.exists():
                shutil.copytree(settings.MEDIA_ROOT, work / "media")
            files = write_checksums(work)
            work.rename(folder / name)
        answer = {"backup": str(folder / name), "files": files}
        return answer, f"Backed up to {folder / name}"


def copy_database(folder: Path) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # outside a transaction: Django's autocommit
            cursor.execute("VACUUM INTO %s", [str(folder / "db.sqlite3")])
        return
    argv = ["pg_dump", "--format=custom", f"--file={folder / 'database.dump'}", f"--dbname={libpq_url()}"]
    environ = os.environ | {"PGPASSWORD": connection.settings_dict["PASSWORD"]}
    try:
        subprocess.run(argv, env=environ, check=True)  # noqa: S603 (our own words)
    except FileNotFoundError:
        raise CommandError("pg_dump is not installed: sudo apt-get install postgresql-client") from None
    except subprocess.CalledProcessError as error:
        raise CommandError(f"pg_dump ended with code {error.returncode}; its words are above.") from None


def libpq_url() -> str:
    """The database as pg_dump takes it; the password travels in the environment, where `ps` does not show it."""
    chosen = connection.settings_dict
    port = f":{chosen['PORT']}" if chosen["PORT"] else ""
    user = f"{quote(chosen['USER'], safe='')}@" if chosen["USER"] else ""
    return f"postgresql://{user}{quote(chosen['HOST'], safe='')}{port}/{quote(chosen['NAME'], safe='')}"


def write_checksums(folder: Path) -> int:
    """Write SHA256SUMS, to be checked with `sha256sum --check SHA256SUMS`; returns the number of files in it."""
    lines = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        lines.append(f"{digest}  {file.relative_to(folder)}\n")
    (folder / "SHA256SUMS").write_text("".join(lines))
    return len(lines)
