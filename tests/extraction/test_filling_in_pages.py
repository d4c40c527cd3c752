"""The pages, API and commands of filling in: without script, whose turn it is, no trace of a draft."""

import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from extraction import services
from extraction.models import Completion, ExtractionSettings, Value
from reviews.models import Membership
from tests.extraction.filling import finished
from tests.factories import make_arms, make_result, make_study

JSON = "application/json"


@pytest.fixture
def url(review):
    return lambda name, *args: reverse(f"extraction:{name}", args=[review.slug, *args])


@pytest.fixture
def begun(study, form, ben):
    return services.start_extraction(study=study, by=ben)


def page(answer):
    return answer.content.decode()


def sent(client, address, **changes):
    """What the form of the page at ``address`` sends, with ``changes`` {"field.row": value}."""
    cells = client.get(address).context["page"].cells.values()
    given = {f"s:{cell.name}": cell.stamp for cell in cells if not cell.field.is_calculated}
    given |= {f"v:{cell.name}": cell.text for cell in cells if cell.widget in ("line", "area")}
    given |= {f"c:{cell.name}": cell.comment for cell in cells}
    return given | {f"v:{name}": value for name, value in changes.items()}


def test_from_the_overview_to_a_complete_study_without_script(
    study,
    outcome,
    form,
    ben,
    cleo,
    as_user,
    url,
):
    writer, checker = as_user(ben), as_user(cleo)
    assert "Anybody may begin" in page(writer.get(url("overview")))
    answer = writer.post(url("start", study.pk))
    (extraction,) = study.extractions.all()
    assert answer.url == url("fill", extraction.pk)
    address, save = url("fill", extraction.pk), url("fill_save", extraction.pk)
    (row,) = extraction.rows["funders"]
    values = {"enrolled.": "40", "women.": "10", f"funder.{row}": "MRC", "setting.": "ward"}
    answer = writer.post(save, sent(writer, address, **values) | {"c:enrolled.": "p. 3"}, follow=True)
    assert "Saved." in page(answer)
    assert "25.0 %" in page(answer)
    assert Value.objects.get(field="enrolled").comment == "p. 3"
    answer = writer.post(save, sent(writer, address) | {"act": "complete"}, follow=True)
    assert "is complete" in page(answer)
    assert "Somebody else verifies" in page(writer.get(url("overview")))
    assert "Verify" in page(checker.get(url("overview")))
    for one in Value.objects.exclude(value=None):
        posted = sent(checker, address) | {"act": f"verify:{one.field}.{one.row}"}
        assert checker.post(save, posted).status_code == 302
    assert not Value.objects.filter(verified_by=None).exclude(value=None).exists()
    assert "Declare it complete" in page(checker.get(url("study", study.pk)))
    assert "is complete" in page(checker.post(url("study_complete", study.pk), follow=True))
    assert Completion.objects.exists()
    assert "data-fill-form" not in page(writer.get(address))
    assert "open again" in page(writer.post(url("study_reopen", study.pk), follow=True))


def test_what_was_typed_stays_beside_what_somebody_else_wrote(begun, ben, cleo, put, as_user, url):
    client, address, save = as_user(ben), url("fill", begun.pk), url("fill_save", begun.pk)
    typed = sent(client, address, **{"country.": "Peru", "enrolled.": "many", "women.": "3"})
    put(begun, cleo, "country", "Chile")
    answer = client.post(save, typed)
    assert answer.status_code == 409
    text = page(answer)
    assert "2 fields could not be saved" in text
    assert "Cleo changed “Country” in the meantime: it is now ‘Chile’" in text
    assert 'value="Peru"' in text
    assert 'value="many"' in text
    assert dict(Value.objects.values_list("field", "value")) == {"country": "Chile", "women": "3"}
    again = {f"s:{cell.name}": cell.stamp for cell in answer.context["page"].cells.values()}
    client.post(save, typed | again | {"v:enrolled.": "40"})
    assert dict(Value.objects.values_list("field", "value")) == {
        "country": "Peru",
        "women": "3",
        "enrolled": "40",
    }


def test_a_form_that_changed_nothing_overwrites_nothing(begun, ben, cleo, put, as_user, url):
    client = as_user(ben)
    old = sent(client, url("fill", begun.pk))
    put(begun, cleo, "country", "Chile")
    answer = client.post(url("fill_save", begun.pk), old, follow=True)
    assert "Saved." in page(answer)
    assert Value.objects.get().value == "Chile"


def test_rows_without_script(begun, ben, as_user, url):
    client, address, save = as_user(ben), url("fill", begun.pk), url("fill_save", begun.pk)
    (row,) = begun.rows["funders"]
    client.post(save, sent(client, address, **{f"funder.{row}": "MRC"}) | {"act": "add:funders"})
    client.post(save, sent(client, address) | {"act": f"remove:funders.{row}"})
    text = page(client.get(address))
    assert "Bring back: MRC" in text
    client.post(save, sent(client, address) | {"act": f"restore:funders.{row}"})
    begun.refresh_from_db()
    assert len(begun.rows["funders"]) == 2
    assert "Bring back" not in page(client.get(address))


def test_autosave_answers_with_what_the_page_needs(begun, ben, cleo, put, as_user, url):
    client, address = as_user(ben), url("value", begun.pk)
    body = {"as": ben.pk, "field": "setting", "row": "", "value": "other", "comment": "", "seen_version": 0}
    answer = client.post(address, body, content_type=JSON)
    told = answer.json()
    assert answer.status_code == 200
    assert "which." in told["shown"]
    assert ["which.", "Participants: Which setting is not filled in."] in told["missing"]
    assert told["stamp"].startswith("1-")
    put(begun, cleo, "setting", "ward")
    answer = client.post(address, body | {"value": "", "seen_version": 1}, content_type=JSON)
    told = answer.json()
    assert (answer.status_code, told["value"], told["words"], told["by"]) == (409, "ward", "Ward", "Cleo")
    for change, status in (
        ({"as": cleo.pk}, 412),
        ({"field": "gone"}, 422),
        ({"value": {"a": 1}}, 400),
        ({"seen_version": "1"}, 400),
    ):
        assert client.post(address, body | change, content_type=JSON).status_code == status
    assert client.post(address, "no", content_type=JSON).status_code == 400


def test_htmx_gets_the_row_and_the_mark_alone(begun, ben, cleo, put, as_user, url):
    writer, checker, htmx = as_user(ben), as_user(cleo), {"headers": {"HX-Request": "true"}}
    text = page(writer.post(url("row_add", begun.pk), {"group": "funders"}, **htmx))
    assert text.startswith("<tr")
    assert "No more than 2 rows" in text
    (row,) = begun.rows["funders"]
    put(begun, ben, "funder", "MRC", row=row)
    text = page(writer.post(url("row_remove", begun.pk), {"cell": f"funders.{row}"}, **htmx))
    assert "Bring back: MRC" in text
    answer = writer.post(url("row_restore", begun.pk), {"cell": f"funders.{row}"}, **htmx)
    assert answer["HX-Retarget"] == "#rows-funders"
    assert "MRC" in page(answer)
    given = {"cell": f"funder.{row}", "seen_version": 1}
    assert "Verified by Cleo" in page(checker.post(url("value_verify", begun.pk), given, **htmx))
    assert "Confirm" in page(checker.post(url("value_verify", begun.pk), given | {"no": "1"}, **htmx))
    assert writer.post(url("value_verify", begun.pk), given, **htmx).status_code == 403


def test_the_settings_are_set_by_those_who_amend_the_protocol(review, ana, ben, as_user, url):
    assert "An owner or a manager changes this" in page(as_user(ben).get(url("settings")))
    assert as_user(ben).post(url("settings_save"), {"mode": "dual", "seen_version": 0}).status_code == 403
    owner = as_user(ana)
    assert owner.post(url("settings_save"), {"mode": "dual", "seen_version": 0}).status_code == 302
    answer = owner.post(url("settings_save"), {"mode": "single", "seen_version": 0})
    assert answer.status_code == 409
    assert 'name="seen_version" value="1"' in page(answer)
    assert ExtractionSettings.objects.get().mode == "dual"
    assert owner.post(url("settings_save"), {"mode": "", "seen_version": 1}).status_code == 422


# --- no trace of what a colleague does alone -------------------------------------------------------------


def seen_by(client, review, study, membership):
    """Everything a member can ask about extraction, as text."""
    slug = review.slug
    pages = [
        reverse("extraction:overview", args=[slug]),
        reverse("extraction:study", args=[slug, study.pk]),
        reverse("reviews:history", args=[slug]),
        reverse("reviews:overview", args=[slug]),
        reverse("extraction-extractions-list", args=[slug]),
        reverse("extraction-studies-list", args=[slug]),
        reverse("extraction-studies-detail", args=[slug, study.pk]),
        reverse("extraction-results-list", args=[slug]),
    ]
    texts = [page(client.get(address)) for address in pages]
    out = StringIO()
    call_command(
        "extraction_progress", review=slug, reader=membership.user.email, study=study.label, stdout=out
    )
    return [*texts, out.getvalue()]


def test_a_draft_and_a_lone_complete_extraction_change_nothing_for_colleagues(
    review,
    study,
    outcome,
    form,
    mode,
    ana,
    ben,
    cleo,
    put,
    as_user,
    url,
):
    mode("dual")
    looks = [(one, as_user(one), Membership.objects.get(user=one)) for one in (ana, cleo)]

    def everything():
        return [seen_by(client, review, study, membership) for _, client, membership in looks]

    before = [[without_token(text) for text in texts] for texts in everything()]
    mine = services.start_extraction(study=study, by=ben)
    put(mine, ben, "country", "Atlantis")
    finished(mine, ben, put)
    make_result(study, outcome, ben, extraction=mine, is_preferred=False)
    after = [[without_token(text) for text in texts] for texts in everything()]
    assert after == before
    for _, client, _ in looks:
        for name in ("fill", "fill_state"):
            assert client.get(url(name, mine.pk)).status_code == 404
        detail = reverse("extraction-extractions-detail", args=[review.slug, mine.pk])
        assert client.get(detail).status_code == 404
        assert client.post(url("row_add", mine.pk), {"group": "funders"}).status_code == 404
    assert "Atlantis" in page(as_user(ben).get(url("fill", mine.pk)))
    assert "Waits for a second person" in page(as_user(ben).get(url("overview")))


def without_token(text):
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+', r"\1", text)


# --- programs --------------------------------------------------------------------------------------------


def test_a_study_by_program(study, form, mode, ana, ben, as_user):
    slug, client, owner = study.review.slug, as_user(ben), as_user(ana)
    settings = reverse("extraction-settings-list", args=[slug])
    assert client.get(settings).json() == {"mode": "verify", "version": 0}
    answer = owner.post(settings, {"mode": "single", "seen_version": 0}, content_type=JSON)
    assert answer.json() == {"mode": "single", "version": 1}
    begin = reverse("extraction-extractions-list", args=[slug])
    told = client.post(begin, {"study": study.pk}, content_type=JSON).json()

    def act(name, **body):
        address = reverse(f"extraction-extractions-{name}", args=[slug, told["id"]])
        return client.post(address, body, content_type=JSON)

    (row,) = told["rows"]["funders"]
    one = act("value", field="enrolled", value=40, seen_version=0).json()
    assert (one["value"], one["version"]) == ("40", 1)
    answer = act("value", field="enrolled", value=41, seen_version=0)
    assert answer.status_code == 409
    assert "it is now ‘40’" in answer.json()["detail"]
    assert act("value", field="enrolled", value={}, seen_version=1).status_code == 400
    assert act("complete").status_code == 422
    second = act("add-row", group="funders").json()["row"]
    act("value", field="funder", row=second, value="MRC", seen_version=0)
    act("remove-row", group="funders", row=second)
    act("remove-row", group="funders", row=row)
    whole = act("restore-row", group="funders", row=second).json()
    assert whole["rows"] == {"funders": [second]}
    assert [one["field"] for one in whole["values"]] == ["enrolled", "funder"]
    assert act("complete").json()["state"] == "complete"
    stand = reverse("extraction-studies-detail", args=[slug, study.pk])
    assert client.get(stand).json()["blocks"] == []
    done = reverse("extraction-studies-complete", args=[slug, study.pk])
    assert client.post(done).json()["state"] == "complete"
    assert client.post(reverse("extraction-studies-reopen", args=[slug, study.pk])).json()["state"] == "ready"
    assert act("reopen").json()["state"] == "draft"


def run(name, **options):
    out = StringIO()
    call_command(name, stdout=out, json=True, **options)
    return json.loads(out.getvalue())


def test_a_study_from_the_shell(study, form, ana, ben, cleo):
    slug = study.review.slug
    assert run("extraction_mode", review=slug) == {"review": slug, "mode": "verify", "version": 0}
    place = {"review": slug, "study": study.label}
    told = run(
        "fill_in", **place, by=ben.email, set=["enrolled=40", "country=Chile"], comment=["country=p. 2"]
    )
    (row,) = told["rows"]["funders"]
    assert [(one["field"], one["value"], one["comment"]) for one in told["values"]] == [
        ("enrolled", "40", ""),
        ("country", "Chile", "p. 2"),
    ]
    run("fill_in", **place, by=ben.email, set=[f"funder.{row}=MRC"], complete=True)
    verify = ["enrolled", "country", f"funder.{row}"]
    told = run("fill_in", **place, by=cleo.email, verify=verify, complete_study=True)
    assert told["blocks"] == []
    assert run("extraction_progress", review=slug, reader=ben.email)["studies"][0]["state"] == "complete"
    assert run("fill_in", **place, by=ben.email, reopen_study=True, reopen=True)["state"] == "draft"
    for wrong in ({"set": ["enrolled"]}, {"set": ["enrolled=many"]}, {"verify": ["women"]}):
        with pytest.raises(CommandError):
            run("fill_in", **place, by=ben.email, **wrong)
    with pytest.raises(CommandError, match="no study called 'Nobody 1900'"):
        run("fill_in", review=slug, study="Nobody 1900", by=ben.email)
    assert run("extraction_mode", review=slug, mode="single", by=ana.email)["mode"] == "single"


def test_more_studies_cost_no_more_queries(review, study, outcome, form, ben, put, as_user, url):
    client = as_user(ben)
    begun = services.start_extraction(study=study, by=ben)
    put(begun, ben, "enrolled", "40")
    make_result(study, outcome, ben)

    def cost(address):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    api = reverse("extraction-studies-list", args=[review.slug])
    addresses = [url("overview"), url("fill", begun.pk), api]
    before = [cost(one) for one in addresses]
    for number in range(4):
        other = make_study(review, f"More {number}")
        make_arms(other)
        make_result(other, outcome, ben)
        put(services.start_extraction(study=other, by=ben), ben, "enrolled", "40")
    for field in ("women", "country", "remarks"):
        put(begun, ben, field, "3")
    assert [cost(one) for one in addresses] == before
