"""The words a team agrees on: added, renamed, merged without touching what uses them, parted again."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from extraction.models import VocabularyTerm
from extraction.services import AlreadyRecorded, NotPossible
from extraction.services import vocabulary as service
from reviews.models import AuditEvent
from reviews.tables import BadTable
from screening.services import NotAllowed
from tests.factories import make_outcome, make_review


@pytest.fixture
def add(review, ben):
    return lambda name, kind="intervention": service.add_term(review=review, kind=kind, name=name, by=ben)


@pytest.fixture
def url(review):
    return lambda name, *args: reverse(f"extraction:{name}", args=[review.slug, *args])


def test_a_word_stands_once_a_kind_whatever_its_case(review, add, eve):
    term = add("  Cognitive  therapy ")
    assert term.name == "Cognitive therapy"
    with pytest.raises(AlreadyRecorded, match="a term “Cognitive therapy” already"):
        add("COGNITIVE therapy")
    assert add("Cognitive therapy", "outcome").pk != term.pk
    for name, kind in (("", "intervention"), ("x" * 201, "scale"), ("Word", "colour")):
        with pytest.raises(NotPossible):
            add(name, kind)
    with pytest.raises(NotAllowed):
        service.add_term(review=review, kind="scale", name="BDI", by=eve)


def test_synonyms_follow_and_can_be_parted(review, study, add, ben):
    cbt, ct, beck = add("CBT"), add("Cognitive therapy"), add("Beck's therapy")
    arm = study.arms.first()
    arm.intervention = beck
    arm.save()
    service.merge_term(term=beck, into=ct, by=ben)
    service.merge_term(term=ct, into=cbt, by=ben)
    assert set(cbt.synonyms.all()) == {ct, beck}
    arm.refresh_from_db()
    assert arm.intervention == beck  # what was extracted is not touched
    assert service.offered(review, "intervention") == ["CBT"]
    with pytest.raises(NotPossible, match="synonym of “CBT” already"):
        service.merge_term(term=ct, into=beck, by=ben)
    with pytest.raises(NotPossible, match="of itself"):
        service.merge_term(term=cbt, into=beck, by=ben)
    with pytest.raises(NotPossible, match="has synonyms"):
        service.remove_term(term=cbt, by=ben)
    service.unmerge_term(term=ct, by=ben)
    assert service.offered(review, "intervention") == ["CBT", "Cognitive therapy"]
    with pytest.raises(NotPossible, match="1 arm use"):
        service.remove_term(term=beck, by=ben)
    service.remove_term(term=ct, by=ben)
    sentences = AuditEvent.objects.filter(verb__startswith="extraction.term_").values_list(
        "sentence", flat=True
    )
    assert "made intervention “Cognitive therapy” a synonym of “CBT”." in sentences
    assert "removed the intervention “Cognitive therapy” of the vocabulary." in sentences


def test_other_kinds_and_other_reviews_do_not_merge(review, add, ben):
    cbt, scale = add("CBT"), add("CBT scale", "scale")
    foreign = VocabularyTerm.objects.create(review=make_review("other"), kind="intervention", name="CBT")
    for into in (scale, foreign):
        with pytest.raises(NotPossible, match="one kind in one review"):
            service.merge_term(term=cbt, into=into, by=ben)


def test_a_colleagues_new_name_is_not_overwritten(add, ben):
    term = add("CBT")
    service.rename_term(term=term, name="Cognitive behavioural therapy", by=ben, seen="CBT")
    with pytest.raises(AlreadyRecorded, match="renamed to “Cognitive behavioural therapy”"):
        service.rename_term(term=term, name="C.B.T.", by=ben, seen="CBT")


def test_scales_in_use_are_offered(review, add, record, ben):
    make_outcome(review, name="Remission")
    record(ben, scale="HDRS-17")
    add("BDI-II", "scale")
    assert {"BDI-II", "HDRS-17"} <= set(service.offered(review, "scale"))
    assert "Remission" in service.offered(review, "outcome")


def test_a_file_goes_out_and_comes_in(review, add, ben):
    service.merge_term(term=add("CT"), into=add("CBT"), by=ben)
    lines = [",".join(service.HEADER), *(",".join(row) for row in service.rows_of(review))]
    other = make_review("copy")
    other.memberships.create(user=ben, role="owner")
    data = "\n".join([*lines, "scale,BDI,"]).encode()
    assert service.import_terms(review=other, name="v.csv", data=data, by=ben) == (3, 1)
    assert service.import_terms(review=other, name="v.csv", data=data, by=ben) == (0, 0)
    assert set(service.rows_of(review)) < set(service.rows_of(other))
    wrong = b"kind,name\ncolour,red\nscale,\n"
    with pytest.raises(BadTable, match=r"v\.csv, line 2, column kind") as refusal:
        service.import_terms(review=other, name="v.csv", data=wrong, by=ben)
    assert "line 3, column name" in str(refusal.value)


def test_the_pages(review, add, ben, stan, eve, as_user, url):
    client = as_user(ben)
    assert "No terms yet" in client.get(url("vocabulary")).content.decode()
    client.post(url("term_add"), {"kind": "intervention", "name": "CBT"})
    assert client.post(url("term_add"), {"kind": "intervention", "name": "cbt"}).status_code == 422
    cbt, ct = VocabularyTerm.objects.get(), add("CT")
    client.post(url("term", ct.pk), {"name": "Cognitive therapy", "seen": "CT"})
    assert client.post(url("term", ct.pk), {"name": "X", "seen": "CT"}).status_code == 422
    assert client.post(url("term_merge", ct.pk), {"into": ct.pk}).status_code == 422
    client.post(url("term_merge", ct.pk), {"into": cbt.pk})
    page = client.get(url("vocabulary")).content.decode()
    assert "also: Cognitive therapy" in page
    assert "Cognitive therapy,CBT" in b"".join(client.get(url("vocabulary_csv"))).decode()
    client.post(url("term_part", ct.pk))
    client.post(url("term_remove", ct.pk))
    file = SimpleUploadedFile("v.csv", b"kind,name,preferred\nscale,BDI,\n")
    client.post(url("vocabulary_upload"), {"file": file})
    assert set(review.vocabulary.values_list("name", flat=True)) == {"CBT", "BDI"}
    broken = SimpleUploadedFile("v.csv", b"kind,name\nshade,BDI\n")
    assert client.post(url("vocabulary_upload"), {"file": broken}).status_code == 422
    assert as_user(eve).get(url("vocabulary")).status_code == 404


def test_ten_more_terms_cost_no_more_queries(add, ben, as_user, url):
    client = as_user(ben)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(url("vocabulary"))
        return len(seen)

    add("First")
    before = queries()
    for number in range(10):
        add(f"Term {number}")
    assert queries() == before


def test_the_api(review, add, ben, as_user):
    client, base = as_user(ben), "/api/reviews/trd/vocabulary/"
    first = client.post(base, {"kind": "scale", "name": "BDI"}).json()
    second = client.post(base, {"kind": "scale", "name": "BDI-II"}).json()
    merged = client.post(f"{base}{first['id']}/merge/", {"into": second["id"]}).json()
    assert merged["preferred_name"] == "BDI-II"
    assert client.post(f"{base}{first['id']}/part/").json()["preferred"] is None
    renamed = client.patch(f"{base}{first['id']}/", {"name": "Beck"}, content_type="application/json").json()
    assert renamed["name"] == "Beck"
    assert client.delete(f"{base}{first['id']}/").status_code == 204
    assert [row["name"] for row in client.get(base).json()["results"]] == ["BDI-II"]


def test_the_command(review, ana, tmp_path):
    def run(**options):
        out = StringIO()
        call_command("vocabulary", review="trd", json=True, stdout=out, **options)
        return json.loads(out.getvalue())

    run(add="CBT")
    run(add="CT")
    assert run(merge=["CT", "CBT"])["terms"][1] == {"kind": "intervention", "name": "CT", "preferred": "CBT"}
    run(part="CT")
    run(rename=["CT", "Cognitive therapy"])
    assert len(run(remove="Cognitive therapy")["terms"]) == 1
    path = tmp_path / "v.csv"
    path.write_text("kind,name\nscale,BDI\n")
    assert run(file=str(path)) == {"added": 1, "merged": 0}
    with pytest.raises(CommandError, match="no intervention “X”"):
        run(part="X")


def test_scales_and_planned_time_points_are_offered_on_the_form_of_a_result(
    review, study, outcome, add, ben, as_user, url
):
    outcome.time_point, outcome.time_points = "post", ["6 months", "post"]
    outcome.save()
    add("BDI-II", "scale")
    assert service.planned_time_points(review) == ["post", "6 months"]
    page = as_user(ben).get(url("result_add", study.pk, "means")).content.decode()
    for words in ('list="words-scale"', '<option value="BDI-II">', '<option value="6 months">'):
        assert words in page
