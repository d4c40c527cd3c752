"""Converted values in an analysis: what they were, by which method, and the analysis without them in one click."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from analysis import services
from analysis.converted import converted_rows
from analysis.models import Plan, Run
from extraction.models import Result
from extraction.services.conversions import entry


@pytest.fixture
def converted(trials):
    """The SD of one arm of the second trial comes from a standard error; the third was read off a figure."""
    one = entry("sd.from_se", {"se": 1.0, "n": 25}, {"sd1": "sd"})
    Result.objects.filter(study=trials[1]).update(conversions=[one], derived=True, sd1=5.0)
    Result.objects.filter(study=trials[2]).update(derived=True, basis="Read off figure 2")
    return trials


def test_every_converted_value_is_told_with_its_original_and_method(
    converted, run, django_assert_num_queries
):
    made = run()
    with django_assert_num_queries(1):
        found = converted_rows(made)
    assert [(row.study, row.basis) for row in found] == [("Bol 2005", ""), ("Cruz 2010", "Read off figure 2")]
    [one] = found[0].conversions
    assert (one["key"], one["inputs"], one["gave"]) == ("sd.from_se", {"se": 1.0, "n": 25}, ["sd1"])
    assert found[1].conversions == []


def test_what_was_pooled_is_told_also_when_it_was_corrected_since(converted, run):
    made = run()
    Result.objects.filter(study=converted[1]).update(superseded_at="2026-01-01T00:00Z")
    assert [row.study for row in converted_rows(made)] == ["Bol 2005", "Cruz 2010"]


def test_without_them_is_one_click(converted, run, ana, client, review):
    made = run()
    client.force_login(ana)
    page = client.get(reverse("analysis:run", args=[review.slug, made.pk])).content.decode()
    assert "Converted and derived values" in page
    assert "Without converted and derived values" in page
    assert "Read off figure 2" in page
    assert "conversion-steps" in page
    answer = client.post(
        reverse("analysis:run_alike", args=[review.slug, made.pk]), {"leave_out_derived": "yes"}
    )
    without = Run.objects.exclude(pk=made.pk).get()
    assert answer.url == reverse("analysis:run", args=[review.slug, without.pk])
    assert without.plan.name == "All trials: as printed only"
    assert [row["study"] for row in without.snapshot["rows"]] == ["Ade 2001"]
    assert services.run_alike(plan=without.plan, by=ana, leave_out_derived=False) == made
    assert not Plan.objects.filter(name__endswith="(all)").exists()


def test_the_api_and_the_command_do_the_same(converted, write, ana, client, review):
    plan = write()
    client.force_login(ana)
    address = reverse("analysis-plans-alike", args=[review.slug, plan.pk])
    by_api = client.post(address, {"leave_out_derived": True}, content_type="application/json").json()
    out = StringIO()
    call_command(
        "analyse", "--review", review.slug, "--plan", plan.slug, "--leave-out-derived", "--json", stdout=out
    )
    assert json.loads(out.getvalue())["run"] == by_api["id"]
    assert Run.objects.get().plan.leave_out_derived


def test_a_run_without_converted_values_says_nothing_of_them(run, ana, client, review):
    made = run()
    client.force_login(ana)
    assert converted_rows(made) == []
    page = client.get(reverse("analysis:run", args=[review.slug, made.pk])).content.decode()
    assert "Converted and derived values" not in page
