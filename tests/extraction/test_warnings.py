"""What the linter is told, which of its warnings were dismissed, and when they come back."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from extraction import services
from extraction.linting import all_found, facts_of, judged_of, warnings_of
from extraction.models import DismissedWarning, Result
from reviews.models import Membership
from tests.extraction.conftest import MEANS
from tests.extraction.dual import make_extraction

SE_AS_SD = MEANS | {"sd1": "0.75"}


def codes(result):
    return [warning.code for warning in warnings_of(Result.objects.current().with_names())[result.pk]]


def found(result, code):
    rows = judged_of(Result.objects.current().with_names())[result.pk]
    return next(one for one in rows if one.warning.code == code)


@pytest.fixture
def odd(ben, record):
    return record(ben, values=SE_AS_SD, scale="HAMD-17")


def dismiss(result, by, code="sd_like_se", reason="Printed as SD in the trial's registry."):
    warning = found(result, code).warning
    return services.dismiss_warning(
        result=result, code=code, fingerprint=warning.fingerprint, reason=reason, by=by
    )


def test_everything_known_reaches_the_linter(study, outcome, ben, record):
    outcome.scale, outcome.scale_low, outcome.scale_high = "XYZ", 10, 50
    outcome.save()
    study.arms.update(n_randomised=44)
    result = record(
        ben,
        values=MEANS
        | {"mean1": "12.50", "ci_low": "-7", "ci_high": "-2", "ci_level": 90, "p_value": "<0.01"},
        is_change=True,
        adjusted=True,
    )
    facts = facts_of(Result.objects.with_names().get(), arms=[44, 44], total=90)
    assert (facts.low, facts.high, facts.scale) == (10, 50, "XYZ")
    assert (facts.ci_low, facts.ci_high, facts.ci_level) == (-7, -2, 0.9)
    assert (facts.p, facts.p_below, facts.is_change, facts.derived) == (0.01, True, True, True)
    assert facts.typed["mean1"] == "12.50"
    assert facts.typed["p"] == "0.01"
    assert (facts.randomised1, facts.arms_randomised, facts.total_randomised) == (44, (44, 44), 90)
    assert "arms_not_total" not in codes(result)


def test_the_range_of_the_outcome_is_for_its_own_scale(outcome, ben, record):
    outcome.scale, outcome.scale_low, outcome.scale_high = "XYZ", 20, 50
    outcome.save()
    assert "mean_beyond_scale" in codes(record(ben))
    assert "mean_beyond_scale" not in codes(record(ben, scale="ABC"))


def test_baselines_are_looked_at_and_recurrent_events_are_not_people(ben, record):
    swapped = {"baseline_mean1": 8, "baseline_sd1": 4, "baseline_mean2": 14, "baseline_sd2": 6}
    change = record(ben, "change", values=MEANS | {"mean1": 21.0, "mean2": 22.0} | swapped)
    facts = facts_of(Result.objects.with_names().get(pk=change.pk))
    assert (facts.kind, facts.baseline_mean1, facts.is_change) == ("means", 8, False)
    rates = {"events1": 90, "time1": 40, "n1": 40, "events2": 60, "time2": 39, "n2": 40}
    assert codes(record(ben, "rates", values=rates)) == []


def test_two_comparisons_with_one_control_are_noticed_also_when_only_one_is_preferred(study, ben, record):
    first = record(ben)
    other = services.add_arm(study=study, label="Tai chi", role="experimental", by=ben)
    second = record(ben, experimental=other, values=MEANS | {"mean1": 10.1, "sd1": 5.5})
    assert not second.is_preferred
    assert "control_twice" in codes(first)
    assert "control_twice" in codes(second)
    combined = services.combine_results(results=[first, second], by=ben)
    assert all("control_twice" not in codes(one) for one in (first, second, combined))


def test_a_dismissed_warning_comes_back_when_a_number_changes(odd, ben, cleo):
    assert "sd_like_se" in codes(odd)
    dismiss(odd, cleo)
    assert "sd_like_se" not in codes(odd)
    same = services.correct_result(
        result=odd, by=ben, changes={"source": "Table 2"}, why="source", seen_version=1
    )
    assert "sd_like_se" not in codes(same)
    changed = services.correct_result(
        result=same, by=ben, changes={"sd1": "0.74"}, why="misread", seen_version=2
    )
    assert "sd_like_se" in codes(changed)


def test_dismissing_needs_a_reason_a_warning_and_a_shared_result(study, odd, ben, record):
    with pytest.raises(services.NotPossible, match="Say why"):
        dismiss(odd, ben, reason=" ")
    with pytest.raises(services.NotPossible, match="gone"):
        services.dismiss_warning(result=odd, code="grim", fingerprint="0" * 16, reason="so", by=ben)
    dismissed = dismiss(odd, ben)
    with pytest.raises(services.AlreadyRecorded, match="Ben dismissed this warning"):
        dismiss(odd, ben)
    own = record(ben, values=SE_AS_SD, scale="MADRS", extraction=make_extraction(study, ben, complete=False))
    with pytest.raises(services.NotPossible, match="shared results"):
        services.dismiss_warning(result=own, code="sd_like_se", fingerprint="x", reason="so", by=ben)
    services.restore_warning(dismissed=dismissed, by=ben)
    assert "sd_like_se" in codes(odd)
    with pytest.raises(services.AlreadyRecorded):
        services.restore_warning(dismissed=dismissed, by=ben)
    dismiss(odd, ben)  # and once more


def test_nobody_sees_warnings_of_a_colleagues_own_numbers(study, review, ben, cleo, record):
    record(ben, values=SE_AS_SD, scale="HAMD-17", extraction=make_extraction(study, ben, complete=False))
    of = {m.user_id: m for m in Membership.objects.filter(review=review)}
    assert [one.warning.code for one in all_found(of[ben.pk])]
    assert all_found(of[cleo.pk]) == []


def test_the_page_lists_counts_filters_dismisses_and_restores(review, study, odd, ben, as_user):
    client, page = as_user(ben), reverse("extraction:warnings", args=[review.slug])
    answer = client.get(page)
    assert b"standard error typed as SD (1)" in answer.content
    assert study.label.encode() in answer.content
    assert b"No such warning" in client.get(page, {"code": "grim", "study": study.pk}).content
    warning = found(odd, "sd_like_se").warning
    form = {
        "code": warning.code,
        "fingerprint": warning.fingerprint,
        "reason": "In the registry.",
        "from": "list",
    }
    answer = client.post(reverse("extraction:warning_dismiss", args=[review.slug, odd.pk]), form, follow=True)
    assert b"comes back when one of its numbers changes" in answer.content
    gone = client.get(page, {"state": "dismissed"})
    assert b"In the registry." in gone.content
    pk = DismissedWarning.objects.get().pk
    client.post(reverse("extraction:warning_restore", args=[review.slug, pk]))
    assert "sd_like_se" in codes(odd)


def test_more_results_cost_no_more_queries(review, ben, as_user, record, django_assert_max_num_queries):
    client, page = as_user(ben), reverse("extraction:warnings", args=[review.slug])
    record(ben, values=SE_AS_SD, scale="HAMD-17")
    client.get(page)
    with django_assert_max_num_queries(30) as few:
        client.get(page)
    for number in range(8):
        record(ben, values=SE_AS_SD | {"mean2": 14 + number}, scale="HAMD-17", time_point=f"{number} wk")
    with django_assert_max_num_queries(len(few)):
        client.get(page)


def test_programs_and_the_shell_do_the_same(review, odd, ben, as_user, capsys):
    client, api = as_user(ben), f"/api/reviews/{review.slug}"
    rows = client.get(f"{api}/warnings/", {"code": "sd_like_se"}).json()
    row = (rows["results"] if isinstance(rows, dict) else rows)[0]
    body = {name: row[name] for name in ("code", "fingerprint")} | {"reason": "In the registry."}
    answer = client.post(
        f"{api}/results/{odd.pk}/dismiss/", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 201
    pk = answer.json()["id"]
    assert client.post(f"{api}/dismissed-warnings/{pk}/restore/").status_code == 200

    shell = {"review": review.slug, "by": ben.email, "json": True}
    call_command("check_results", **shell, code="sd_like_se")
    (listed,) = json.loads(capsys.readouterr().out)["warnings"]
    mark = {"result": odd.pk, "dismiss": listed["fingerprint"], "reason": "Registry."}
    call_command("check_results", **shell, **mark)
    call_command("check_results", **shell, dismissed=True)
    assert "Registry." in capsys.readouterr().out
    call_command("check_results", **shell, result=odd.pk, restore=listed["fingerprint"])
    assert "sd_like_se" in codes(odd)
    with pytest.raises(CommandError, match="has no warning"):
        call_command("check_results", **shell, result=odd.pk, dismiss="nothing", reason="so")


def test_conversions_for_programs_and_the_shell(review, ben, as_user, capsys):
    client, api = as_user(ben), f"/api/reviews/{review.slug}/conversions/"
    assert len(client.get(api).json()) > 80
    send = {"content_type": "application/json"}
    done = client.post(api, json.dumps({"key": "sd.from_se", "inputs": {"se": 0.5, "n": 25}}), **send)
    assert done.json()["values"] == {"sd": 2.5}
    assert (
        client.post(api, json.dumps({"key": "sd.from_se", "inputs": {"se": 0.5}}), **send).status_code == 400
    )
    found = client.post(f"{api}suggest/", json.dumps({"known": {"se": 0.5, "n": 25}}), **send).json()
    assert [one["key"] for one in found] == ["sd.from_se"]
    call_command("convert", "sd.from_se", "se=0.5", "n=25", json=True)
    assert json.loads(capsys.readouterr().out)["values"] == {"sd": 2.5}
    call_command("convert", "combine.dichotomous", "events=3,4", "n=10,12")
    assert "events = 7" in capsys.readouterr().out
    call_command("convert", "se=0.5", "n=25")
    assert "sd.from_se" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no conversion"):
        call_command("convert", "sd.from_hope", "n=3")
