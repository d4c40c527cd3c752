"""Settings of the drawing and a PRISMA2020 CSV that comes in: services and pages."""

import base64
import re
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reporting.counts import Adjusted
from reporting.diagram import diagram, settings_of
from reporting.diagram_files import FORMATS, diagram_file
from reporting.models import Adjustment, FlowSettings
from reporting.prisma import flow_counts
from reporting.prisma2020 import PrismaFile
from reporting.services.flow_in import FileRefused, compare_file, fill_file, plain_name, take_from_file
from reporting.services.flow_settings import MayNotDraw, NotDrawn, change_flow_settings
from reporting.table import as_table
from reviews.errors import Conflict
from reviews.models import AuditEvent
from tests.geometry import texts
from tests.reporting.test_flow import ASIDE

CSV = b'data,boxtext,n\r\nrecords_screened,Titles read,9\r\ndbr_excluded,Reports excluded,"Wrong population, 4"\r\n'


@pytest.fixture
def ask(review, ana, as_user):
    client = as_user(ana)

    def sent(name, data=None, **extra):
        url = reverse(f"reporting:{name}", args=[review.slug])
        return client.get(url, **extra) if data is None else client.post(url, data, **extra)

    return sent


def shown(review) -> list[str]:
    return texts(diagram(review, flow_counts(review), linked=False))


def test_settings_are_saved_with_their_line_in_the_history(review, ana, flowing):
    settings = change_flow_settings(
        review=review, by=ana, seen_version=0, template="new", each_database=False,
        labels={"screened": " Titles  read "},
    )  # fmt: skip
    assert (settings.version, settings.labels, settings.changed_by) == (1, {"screened": "Titles read"}, ana)
    told = shown(review)
    assert "Titles read" in told
    assert "Databases (n = 7)" in told
    assert not any("MEDLINE" in text for text in told)
    assert "Identification of studies via other methods" not in told
    event = AuditEvent.objects.get(verb="reporting.flow_settings_changed")
    assert event.detail["new"]["template"] == "new"
    assert (
        change_flow_settings(review=review, by=ana, seen_version=1, template="new").version == 1
    )  # the same
    with pytest.raises(Conflict):
        change_flow_settings(review=review, by=ana, seen_version=0, template="auto")
    assert FlowSettings.objects.get().template == "new"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"template": "v9"}, "There is no template 'v9'; choose one of auto, new"),
        ({"each_database": "yes"}, "each_database is yes or no"),
        ({"colour": "red"}, "'colour' is no setting of the diagram"),
        ({"labels": {"screend": "x"}}, "The diagram has no label 'screend'"),
        ({"labels": ["x"]}, "Labels are given as words by key"),
        ({"labels": {f"reasons:{i}": "x" for i in range(301)}}, "more than the 300 that are kept"),
    ],
)
def test_what_cannot_be_drawn_is_refused(review, ana, changes, sentence):
    with pytest.raises(NotDrawn, match=re.escape(sentence)):
        change_flow_settings(review=review, by=ana, seen_version=0, **changes)
    assert not FlowSettings.objects.exists()


def test_only_owners_and_managers_draw(review, ben, eve):
    for person in (ben, eve):
        with pytest.raises(MayNotDraw):
            change_flow_settings(review=review, by=person, seen_version=0, template="new")
        with pytest.raises(MayNotDraw):
            take_from_file(
                review=review, by=person, content=CSV, file_name="x", numbers={"screened": 5}, reason="r"
            )


def test_every_format_follows_the_settings(review, ana, flowing):
    change_flow_settings(review=review, by=ana, seen_version=0, labels={"databases:MEDLINE": "Ovid"})
    counts = flow_counts(review)
    assert "Ovid (n = 4)" in shown(review)
    assert b"Ovid, 4; Embase, 3" in diagram_file(review, counts, "csv")
    begins = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "tiff": b"II", "docx": b"PK", "pptx": b"PK"}
    for extension in FORMATS.keys() - {"csv", "png", "tiff", "pdf"}:
        content = diagram_file(review, counts, extension)
        assert content.startswith(begins[extension])
        assert content == diagram_file(review, counts, extension)


def test_the_page_shows_the_diagram_before_it_is_saved(review, ask, flowing):
    assert b"Which of the four PRISMA 2020 templates" in ask("flow_settings").content
    data = {"template": "updated", "each_register": "on", "seen_version": 0, "label:screened": "Titles read"}
    look = ask("flow_settings", data | {"do": "look"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in look
    assert "Titles read" in look
    assert "Previous studies" in look
    assert "Not shown: 3 records identified via other methods" in look
    whole = ask("flow_settings", data | {"do": "look"}).content.decode()
    assert "<html" in whole
    assert "Previous studies</text>" in whole
    assert not FlowSettings.objects.exists()
    assert ask("flow_settings", data | {"do": "save"}).status_code == 302
    saved = settings_of(review)
    assert (saved.template, saved.each_database, saved.labels) == (
        "updated",
        False,
        {"screened": "Titles read"},
    )
    late = ask("flow_settings", data | {"do": "save", "template": "new"})
    assert late.status_code == 422
    assert "changed in the meantime" in late.content.decode()
    wrong = ask("flow_settings", data | {"seen_version": 1, "label:screened": "=1+1"})
    assert wrong.status_code == 422
    assert "must not begin with =" in wrong.content.decode()


def test_labels_that_a_service_never_took_do_not_break_the_drawing(review, flowing):
    odd = {"screened": "Read", "unknown": "x", "excluded": 3, "assessed": "=1+1"}
    FlowSettings.objects.create(review=review, labels=odd)
    told = shown(review)
    assert "Read" in told
    assert "Records excluded**" in told
    assert b"Read" in diagram_file(review, flow_counts(review), "csv")


def test_pages_of_the_drawing_are_for_those_who_publish(review, ben, eve, as_user):
    for name in ("flow_settings", "flow_in"):
        url = reverse(f"reporting:{name}", args=[review.slug])
        assert as_user(ben).get(url).status_code == 403
        assert as_user(eve).get(url).status_code == 404


def test_a_file_is_compared_and_nothing_changes(review, flowing):
    found = compare_file(review=review, content=CSV)
    assert [(one.id, one.ours, one.theirs, one.row) for one in found.numbers] == [
        ("screened", 5, 9, 2),
        ("reasons:Wrong population", 1, 4, 3),
    ]
    assert [(one.key, one.theirs) for one in found.labels] == [("screened", "Titles read")]
    assert not Adjustment.objects.exists()
    with pytest.raises(FileRefused, match="no column “n”"):
        compare_file(review=review, content=b"a,b\n1,2\n")


def test_chosen_differences_become_corrections_and_labels(review, ana, flowing):
    taken = take_from_file(
        review=review, by=ana, content=CSV, file_name="C:\\old\\PRISMA 2019.csv",
        numbers={"screened": 5, "reasons:Wrong population": 1}, labels=["screened"], reason="Screened on paper.",
    )  # fmt: skip
    assert [(each.key, each.name, each.amount, each.source) for each in taken.adjustments] == [
        ("screened", "", 4, "PRISMA 2019.csv"),
        ("reasons", "Wrong population", 3, "PRISMA 2019.csv"),
    ]
    counts = flow_counts(review)
    assert (counts.screened, dict(counts.reasons)) == (9, {"Wrong population": 4})
    told = shown(review)
    assert "(n = 9†)" in told
    assert "Titles read" in told
    assert compare_file(review=review, content=CSV).numbers == []


@pytest.mark.parametrize(
    ("numbers", "labels", "reason", "error", "sentence"),
    [
        ({"screened": 5}, [], " ", FileRefused, "Give the reason"),
        ({}, [], "r", FileRefused, "Choose at least one"),
        ({"excluded": 1}, [], "r", FileRefused, "no other number for “excluded”"),
        ({"screened": 5}, ["excluded"], "r", FileRefused, "no other label for “excluded”"),
        ({"screened": 4}, [], "r", Conflict, "changed from 4 to 5 in the meantime"),
    ],
)
def test_all_or_nothing_is_taken_over(review, ana, flowing, numbers, labels, reason, error, sentence):
    with pytest.raises(error, match=sentence):
        take_from_file(
            review=review,
            by=ana,
            content=CSV,
            file_name="x.csv",
            numbers=numbers,
            labels=labels,
            reason=reason,
        )
    assert not Adjustment.objects.exists()


def test_a_file_is_filled_in_and_keeps_the_rest(review, flowing):
    odd = b'\xef\xbb\xbfdata,note,n\nour_row,x,1\nrecords_screened,"a, b",5\nnew_studies,,0\n'
    assert fill_file(review=review, content=odd) == odd.replace(b"new_studies,,0", b"new_studies,,2")


def test_the_pages_take_a_file_over_in_two_steps(review, ask, flowing):
    def upload(content=CSV, **more):
        return ask("flow_in", {"file": SimpleUploadedFile("old.csv", content), **more})

    compared = upload(do="compare").content.decode()
    assert 'value="5:screened"' in compared
    assert "2 different, 1 other label" in compared
    data = {"content": base64.b64encode(CSV).decode(), "file_name": "old.csv", "numbers": ["5:screened"]}
    refused = ask("flow_in_take", data)
    assert refused.status_code == 422
    assert "Give the reason" in refused.content.decode()
    assert not Adjustment.objects.exists()
    assert ask("flow_in_take", data | {"reason": "On paper", "labels": ["screened"]}).status_code == 302
    assert Adjustment.objects.get().amount == 4
    assert "Nothing to take over" in upload(b"data,n\nrecords_screened,9\n").content.decode()
    filled = upload(do="fill")
    assert filled["Content-Disposition"] == 'attachment; filename="old.csv"'
    assert PrismaFile.read(filled.content).contents().lists["dbr_excluded"] == [("Wrong population", 1)]
    for wrong in (b"", b"nothing,n\n1,2\n", b"x" * 200_001):
        assert upload(wrong).status_code == 422
    for lost in ({"content": "%%%"}, {"numbers": ["screened"]}, {"numbers": ["x:screened"]}):
        assert ask("flow_in_take", data | lost).status_code == 302
    assert Adjustment.objects.count() == 1


def test_names_of_files_are_kept_plain():
    assert plain_name("../../etc/x\x00y.csv") == "xy.csv"
    assert plain_name("/") == "PRISMA.csv"


def test_the_table_says_every_number_of_the_picture(review, ana):
    change_flow_settings(
        review=review,
        by=ana,
        seen_version=0,
        each_database=False,
        meta_analysis=True,
        labels={"screened": "Read"},
    )
    counts = replace(
        ASIDE, previous_studies=70, previous_reports=90, studies_in_analysis=61, reports_in_analysis=62,
        excluded_automatically=63, not_sought=64, adjustments={"screened": Adjusted(399, 1, "On paper")},
    )  # fmt: skip
    drawn = " ".join(texts(diagram(review, counts, linked=False)))
    table = as_table(review, counts)
    shown = {int(n.replace(",", "")) for n in re.findall(r"\(n = ([\d,]+)†?\)", drawn)}
    assert len(shown) > 20
    assert shown | {63, 64} <= {line.n for line in table}
    read = next(line for line in table if line.key == "screened")
    assert (read.label, read.n, read.adjusted.counted) == ("Read", 400, 399)
    named = [(line.label, line.name, line.n) for line in table if line.key == "databases"]
    assert named == [
        ("Records identified from: Databases", "", 450), ("MEDLINE", "MEDLINE", 300), ("PsycINFO", "PsycINFO", 150),
    ]  # fmt: skip
    after = table[[line.key for line in table].index("excluded") + 1]
    assert (after.n, after.indent) == (63, True)
    past = as_table(review, counts, {"as_of": "2026-03-04"})
    assert all("as_of=2026-03-04" in line.href for line in past if "/records/" in line.href)
