"""Hostile text in every field that people or databases fill: it is shown as text, in pages, figures and files."""

import csv
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reviews.downloads import csv_lines
from reviews.models import Review
from reviews.safe_csv import safe_cell
from tests.security.addresses import addresses
from tests.security.tools import body_of, faces
from tests.security.world import RIS

pytestmark = pytest.mark.django_db
MARK = "hxq"
HOSTILE = (
    f"<script>{MARK}(1)</script><img src=x onerror={MARK}(2)>\"'`{{{{{MARK}}}}}{{% {MARK} %}}&lt;{MARK}>"
)
FORMULA = f"=cmd|'/C {MARK}'!A0"
LINK = f"javascript:{MARK}(3)"


class Page(HTMLParser):
    """What a browser would run or follow: scripts, handlers, styles, addresses."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.in_script = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.in_script = tag == "script" and ("type", "application/json") not in attrs  # data, never run
        for name, value in attrs:
            value = (value or "").strip().lower()
            if name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}={value[:60]}>")
            if name in {"href", "src", "action", "formaction", "xlink:href", "hx-get", "hx-post"}:
                if (
                    not re.match(r"^(/|#|\?|https?://|data:image/|mailto:|$)", value)
                    and not value[:1].isalnum()
                ):
                    self.faults.append(f"<{tag} {name}={value[:60]}>")
                if value.startswith(("javascript", "vbscript", "data:text")):
                    self.faults.append(f"<{tag} {name}={value[:60]}>")
        if MARK in tag:
            self.faults.append(f"<{tag}>")

    def handle_data(self, data):
        if self.in_script and data.strip():
            self.faults.append(f"script body: {data[:60]}")

    def handle_endtag(self, tag):
        if tag == "script":
            self.in_script = False


def poison(world) -> None:
    """Write hostile text straight into every text column there is, past forms and services."""
    for record in world.records:
        record.title = f"{HOSTILE} {record.pk}"
        record.abstract = f"BACKGROUND: {HOSTILE}\nMETHODS: {HOSTILE}\n{FORMULA}"
        record.authors = [HOSTILE, FORMULA]
        record.journal, record.doi, record.url = HOSTILE, f'10.1/"><script>{MARK}', LINK
        record.pmid, record.keywords, record.registry_ids = '1"><b>', [HOSTILE], [HOSTILE]
        record.extra, record.raw = {HOSTILE: [HOSTILE]}, HOSTILE
        record.save()
    fill = {
        world.search: ["source", "platform", "query", "limits"],
        world.batch: ["file_name"],
        world.reason: ["label"],
        world.outcome: ["name", "domain", "scale", "unit", "time_point"],
        world.criterion: ["text"],
        world.arms[0]: ["label"],
        world.plan: ["name", "exclusion_note", "experimental_label", "comparator_label"],
        world.characteristic: ["name", "value"],
        world.failed_job: ["label", "error", "message"],
        world.result: ["scale", "time_point", "basis", "source"],
    }
    for row, names in fill.items():
        limits = {name: row._meta.get_field(name).max_length or 10_000 for name in names}
        type(row).objects.filter(pk=row.pk).update(**{name: HOSTILE[: limits[name]] for name in names})
    for number, study in enumerate(world.studies):
        type(study).objects.filter(pk=study.pk).update(label=f"{HOSTILE[:100]} {number}")
    for user in world.people.values():
        type(user).objects.filter(pk=user.pk).update(name=HOSTILE[:120])
    world.review.decisions.update(note=HOSTILE)
    world.review.assessments.get(pk=world.assessment.pk).judgements.update(support=HOSTILE)
    Review.objects.filter(pk=world.review.pk).update(
        title=HOSTILE[:200], question=HOSTILE, notice=HOSTILE, population=HOSTILE, registration=HOSTILE[:90]
    )


def test_every_page_shows_it_as_text(here, as_user):
    poison(here)
    client, wrong, shown = as_user(here.owner), [], {True: 0, False: 0}
    pages = [address.path for address in addresses(here) if not address.is_api and address.needs("get")]
    for path in pages:
        for fragment, answer in faces(client, path):
            text = body_of(answer)
            if "html" in answer["Content-Type"]:
                wrong += [(path, fault) for fault in Page(text).faults]
                wrong += [(path, "raw")] if f"<script>{MARK}" in text or "<img src=x" in text else []
                shown[fragment] += MARK in text
    assert wrong == []
    assert shown[False] > 30
    assert shown[True] > 5


def test_figures_hold_it_as_text_and_run_nothing(here, as_user):
    poison(here)
    client, drawn = as_user(here.owner), 0
    for address in addresses(here):
        if not address.path.endswith(".svg"):
            continue
        answer = client.get(address.path)
        text = body_of(answer)
        tree = ElementTree.fromstring(text)
        names = {re.sub(r"{.*}", "", element.tag) for element in tree.iter()}
        assert not names & {"script", "foreignObject", "iframe", "image", "use", "style", "set", "animate"}
        for element in tree.iter():
            for name, value in element.attrib.items():
                assert not re.sub(r"{.*}", "", name).startswith("on")
                if name.endswith("href"):
                    assert value.startswith(("/", "http://testserver/"))
        assert answer["Content-Disposition"].startswith("attachment")
        drawn += 1
    assert drawn >= 4


def test_pictures_of_it_can_be_made(here, as_user):
    """The converters read the SVG as XML: a text that broke out would break them or be drawn."""
    poison(here)
    client = as_user(here.owner)
    base = reverse("analysis:run_file", args=[here.review.slug, here.run.pk, "forest", "png"])
    for extension, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        content = client.get(base.replace(".png", f".{extension}")).content
        assert content.startswith(start)
        assert b"/JavaScript" not in content
        assert b"javascript:" not in content


def test_json_is_never_taken_for_a_page(here, as_user):
    poison(here)
    client, seen = as_user(here.owner), 0
    for address in addresses(here):
        if address.is_api and address.needs("get"):
            answer = client.get(address.path)
            if "file" not in address.name:
                assert answer["Content-Type"].startswith("application/json"), address.path
            assert answer["X-Content-Type-Options"] == "nosniff"
            seen += MARK in body_of(answer)
    assert seen > 10


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＠SUM(1)", "－1+1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_like_a_formula(text):
    assert safe_cell(text) == "'" + text
    head, row = csv.reader(io.StringIO("".join(csv_lines([text], [[text]])).removeprefix("\ufeff")))
    assert head == row == ["'" + text]


@pytest.mark.parametrize("value", ["-0.35", "+3", "-1e-5", -0.35, 7, None, "a=b", ""])
def test_numbers_and_plain_text_stay_as_they_are(value):
    assert safe_cell(value) == value


def test_no_export_begins_a_cell_like_a_formula(here, as_user):
    """In the bodies and in the headings, which people name as well (characteristics)."""
    poison(here)
    for record in here.records:
        record.title = FORMULA
        record.save()
    here.characteristic.__class__.objects.filter(pk=here.characteristic.pk).update(
        name=FORMULA, value=FORMULA
    )
    here.review.decisions.update(note=FORMULA)
    type(here.result).objects.filter(pk=here.result.pk).update(basis=FORMULA, source="\n" + FORMULA)
    type(here.study).objects.filter(pk=here.study.pk).update(label=FORMULA)
    here.batch.rejected = [{"line": 1, "cause": FORMULA, "raw": FORMULA}]
    here.batch.save()
    client, seen = as_user(here.owner), 0
    for address in addresses(here):
        if not address.path.endswith(".csv"):
            continue
        text = body_of(client.get(address.path)).removeprefix("\ufeff")
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                assert safe_cell(cell) == cell, (address.path, cell)
                seen += MARK in cell
    assert seen > 8


IMPORTED = [
    HOSTILE,
    FORMULA,
    "gro.elpmaxe\u202e\u200b title",
    "zero\x00character",
    "x" * 10_000,
    "\U0001f9e0\U0001f468\u200d\U0001f52c émoji",
    "'; DROP TABLE records_record; --",
    "{% load x %}{{ settings.SECRET_KEY }}",
    "</title></svg><script>1</script>",
]


@pytest.mark.core
def test_hostile_titles_are_imported_and_come_out_as_text(here, as_user, work):
    entries = [
        RIS.replace(b"A trial of rest", title.encode()).replace(b"2001", str(1990 + number).encode())
        + f"UR  - {LINK}\nAB  - {title[:500]}\n".encode()
        for number, title in enumerate(IMPORTED)
    ]
    entries = [entry.replace(b"ER  - \n", b"") + b"ER  - \n" for entry in entries]
    client = as_user(here.people["librarian"])
    here.job.delete()
    answer = client.post(
        reverse("records:upload", args=[here.review.slug]),
        {"files": SimpleUploadedFile("=cmd.ris", b"\n".join(entries)), "search": here.search.pk},
    )
    assert answer.status_code == 302
    work()
    batch = here.review.import_batches.order_by("pk").last()
    preview = body_of(client.get(answer["Location"]))
    assert Page(preview).faults == []
    assert f"<script>{MARK}" not in preview
    client.post(reverse("records:batch_import", args=[here.review.slug, batch.pk]))
    batch.refresh_from_db()
    assert (batch.state, batch.records_read) == ("done", len(IMPORTED))
    for record in batch.records.all():
        page = body_of(client.get(reverse("screening:record", args=[here.review.slug, record.pk])))
        assert Page(page).faults == []
        assert f"<script>{MARK}" not in page
    found = client.get(reverse("screening:records", args=[here.review.slug]) + "?q=DROP")
    assert "DROP TABLE" in body_of(found)


def test_the_address_of_a_protocol_is_a_web_address(here, as_user):
    client, path = as_user(here.owner), f"/api/reviews/{here.review.slug}/"
    for address in (LINK, "data:text/html,<script>", "vbscript:x", " javascript:x", "//x y"):
        answer = client.patch(path, {"protocol_url": address}, content_type="application/json")
        assert answer.status_code in {400, 422}, address
