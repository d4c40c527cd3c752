"""What the attacks share: the text of an answer without its tokens, the whole database as one value, tries that
leave nothing behind."""

import hashlib
import io
import re
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from unittest import mock

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django_htmx.middleware import HtmxDetails

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


WRITTEN = re.compile(
    r'\b(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"(\w+)"', re.IGNORECASE
)


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


def faces(client: Client, path: str) -> Iterator[tuple[bool, HttpResponse]]:
    """The page as (False, answer), and as htmx asks for it as (True, answer), if the page asks who is asking.

    A request that never looked whether htmx sent it would be answered alike: that saves half of the reading.
    """
    with asking() as looked:
        yield False, client.get(path)
    if looked:
        yield True, client.get(path, headers={"HX-Request": "true"})


@contextmanager
def asking() -> Iterator[list[str]]:
    """The headers of htmx that were looked for, in the list it gives."""
    looked: list[str] = []
    real = HtmxDetails._get_header_value

    def noted(self: HtmxDetails, name: str) -> str | None:
        looked.append(name)
        return real(self, name)

    with mock.patch.object(HtmxDetails, "_get_header_value", noted):
        yield looked


def our_models() -> list[type[Model]]:
    """Every model of the rooms, tables between two models among them, and the tokens of programs."""
    rooms = [*settings.ROOMS, "authtoken"]
    return [
        model for room in rooms for model in apps.get_app_config(room).get_models(include_auto_created=True)
    ]


def fingerprint(tables: Collection[str] | None = None) -> dict[str, str]:
    """Every table of ours (or of ``tables``) as a hash of its rows: equal means nothing changed."""
    found = {}
    for model in our_models():
        if tables is None or model._meta.db_table in tables:
            rows = list(model._default_manager.order_by("pk").values_list())
            found[model._meta.db_table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


@contextmanager
def writing() -> Iterator[set[str]]:
    """The tables that were written to, in the set it gives: only these can have changed."""
    tables: set[str] = set()

    def note(execute, sql, params, many, context):
        tables.update(WRITTEN.findall(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield tables


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
