"""The pages of forms: built without script, the same with htmx; piloted, published, copied; who may, who may not."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from extraction import services
from extraction.models import Extraction, Form, FormVersion, Value
from tests.extraction.test_form_services import AGE, SITE, extract, field, publish, schema
from tests.factories import join, make_review, make_study

BASE = "/reviews/trd/extraction/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def form(review, ana):
    return services.create_form(review=review, name="Trials", by=ana, schema=schema(AGE))


@pytest.fixture
def build(as_user, ana, form):
    """``build("add:section.first", **fields)`` presses a button of the builder and gives the answer."""
    client = as_user(ana)

    def press(do, seen=None, htmx=False, **fields):
        number = draft(form).version if seen is None else seen
        more = HTMX if htmx else {}
        return client.post(
            f"{BASE}forms/{form.pk}/build/", {"do": do, "seen_version": number, **fields}, **more
        )

    return press


def draft(form):
    return form.versions.open().get()


def keys(form):
    return [item["key"] for item in draft(form).schema["sections"][0]["items"]]


def test_a_form_is_built_button_by_button_without_script(build, form):
    assert build(
        "add:section.first", **{"new-label-section.first": "Site", "new-type-section.first": "text"}
    ).url == (f"{BASE}forms/{form.pk}/build/?open=&focus=add%3Asection.first#builder")
    build("save", **{"new-label-section.first": "Dose"})
    build("add:section.first", **{"new-label-section.first": "Arms", "new-type-section.first": "group"})
    build("add:arms", **{"new-label-arms": "People", "new-type-arms": "number"})
    build("up:site")
    build("copy:dose")
    build("remove:age")
    assert keys(form) == ["site", "dose", "dose_2", "arms"]
    build("undo")
    build("section:", **{"new-section": "Money"})
    build("standard:funding")
    build("place:dose_2:section.money:")
    sections = draft(form).schema["sections"]
    assert [(one["key"], len(one["items"])) for one in sections] == [
        ("first", 4),
        ("money", 1),
        ("funding", 4),
    ]


def test_every_button_saves_what_was_typed_into_the_open_editor(build, form):
    typed = {"editing": "age", "f-label": "Mean age", "f-type": "number", "f-max": "110", "f-unit": "years"}
    typed |= {"f-required": "on", "f-decimals": "0", "f-help": "At the start"}
    answer = build("add:section.first", htmx=True, **typed, **{"new-label-section.first": "Site"})
    assert answer.status_code == 200
    age = draft(form).read().field("age")
    assert (age.label, age.max, age.unit, age.required, age.decimals) == ("Mean age", 110, "years", True, 0)
    assert (age.not_reported, age.help, keys(form)) == (False, "At the start", ["age", "site"])
    assert draft(form).edits.count() == 2, "each can be undone"


def test_answers_conditions_and_formulas_are_typed(build, form):
    build("add:section.first", **{"new-label-section.first": "Kind", "new-type-section.first": "choice"})
    build(
        "save",
        **{"editing": "kind", "f-label": "Kind", "f-type": "choice", "f-options": "A trial\nx = Survey"},
    )
    condition = {"c-field": ["kind", ""], "c-op": ["is", "is"], "c-value": ["a_trial", ""], "c-join": "all"}
    build("keep", **{"editing": "age", "f-label": "Age", "f-type": "number"}, **condition)
    build("add:section.first", **{"new-label-section.first": "Half", "new-type-section.first": "calculated"})
    build("save", **{"editing": "half", "f-label": "Half", "f-type": "calculated", "f-formula": "age / 2"})
    build("other:kind")
    read = draft(form).read()
    assert read.faults == ()
    assert [option.key for option in read.field("kind").options] == ["a_trial", "x", "other"]
    assert (read.field("age").shown_when.tests[0].value, read.field("half").formula) == ("a_trial", "age / 2")
    build(
        "save",
        **{
            "editing": "kind",
            "f-label": "Kind",
            "f-type": "choice",
            "f-options": "Trial\nx = Survey\nOther one",
        },
    )
    assert [option.key for option in draft(form).read().field("kind").options] == ["a_trial", "x", "other"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"f-max": "much"}, "&#x27;much&#x27; is no number"),
        ({"f-decimals": "1.5"}, "is no whole number"),
        ({"f-key": "min"}, "words of formulas such as min are taken"),
        ({"f-type": "colour"}, "is no type of field"),
        ({"f-help": "x" * 6000}, "at most 5000 characters"),
    ],
)
def test_what_cannot_be_taken_is_told_beside_what_was_typed(build, form, typed, said):
    before = draft(form).schema
    given = {"editing": "age", "f-label": "Kept as typed", "f-type": "number"} | typed
    for htmx in (True, False):
        answer = build("up:age", htmx=htmx, **given)
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
        assert 'value="Kept as typed"' in answer.content.decode()
    assert draft(form).schema == before


def test_two_people_building_at_once_lose_nothing(build, form):
    build("add:section.first", **{"new-label-section.first": "Site"})
    answer = build(
        "save", seen=1, htmx=True, **{"editing": "age", "f-label": "Typed meanwhile", "f-type": "number"}
    )
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Ana added the field ‘Site’. Nothing was overwritten." in text
    assert 'value="Typed meanwhile"' in text
    assert keys(form) == ["age", "site"]
    assert build("nonsense:age", htmx=True).status_code == 422
    assert build("up:gone", htmx=True).status_code == 422
    assert build("remove:age", seen="x", htmx=True).status_code == 409


def test_the_check_shows_the_preview_and_what_is_wrong_and_stores_nothing(as_user, ana, build, form):
    build("add:section.first", **{"new-label-section.first": "Half", "new-type-section.first": "calculated"})
    url, before = f"{BASE}forms/{form.pk}/check/", draft(form).version
    typed = {"editing": "half", "f-label": "Half", "f-type": "calculated", "v:age.": "44"}
    right = as_user(ana).post(url, typed | {"f-formula": "age / 2"}, **HTMX).content.decode()
    assert ">22</output>" in right
    assert "can be calculated" in right
    wrong = as_user(ana).post(url, typed | {"f-formula": "ages / 2"}, **HTMX).content.decode()
    assert "There is no field with the key &#x27;ages&#x27;" in wrong
    assert draft(form).version == before


def test_a_version_is_tried_out_as_the_extractor_will_see_it(as_user, ben, review, ana):
    data = schema(
        field("kind", "choice", options=["A", "B"]),
        field("why", "text", shown_when={"field": "kind", "op": "is", "value": "b"}),
        field("arms", "group", fields=[field("n")]),
        field("all", "calculated", formula="sum(n)"),
    )
    form = services.create_form(review=review, name="Trials", by=ana, schema=data)
    url = f"{BASE}form-versions/{draft(form).pk}/"
    assert "v:why." not in as_user(ben).get(url).content.decode()
    text = as_user(ben).post(url, {"v:kind.": "b", "v:n.r1": "4", "v:n.r2": "5"}).content.decode()
    assert "v:why." in text
    assert ">9</output>" in text
    assert not Extraction.objects.exists()


def test_publishing_shows_what_changed_and_for_whom(as_user, ana, ben, form, review):
    old = publish(form, ana)
    study = make_study(review, "Nakagawa 2017")
    extract(study, old, ben, {"age": "40"})
    make_study(review, "Untouched 2018")
    version = services.begin_draft(form=form, by=ana)
    services.save_draft(version=version, schema=schema(SITE), by=ana, seen_version=1)
    url = f"{BASE}forms/{form.pk}/publish/"
    text = as_user(ana).get(url).content.decode()
    for said in ("First, Site is new", "First, Age was removed", "Nakagawa 2017", "Age: 40"):
        assert said in text
    assert "Untouched 2018" not in text
    assert as_user(ana).post(url, {"seen_version": 1}).status_code == 409
    as_user(ana).post(url, {"seen_version": 2, "note": "Sites"})
    assert form.versions.published().count() == 2
    assert "1 extraction can move to a newer form" in as_user(ben).get(f"{BASE}forms/").content.decode()
    as_user(ben).post(f"{BASE}forms/take-over/")
    assert study.extractions.get().form_version == old, (
        "it lacks something required, so it waits for a person"
    )


def test_a_colleagues_draft_shows_nowhere(as_user, ana, ben, cleo, form, review):
    old = publish(form, ana)
    extract(make_study(review, "Secret 2019"), old, cleo, {"age": "41"}, kind="independent")
    version = services.begin_draft(form=form, by=ana)
    services.save_draft(version=version, schema=schema(AGE, SITE), by=ana, seen_version=1)
    pages = [f"{BASE}forms/", f"{BASE}forms/{form.pk}/", f"{BASE}forms/{form.pk}/publish/"]
    assert all("Secret 2019" not in as_user(ana).get(page).content.decode() for page in pages)
    services.publish_form(version=version, by=ana, seen_version=2)
    for who, seen in ((ana, False), (ben, False), (cleo, True)):
        for page in pages[:2]:
            text = as_user(who).get(page).content.decode()
            assert ("can move to a newer form" in text or "Secret 2019" in text) is seen
        answer = as_user(who).get(f"/api/reviews/trd/forms/{form.pk}/changes/").json()
        assert bool(answer["outdated"]) is seen


def test_forms_are_copied_from_ones_own_reviews_and_from_files_only(as_user, ana, eve, form, review):
    mine, theirs = make_review("mine", title="Mine"), make_review("theirs", title="Theirs")
    join(mine, ana, "observer")
    join(theirs, eve, "owner")
    here = services.create_form(review=mine, name="Here", by=ana, sections=["funding"])
    there = services.create_form(review=theirs, name="There", by=eve, sections=["funding"])
    client = as_user(ana)
    for source, status in ((here, 302), (there, 422)):
        given = {"name": f"From {source}", "copy_of": source.versions.get().pk}
        assert client.post(f"{BASE}forms/add/", given).status_code == status
    assert set(Form.objects.filter(review=review).values_list("name", flat=True)) == {"Trials", "From Here"}
    exported = client.get(f"{BASE}form-versions/{draft(form).pk}/form.json").content
    assert json.loads(exported)["name"] == "Trials"
    url = f"{BASE}forms/{form.pk}/import/"
    file = {"file": SimpleUploadedFile("form.json", exported), "seen_version": 1}
    assert client.post(url, file).status_code == 302
    assert draft(form).read().by_key.keys() == {"age", "age_2"}
    for content, said in (
        (b"{", "cannot be read as JSON (line 1)"),
        (b"\xff", "no JSON text"),
        (
            b'{"sections": [{"key": "a", "label": "A", "items": [{"key": "b", "type": "x"}]}]}',
            "is no type of field",
        ),
    ):
        file = {"file": SimpleUploadedFile("form.json", content), "seen_version": 2, "replace": "yes"}
        answer = client.post(url, file)
        assert (answer.status_code, said in answer.content.decode().replace("&#x27;", "'")) == (422, True)


def test_a_pilot_is_begun_and_ended_on_the_page(as_user, ana, form, review):
    study = make_study(review, "Nakagawa 2017")
    url = f"{BASE}forms/{form.pk}/"
    client = as_user(ana)
    assert client.post(f"{url}pilot/", {"k": 1, "studies": [study.pk]}).status_code == 422
    client.post(f"{url}pilot/", {"studies": [study.pk]})
    assert "Nakagawa 2017" in client.get(url).content.decode()
    assert client.get(f"{url}build/").status_code == 302, "a pilot does not change"
    client.post(f"{url}pilot/end/")
    assert FormVersion.objects.get().is_draft


def test_the_rest_of_the_pages_do_what_they_say(as_user, ana, form, review):
    client, url = as_user(ana), f"{BASE}forms/{form.pk}/"
    assert "Make a form" not in client.get(f"{BASE}forms/").content.decode()
    client.post(f"{url}change/", {"name": "Renamed", "designs": ["cohort"]})
    assert client.post(f"{url}change/", {"name": " "}).status_code == 422
    form.refresh_from_db()
    assert (form.name, form.designs) == ("Renamed", ["cohort"])
    publish(form, ana)
    client.post(f"{url}begin/")
    assert client.get(f"{url}build/?open=age").status_code == 200
    client.post(f"{url}discard/")
    assert not form.versions.open().exists()
    for to, there in (("retire", False), ("use", True)):
        client.post(f"{url}retire/", {"to": to})
        assert Form.objects.in_use().exists() is there
    version = form.versions.get()
    assert "<code>age</code>" in client.get(f"{BASE}form-versions/{version.pk}/codebook/").content.decode()
    table = b"".join(client.get(f"{BASE}form-versions/{version.pk}/codebook.csv")).decode()
    assert table.splitlines()[1].startswith("First,,age,Age,number")


def test_who_builds_and_who_only_looks(as_user, ana, ben, eve, form):
    for page in ("", "build/", "publish/", "pilot/", "import/"):
        statuses = [as_user(who).get(f"{BASE}forms/{form.pk}/{page}").status_code for who in (ana, ben, eve)]
        assert statuses == [200, 200 if page == "" else 403, 404]
    assert as_user(ben).post(f"{BASE}forms/{form.pk}/build/", {"do": "remove:age"}).status_code == 403


def test_more_studies_cost_no_more_queries(as_user, ana, ben, form, review, django_assert_max_num_queries):
    old = publish(form, ana)
    publish(form, ana, schema(AGE, SITE))
    pages = [f"{BASE}forms/", f"{BASE}forms/{form.pk}/"]
    counts = []
    for number in (1, 6):
        for n in range(number):
            extract(make_study(review, f"Study {number} {n}"), old, ben, {"age": "40"})
        for page in pages:
            with django_assert_max_num_queries(40) as queries:
                as_user(ana).get(page)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert Value.objects.count() == 7
