"""What the attacks share: the text of an answer without its tokens, the whole database as one value, tries that
leave nothing behind."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db import transaction

CHANGES_WITH_EVERY_REQUEST = [
    re.compile(pattern)
    for pattern in (
        r'name=\\?"csrfmiddlewaretoken\\?" value=\\?"[^"\\]+\\?"',
        r'"X-CSRFToken\\?": \\?"[^"\\]+\\?"',
        r'name=\\?"key\\?" value=\\?"[^"\\]+\\?"',
        r'name=\\?"shown\\?" value=\\?"[^"\\]+\\?"',
        r'"csrf": "[^"]+"',
        r'name="seed" value="\d+"',
    )
]


def body_of(response) -> str:
    """The answer's text without tokens and keys; of a workbook its parts without the time it was made."""
    raw = b"".join(response) if response.streaming else response.content
    if raw.startswith(b"PK") and "spreadsheetml" in response.headers.get("Content-Type", ""):
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            raw = b"".join(book.read(name) for name in sorted(book.namelist()) if name != "docProps/core.xml")
    text = raw.decode(errors="replace")
    for pattern in CHANGES_WITH_EVERY_REQUEST:
        text = pattern.sub("", text)
    return text


def fingerprint() -> dict[str, str]:
    """Every table of ours as a hash of its rows: equal means nothing changed."""
    found = {}
    for room in [*settings.ROOMS, "authtoken"]:
        for model in apps.get_app_config(room).get_models(include_auto_created=True):
            rows = list(model._default_manager.order_by("pk").values_list())
            found[model._meta.db_table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
