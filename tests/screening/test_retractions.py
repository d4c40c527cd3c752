"""Retractions: reading a list, finding records in it, flags and alerts, and checking again later."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from reporting.exports import records as exported
from reviews.models import AuditEvent, Job
from screening.models import Retraction, RetractionList
from screening.retraction_flags import alerts
from screening.retraction_watch import BadList, Fault, encoding_of, read_notices
from screening.services import NotAllowed, NotEligible, add_list, check_due, mark_seen, request_check
from tests.factories import make_batch, make_record
from tests.screening.conftest import undo_import

pytestmark = pytest.mark.django_db
HEADER = [
    "Record ID", "Title", "Subject", "Institution", "Journal", "Publisher", "Country", "Author", "URLS",
    "ArticleType", "RetractionDate", "RetractionDOI", "RetractionPubMedID", "OriginalPaperDate", "OriginalPaperDOI",
    "OriginalPaperPubMedID", "RetractionNature", "Reason", "Paywalled", "Notes",
]  # fmt: skip
JSON = {"content_type": "application/json"}


def table(*rows, header=HEADER):
    """A list as bytes; each row gives some columns by short names."""
    short = {
        "doi": "OriginalPaperDOI", "pmid": "OriginalPaperPubMedID", "nature": "RetractionNature", "why": "Reason",
        "day": "RetractionDate", "by": "RetractionDOI", "by_pmid": "RetractionPubMedID", "title": "Title",
    }  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="Unavailable")
    writer.writeheader()
    for row in rows:
        given = {"nature": "Retraction", "day": "12/31/2021 0:00", "pmid": "0", "title": "A trial"} | row
        writer.writerow({short[name]: value for name, value in given.items()})
    return out.getvalue().encode()


def read(data):
    stream = io.BytesIO(data)
    return list(read_notices(stream, encoding_of(stream)))


@pytest.fixture
def check(review, ben, work):
    """``check({"doi": ...}, ...)``: a list is uploaded and the job done; returns the list."""

    def upload(*rows, data=None, name="notices.csv"):
        kept, job = add_list(review=review, file=ContentFile(data or table(*rows), name=name), by=ben)
        work()
        job.refresh_from_db()
        assert job.state == Job.State.DONE, (job.error, job.traceback)
        kept.refresh_from_db()
        return kept

    return upload


@pytest.fixture
def trial(review):
    return make_record(review, "A trial", doi="10.1000/trial.1", pmid="11111111")


def done(queue, work):
    """How many jobs ``queue`` asked for; they are done."""
    jobs = queue()
    work()
    return len(jobs)


def natures(record):
    return [(row.nature, row.found_by) for row in Retraction.objects.filter(record=record).order_by("pk")]


def test_rows_are_read_with_dates_reasons_and_nothing_for_what_is_unavailable():
    (notice,) = read(
        table(
            {"doi": "https://doi.org/10.1/ABC.2", "why": "+Error in Data;+Notice - Limited;", "by": "10.1/n"}
        )
    )
    assert (notice.doi, notice.pmid, notice.notice_pmid) == ("10.1/abc.2", "", "") or notice.doi == ""
    assert (notice.day, notice.reasons, notice.nature) == (
        date(2021, 12, 31),
        "Error in Data; Notice - Limited",
        "retraction",
    )


def test_faults_are_named_by_their_line_and_the_rest_is_read():
    rows = table({"title": "Two\nlines"}, {"nature": "Praise"}, {"day": "31.12.2021", "doi": "10.1000/x"})
    found = read(rows + b"too,few\r\n")
    assert [(row.line, row.used) for row in found if isinstance(row, Fault)] == [
        (4, False),
        (5, True),
        (6, False),
    ]
    assert "“Praise” is no nature" in found[1].sentence
    assert "20" in found[-1].sentence
    assert [row.day for row in found if not isinstance(row, Fault)] == [date(2021, 12, 31), None]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b"Title,DOI\r\nA,B\r\n", "no column OriginalPaperDOI, OriginalPaperPubMedID, RetractionNature"),
        (b"%PDF\x00\x01", "no text file"),
    ],
)
def test_what_is_no_such_list_is_refused(data, says):
    with pytest.raises(BadList, match=says):
        read(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found_for_the_whole_file(encoding):
    data = table({"doi": "10.1000/x", "why": "Zürich – “späte” Reue"}).decode().encode(encoding)
    assert [row.reasons for row in read(data)] == ["Zürich – “späte” Reue"]


def test_records_are_found_by_doi_and_pmid_in_any_spelling(review, trial, check):
    by_pmid = make_record(review, "By PMID", pmid="222")
    twin = make_record(review, "Its duplicate", doi="10.1000/twin", duplicate_of=trial)
    kept = check(
        {"doi": "DOI: 10.1000/TRIAL.1", "pmid": "11111111", "by": "10.1000/n1", "why": "+Error in Data"},
        {"pmid": "00222", "nature": "Expression of Concern", "day": "1/2/2020"},
        {"doi": "10.1000/twin", "nature": "Correction"},
        {"doi": "10.1000/other", "pmid": "999"},
        {"title": "Neither"},
    )
    assert natures(trial) == [("retraction", "both"), ("correction", "doi")]
    assert natures(by_pmid) == [("concern", "pmid")]
    assert natures(twin) == []
    assert (kept.rows, kept.result["matched"], kept.result["nameless"]) == (5, 2, 1)
    notice = Retraction.objects.get(nature="retraction")
    assert (notice.reasons, notice.notice_doi, notice.notice_date) == (
        "Error in Data",
        "10.1000/n1",
        date(2021, 12, 31),
    )


def test_a_match_whose_other_identifier_differs_names_both(review, trial, check):
    other = make_record(review, "Another", doi="10.1000/other", pmid="333")
    kept = check({"doi": "10.1000/trial.1", "pmid": "333"}, {"doi": "10.1000/other", "pmid": "444"})
    first = Retraction.objects.get(record=trial)
    assert "The PMID differs: 11111111 here, 333 in the list (line 2)" in first.doubt
    assert f"that is of record {other.pk}" in first.doubt
    assert len(kept.result["doubts"]) == 3
    assert natures(other) == [("retraction", "doi")]


def test_a_reinstatement_lifts_what_came_before_it(review, trial, check):
    again = make_record(review, "Retracted again", doi="10.1000/again")
    back = {"nature": "Reinstatement", "day": "6/1/2022 0:00"}
    check(
        {"doi": "10.1000/trial.1"},
        {"doi": "10.1000/trial.1", **back},
        {"doi": "10.1000/again", **back},
        {"doi": "10.1000/again", "day": "1/1/2023 0:00"},
    )
    standing = Retraction.objects.standing()
    assert set(standing.filter(record=trial).values_list("nature", flat=True)) == {"reinstatement"}
    assert set(standing.filter(record=again).values_list("nature", flat=True)) == {
        "reinstatement",
        "retraction",
    }


def test_the_notice_itself_and_what_pubmed_says_are_flagged(review, trial, check):
    notice = make_record(review, "Notice of retraction", doi="10.1000/n1")
    told = make_record(
        review, "Said by PubMed", raw="PMID- 5\nPT  - Journal Article\nPT  - Retracted Publication\n"
    )
    unlike = make_record(review, "About the retracted publication", raw="TI  - Retracted Publication in law")
    check({"doi": "10.1000/trial.1", "by": "10.1000/n1"})
    assert natures(notice) == [("notice", "doi")]
    assert natures(told) == [("retraction", "record")]
    assert natures(unlike) == []


def test_the_same_list_again_changes_nothing_and_a_corrected_doi_takes_the_flag_away(
    review, trial, check, ben
):
    row = {"doi": "10.1000/trial.1", "pmid": "11111111"}
    first = check(row)
    assert check(row) == first
    assert (RetractionList.objects.count(), Retraction.objects.count()) == (1, 1)
    assert AuditEvent.objects.filter(verb="screening.retractions_checked").count() == 1
    seen = mark_seen(review=review, retraction=Retraction.objects.get(), by=ben)
    assert check(row, {"doi": "10.1000/none"}).result["new"] == 0
    assert Retraction.objects.get().seen_at == seen.seen_at
    trial.doi, trial.pmid = "10.1000/right", ""
    trial.save()
    check(row, {"doi": "10.1000/none"})
    assert not Retraction.objects.exists()


def test_an_included_study_that_is_hit_alerts_until_somebody_saw_it(
    review, include, trial, check, as_user, ben, stan, eve
):
    study = include(trial)
    check({"doi": "10.1000/trial.1"})
    (alert,) = alerts(review)
    event = AuditEvent.objects.get(verb="screening.included_study_retracted")
    assert f"included study {study}" in event.sentence
    standing = reverse("reporting:standing", args=["trd"])
    assert "about included studies that nobody has seen yet" in as_user(ben).get(standing).content.decode()
    with pytest.raises(NotAllowed):
        mark_seen(review=review, retraction=alert, by=stan)
    seen = reverse("screening:retraction_seen", args=["trd", alert.pk])
    assert as_user(eve).post(seen).status_code == 404
    as_user(ben).post(seen)
    assert alerts(review) == []
    assert "nobody has seen" not in as_user(ben).get(standing).content.decode()
    assert AuditEvent.objects.filter(verb="screening.retraction_seen", actor=ben).count() == 1


def test_flags_are_on_every_page_and_in_the_export(review, include, trial, check, as_user, ben):
    study = include(trial)
    check({"doi": "10.1000/trial.1"})
    for name, *args in (
        ("records",), ("record", trial.pk), ("full_texts",), ("full_text", trial.pk),
        ("studies",), ("study", study.pk),
    ):  # fmt: skip
        page = as_user(ben).get(reverse(f"screening:{name}", args=["trd", *args])).content.decode()
        assert "Retracted 2021" in page, name
    row = next(
        csv.DictReader(
            io.StringIO("".join(exported.as_csv(review.memberships.get(user=ben))).lstrip("\ufeff"))
        )
    )
    assert row["retraction"] == "Retraction"


def test_what_is_imported_later_is_checked_by_itself(review, trial, check, work, settings, tmp_path):
    kept = check({"doi": "10.1000/late"})
    assert check_due() == []
    late = make_record(review, "Late", doi="10.1000/late", batch=make_batch(review))
    assert done(check_due, work) == 1
    assert natures(late) == [("retraction", "doi")]
    undo_import(late.batch)
    assert done(check_due, work) == 1
    assert not Retraction.objects.filter(record=late).exists()
    RetractionList.objects.filter(pk=kept.pk).update(checked_at=timezone.now() - timedelta(days=2))
    assert done(check_due, work) == 1


def test_the_installations_own_list_is_taken_when_it_changes(review, trial, work, settings, tmp_path):
    path = tmp_path / "retraction_watch.csv"
    settings.RETRACTION_LIST = str(path)
    assert check_due() == []
    path.write_bytes(table({"doi": "10.1000/other"}))
    assert done(check_due, work) == 1
    assert check_due() == []
    path.write_bytes(table({"doi": "10.1000/trial.1"}, {"doi": "10.1000/other"}))
    assert done(check_due, work) == 1
    assert natures(trial) == [("retraction", "doi")]


def test_the_page_takes_a_list_and_tells_what_was_wrong_in_it(review, trial, as_user, ben, stan, eve, work):
    client, home = as_user(ben), reverse("screening:retractions", args=["trd"])
    post = reverse("screening:retraction_list_add", args=["trd"])
    assert "Upload a list" in client.get(home).content.decode()
    wrong = client.post(post, {"file": ContentFile(b"a,b\n1,2\n", name="wrong.csv")})
    assert (wrong.status_code, "wrong.csv: It has no column" in wrong.content.decode()) == (422, True)
    data = table({"doi": "10.1000/trial.1"}, {"nature": "Praise"})
    client.post(post, {"file": ContentFile(data, name="notices.csv")})
    work()
    page = client.get(home).content.decode()
    assert "Line 3: “Praise” is no nature" in page
    assert "2 notices read, 1 record found" in page
    assert as_user(stan).post(post, {"file": ContentFile(data, name="n.csv")}).status_code == 403
    assert as_user(eve).get(home).status_code == 404


def test_ten_more_notices_cost_no_more_queries(
    review, trial, check, as_user, ben, django_assert_max_num_queries
):
    rows = [{"doi": "10.1000/trial.1", "by": f"10.1000/n{number}"} for number in range(12)]
    check(*rows)
    client = as_user(ben)
    with django_assert_max_num_queries(25):
        assert client.get(reverse("screening:retractions", args=["trd"])).status_code == 200


def test_programs_check_list_and_see(review, trial, as_user, ben, stan, work):
    client, base = as_user(ben), "/api/reviews/trd/retractions"
    assert client.post(f"{base}/check/", **JSON).status_code == 422
    file = ContentFile(table({"doi": "10.1000/trial.1"}), name="notices.csv")
    assert client.post(f"{base}/lists/", {"file": file}).status_code == 202
    work()
    (found,) = client.get(f"{base}/").json()["results"]
    assert (found["record"], found["nature"], found["stands"]) == (trial.pk, "retraction", True)
    assert client.get(f"{base}/lists/").json()[0]["rows"] == 1
    assert client.post(f"{base}/{found['id']}/seen/", **JSON).json()["seen_by"] == ben.pk
    assert client.post(f"{base}/check/", **JSON).status_code == 202
    assert as_user(stan).post(f"{base}/check/", **JSON).status_code == 403


def test_the_command_checks_at_once(review, trial, ana, tmp_path, capsys):
    path = tmp_path / "notices.csv"
    path.write_bytes(table({"doi": "10.1000/trial.1"}, {"nature": "Praise"}))
    call_command("check_retractions", review="trd", list=str(path), by=ana.email)
    assert "2 notices read, 1 records found, 1 notices are new." in capsys.readouterr().out
    call_command("check_retractions", review="trd")
    assert "0 notices are new." in capsys.readouterr().out


def test_who_may_and_what_is_no_list(review, stan, ben):
    with pytest.raises(NotAllowed):
        add_list(review=review, file=ContentFile(table(), name="n.csv"), by=stan)
    with pytest.raises(NotEligible, match=r"n.csv is empty"):
        add_list(review=review, file=ContentFile(b"", name="n.csv"), by=ben)
    with pytest.raises(NotEligible, match="There is no list"):
        request_check(review=review, by=ben)
