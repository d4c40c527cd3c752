"""Lists of terms: what a term may be, whose lists are whose, files and copies."""

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reviews.models import AuditEvent, Membership
from reviews.tables import BadTable
from screening import remarks
from screening.models import TermList
from screening.services.guards import NotAllowed
from screening.services.term_files import as_xlsx, take_file
from screening.services.terms import (
    TermsRefused,
    change_list,
    copy_lists,
    make_list,
    order_lists,
    proposed_lists,
    restore_list,
    retire_list,
    switch_list,
)
from screening.term_rules import BadTerms, parse_terms, proposals
from tests.factories import join, make_review, make_user

pytestmark = pytest.mark.django_db


def member(user, slug="trd") -> Membership:
    return Membership.objects.select_related("user", "review").get(user=user, review__slug=slug)


@pytest.fixture
def trials(review, ana):
    return make_list(review=review, by=ana, name="Trials", kind="include", terms="randomi*\nplacebo")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("randomi*\n  sham   control \n\nwom?n", ["randomi*", "sham control", "wom?n"]),
        ("RCT, rct; Rct\tplacebo", ["RCT", "placebo"]),
        ('"dose, response"; trial', ["dose, response", "trial"]),
        ("“open label”", ["open label"]),
        ("", []),
        ("Größe\nβ-blocker", ["Größe", "β-blocker"]),
    ],
)
def test_what_is_typed_becomes_terms(text, terms):
    assert parse_terms(text) == terms


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("*", "2 letters"),
        ("a*", "2 letters"),
        ("sham * control", "part of a word"),
        ("rando**", "one \\*"),
        ('"open', "quote"),
        ("x" * 101, "100"),
    ],
)
def test_bad_terms_are_refused_with_their_line(bad, why):
    with pytest.raises(BadTerms, match=f"^Line 3, .*{why}"):
        parse_terms(f"good\n\n{bad}\nfine")


def test_a_bad_term_saves_nothing(review, ana, trials):
    with pytest.raises(TermsRefused, match=r"Line 2, “\*”.*Nothing was saved"):
        change_list(term_list=trials, by=ana, terms="new\n*")
    trials.refresh_from_db()
    assert trials.terms == ["randomi*", "placebo"]


def test_terms_for_a_member_are_the_reviews_and_their_own_without_those_switched_off(
    review, trials, ben, cleo
):
    make_list(review=review, by=ben, name="Mine", kind="other", colour=7, terms="zebra", own=True)
    assert [each["name"] for each in remarks.terms_for(member(ben))] == ["Trials", "Mine"]
    assert remarks.terms_for(member(cleo)) == [
        {"name": "Trials", "kind": "include", "colour": 1, "terms": ["randomi*", "placebo"]}
    ]
    switch_list(term_list=trials, by=ben, on=False)
    assert [each["name"] for each in remarks.terms_for(member(ben))] == ["Mine"]
    assert len(remarks.terms_for(member(cleo))) == 1
    switch_list(term_list=trials, by=ben, on=True)
    assert len(remarks.terms_for(member(ben))) == 2


def test_own_lists_are_nobody_elses(review, ben, cleo, as_user):
    mine = make_list(review=review, by=ben, name="Mine", terms="zebra", own=True)
    client = as_user(cleo)
    assert client.get(reverse("screening:term_list", args=["trd", mine.pk])).status_code == 404
    for name in ("terms", "terms_csv"):
        answer = client.get(reverse(f"screening:{name}", args=["trd"]))
        text = b"".join(answer) if answer.streaming else answer.content
        assert b"zebra" not in text
    assert not AuditEvent.objects.visible_to(cleo).filter(verb__startswith="screening.term").exists()
    with pytest.raises(TermsRefused, match="no such list"):
        change_list(term_list=mine, by=cleo, name="x")


def test_leads_keep_the_reviews_lists(review, trials, ana, ben):
    for act in (
        lambda: make_list(review=review, by=ben, name="x", terms="placebo"),
        lambda: change_list(term_list=trials, by=ben, name="x"),
        lambda: retire_list(term_list=trials, by=ben),
        lambda: order_lists(review=review, by=ben, ids=[trials.pk]),
    ):
        with pytest.raises(NotAllowed, match="owner and managers"):
            act()
    retire_list(term_list=trials, by=ana)
    assert remarks.terms_for(member(ben)) == []
    again = make_list(review=review, by=ana, name="Trials", terms="x-ray")
    with pytest.raises(TermsRefused, match="already"):
        restore_list(term_list=trials, by=ana)
    change_list(term_list=again, by=ana, name="Imaging")
    restore_list(term_list=trials, by=ana)
    order_lists(review=review, by=ana, ids=[again.pk, trials.pk])
    assert [each["name"] for each in remarks.terms_for(member(ben))] == ["Imaging", "Trials"]


def test_copying_from_a_review_one_is_in(review, ana, ben, trials, eve):
    other = make_review("third", title="Third")
    join(other, ana, "owner")
    (copied,) = copy_lists(review=other, source=review, by=ana)
    assert (copied.review, copied.terms) == (other, ["randomi*", "placebo"])
    change_list(term_list=copied, by=ana, terms="RANDOMI*\nsham")
    copy_lists(review=other, source=review, by=ana)
    copied.refresh_from_db()
    assert copied.terms == ["RANDOMI*", "sham", "placebo"]
    foreign = eve.memberships.get().review
    make_list(review=foreign, by=eve, name="Secret", terms="zebra")
    with pytest.raises(TermsRefused, match="member of"):
        copy_lists(review=review, source=foreign, by=ana)


def test_terms_are_proposed_out_of_the_protocol_and_not_saved(review, ana, as_user):
    review.population = "Adults with treatment-resistant depression (TRD), aged 18 or more"
    review.save()
    found = proposed_lists(review)
    assert found["population"]["terms"][:2] == ["treatment-resistant depression", "TRD"]
    assert proposals("with and of") == []
    page = as_user(ana).get(reverse("screening:term_list_new", args=["trd"]) + "?from=population")
    assert "treatment-resistant depression\nTRD" in page.content.decode()
    assert not TermList.objects.exists()


def test_csv_goes_out_and_in(review, ana, ben, trials, as_user):
    make_list(review=review, by=ana, name="Signs", kind="exclude", colour=3, terms=["-omics", "=1+1 ab"])
    answer = as_user(ben).get(reverse("screening:terms_csv", args=["trd"]))
    data = b"".join(answer)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[1] == ["Trials", "include", "1", "randomi*"]
    assert ["Signs", "exclude", "3", "'=1+1 ab"] in rows
    other = make_review("third")
    join(other, ana, "owner")
    taken = take_file(review=other, by=ana, name="lists.csv", data=data)
    assert [(each.name, each.kind, each.colour, each.terms) for each in taken] == [
        ("Trials", "include", 1, ["randomi*", "placebo"]),
        ("Signs", "exclude", 3, ["-omics", "=1+1 ab"]),
    ]


def test_xlsx_goes_out_and_in(review, ana, trials):
    data = as_xlsx(member(ana))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [cell.value for cell in sheet[2]] == ["Trials", "include", 1, "randomi*"]
    other = make_review("third")
    join(other, ana, "owner")
    (taken,) = take_file(review=other, by=ana, name="lists.xlsx", data=data)
    assert (taken.name, taken.terms) == ("Trials", ["randomi*", "placebo"])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"word\nx\n", "column 'term' is missing"),
        (b"term\n", "no terms"),
        (b"term,kind\ngood,include\n*,maybe\n", "line 3, column term(.|\n)*line 3, column kind"),
        (b"term,colour\ngood,9\n", "line 2, column colour"),
        (b"\xd0\xcf\x11\xe0old", "XLS"),
        (b"PK\x03\x04garbage", "lists.csv"),
    ],
)
def test_bad_files_are_refused_whole(review, ana, data, sentence):
    with pytest.raises(BadTable, match=sentence):
        take_file(review=review, by=ana, name="lists.csv", data=data)
    assert not TermList.objects.exists()


def test_pages_of_terms(review, ana, ben, eve, trials, as_user):
    page, client = reverse("screening:terms", args=["trd"]), as_user(ana)
    assert "randomi*" in as_user(ben).get(page).content.decode()
    assert as_user(eve).get(page).status_code == 404
    new = reverse("screening:term_list_new", args=["trd"])
    fields = {"name": "Drugs", "kind": "include", "colour": 2, "terms": "ketamine\nketamine\nesketamine"}
    assert client.post(new, fields | {"terms": "*"}).status_code == 422
    assert client.post(new, fields).status_code == 302
    drugs = TermList.objects.get(name="Drugs")
    assert drugs.terms == ["ketamine", "esketamine"]
    assert as_user(ben).post(new, fields).status_code == 422
    one = reverse("screening:term_list", args=["trd", drugs.pk])
    assert client.post(one, fields | {"terms": "s-ketamine"}).status_code == 302
    for name, sent in (("state", {}), ("state", {"restore": "1"}), ("move", {"up": "1"}), ("switch", {})):
        assert (
            client.post(reverse(f"screening:term_list_{name}", args=["trd", drugs.pk]), sent).status_code
            == 302
        )
    ana.refresh_from_db()
    assert ana.preferences["term_lists_off"] == [drugs.pk]
    assert [each["name"] for each in remarks.terms_for(member(ben))] == ["Drugs", "Trials"]
    file = SimpleUploadedFile("more.csv", b"term\nketamin*\n*\n")
    answer = client.post(reverse("screening:terms_upload", args=["trd"]), {"file": file})
    assert answer.status_code == 422
    assert "line 3" in answer.content.decode()


def test_who_only_reads_has_no_lists(review):
    olga = join(review, make_user("olga"), "observer").user
    with pytest.raises(NotAllowed, match="reads"):
        make_list(review=review, by=olga, name="Mine", terms="zebra", own=True)
