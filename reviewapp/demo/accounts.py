"""The demo accounts: random passwords, made once and kept in VAR_DIR for their owner alone."""

import json
import os
import secrets
from pathlib import Path

from django.conf import settings

from reviewapp.demo.story import TEAM
from reviews.models import User


def accounts_file() -> Path:
    return settings.VAR_DIR / "demo_accounts.json"


def make_accounts() -> dict[str, User]:
    """The demo people by first name in lower case; their sign-ins are in ``accounts_file()``.

    A person whose password the file no longer knows gets a new one, so that the printed sign-ins always work.
    """
    file = accounts_file()
    kept = {entry["email"]: entry for entry in json.loads(file.read_text())} if file.exists() else {}
    people, entries = {}, []
    for name, email, role in TEAM:
        user = User.objects.filter(email=email).first() or User(email=email, name=name)
        password = kept.get(email, {}).get("password", "")
        if user.pk is None or not password:
            password = secrets.token_urlsafe(12)
            user.set_password(password)
            user.save()
        people[name.split()[0].lower()] = user
        entries.append({"role": role, "name": name, "email": email, "password": password})
    _write(file, entries)
    return people


def _write(file: Path, entries: list[dict]) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(entries, out, indent=1)
