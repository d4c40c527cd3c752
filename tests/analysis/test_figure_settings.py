"""How a figure is drawn is kept with its plan: page, program and command; the same bytes again."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from analysis import services
from analysis.models import FigureSettings
from analysis.services import InvalidFigure, set_figure
from reviews.errors import Conflict
from reviews.models import AuditEvent
from tests.factories import join, make_user

pytestmark = pytest.mark.django_db


def page_of(run, name="figure", figure="forest"):
    return reverse(f"analysis:{name}", args=[run.review.slug, run.pk, figure])


def file_of(run, name="forest", extension="svg"):
    return reverse("analysis:run_file", args=[run.review.slug, run.pk, name, extension])


def test_settings_are_kept_with_the_plan_and_told_in_the_history(run, ana):
    plan = run().plan
    kept = set_figure(
        plan=plan, figure="forest", settings={"sort": "effect", "weights": True}, seen_version=0, by=ana
    )
    assert kept.settings == {"sort": "effect"}  # weights are there at first
    event = AuditEvent.objects.get(verb="analysis.figure_set")
    assert event.sentence == "set how the forest plot of “All trials” is drawn."
    assert event.detail == {"figure": "forest", "before": {}, "after": {"sort": "effect"}}
    with pytest.raises(Conflict, match="Ana has changed how this figure is drawn since you opened it"):
        set_figure(plan=plan, figure="forest", settings={}, seen_version=0, by=ana)
    again = set_figure(plan=plan, figure="forest", settings={}, seen_version=1, by=ana)
    assert (again.settings, again.version) == ({}, 2)
    assert AuditEvent.objects.filter(verb="analysis.figure_reset").exists()


@pytest.mark.parametrize(
    ("figure", "given", "field", "sentence"),
    [
        ("pie", {}, "figure", "This plan has no figure 'pie'; it has forest"),
        ("forest", {"colour": "red"}, "colour", "The forest plot has no setting colour; it has style"),
        ("forest", {"style": "lancet"}, "style", "style: Select a valid choice. lancet is not one"),
        ("forest", {"decimals": "many"}, "decimals", "decimals: "),
    ],
)
def test_settings_that_cannot_be_are_refused(write, trials, ana, figure, given, field, sentence):
    with pytest.raises(InvalidFigure) as refusal:
        set_figure(plan=write(), figure=figure, settings=given, seen_version=0, by=ana)
    assert sentence in str(refusal.value)
    assert refusal.value.field == field
    assert not FigureSettings.objects.exists()


def test_every_run_of_the_plan_is_drawn_so_and_the_same_bytes_come_again(run, trials, ana, as_user, work):
    first, browser = run(), as_user(ana)
    plain = browser.get(file_of(first)).content
    set_figure(plan=first.plan, figure="forest", settings={"sort": "effect"}, seen_version=0, by=ana)
    drawn = browser.get(file_of(first)).content
    assert drawn != plain
    assert drawn.index(b"Cruz 2010") < drawn.index(b"Ade 2001")  # the furthest from no effect comes first
    assert browser.get(file_of(first)).content == drawn
    pdf = browser.get(file_of(first, extension="pdf") + "?width=single").content
    assert browser.get(file_of(first, extension="pdf") + "?width=single").content == pdf
    trials[0].results.update(mean1=11.0)
    second = services.request_run(plan=first.plan, by=ana)
    work()
    assert second.pk != first.pk
    later = browser.get(file_of(second)).content
    assert later.index(b"Cruz 2010") < later.index(b"Ade 2001")


def test_the_page_shows_previews_saves_and_resets(run, ana, as_user):
    found, browser = run(), as_user(ana)
    page = browser.get(page_of(found)).content.decode()
    assert 'name="version" value="0"' in page
    assert "One column, 85 mm" in page
    preview = browser.get(
        page_of(found) + "?sort=effect&style=ours&width=natural&data=all",
        headers={"HX-Request": "true", "HX-Target": "preview"},
    ).content.decode()
    assert "<html" not in preview
    assert preview.index("Cruz 2010") < preview.index("Ade 2001")
    assert not FigureSettings.objects.exists()
    wrong = browser.post(page_of(found, "figure_set"), {"version": "0", "style": "lancet"})
    assert wrong.status_code == 422
    assert "lancet is not one of the available choices" in wrong.content.decode()
    sent = {"version": "0", "sort": "effect", "style": "ours", "width": "natural", "data": "all"}
    saved = browser.post(page_of(found, "figure_set"), sent, follow=True).content.decode()
    assert "is drawn so in every run of “All trials”" in saved
    assert "as set by Ana" in saved
    assert FigureSettings.objects.get().settings["sort"] == "effect"
    late = browser.post(page_of(found, "figure_set"), sent, follow=True).content.decode()
    assert "has changed how this figure is drawn since you opened it" in late
    browser.post(page_of(found, "figure_set"), {"version": "1", "reset": "1"})
    assert FigureSettings.objects.get().settings == {}


def test_a_reader_looks_and_keeps_nothing(run, review, as_user):
    found = run()
    reader = as_user(join(review, make_user("olga"), "observer").user)
    assert "Draw it so" not in reader.get(page_of(found)).content.decode()
    assert reader.post(page_of(found, "figure_set"), {"version": "0", "reset": "1"}).status_code == 403


def test_figures_that_a_run_does_not_have_say_why(run, ana, as_user):
    found, browser = run(), as_user(ana)
    assert browser.get(page_of(found, figure="pie")).status_code == 404
    bubble = browser.get(page_of(found, figure="bubble"), headers={"HX-Request": "true"}).content.decode()
    assert "<svg" not in bubble
    run_page = browser.get(reverse("analysis:run", args=["trd", found.pk])).content.decode()
    assert "Not drawn here:" in run_page
    assert f'hx-get="{page_of(found, figure="funnel")}"' in run_page
    funnel = browser.get(page_of(found, figure="funnel"), headers={"HX-Request": "true"}).content.decode()
    assert 'id="figure-funnel"' in funnel
    assert "<svg" in funnel
    assert "The same as a table" in funnel


def test_programs_list_set_and_fetch_figures(run, ana, as_user):
    found, program = run(), as_user(ana)
    base = f"/api/reviews/trd/runs/{found.pk}/figures/"
    listed = {one["figure"]: one for one in program.get(base).json()}
    assert listed["forest"]["defaults"]["style"] == "ours"
    assert listed["bubble"]["why_not"]
    body = {"settings": {"sort": "effect"}, "version": 0}
    answer = program.post(f"{base}forest/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.content
    assert program.post(f"{base}forest/", body, content_type="application/json").status_code == 409
    file = program.get(f"{base}forest/file/?type=png&width=single&dpi=300")
    assert file.content.startswith(b"\x89PNG")
    wrong = program.get(f"{base}forest/file/?type=exe")
    assert (wrong.status_code, "comes as svg, png" in wrong.json()["detail"]) == (422, True)
    assert program.get(f"{base}pie/file/").status_code == 422


def test_the_command_lists_sets_and_writes(run, ana, as_user, capsys, tmp_path):
    found = run()
    call_command("figure", review="trd", run=found.pk)
    assert "forest: Forest plot" in capsys.readouterr().out
    out = tmp_path / "forest.svg"
    call_command(
        "figure",
        review="trd",
        run=found.pk,
        figure="forest",
        set='{"sort": "effect"}',
        out=str(out),
        json=True,
    )
    told = json.loads(capsys.readouterr().out)
    assert told["settings"] == {"sort": "effect"}
    drawn = out.read_text()
    assert drawn.index("Cruz 2010") < drawn.index("Ade 2001")
    call_command("figure", review="trd", run=found.pk, figure="forest", reset=True)
    assert FigureSettings.objects.get().settings == {}
    for options, sentence in (
        ({"set": "[1]"}, "write an object of settings"),
        ({"set": "{"}, "this is not JSON"),
        ({"out": "forest.doc"}, "should end with .svg"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("figure", review="trd", run=found.pk, figure="forest", **options)
