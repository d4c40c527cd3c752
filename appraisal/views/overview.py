"""Where everything stands, and how an assessment begins."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appraisal import registry, services
from appraisal.forms import StartForm, planned_results, read_result
from appraisal.models import Assessment
from appraisal.overview import STANDINGS, Result, counted, standings, studies_for
from appraisal.views.common import ROOM, chosen_tool, overview_url, result_meant, tool_choices, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Outcome, Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def overview(request: ReviewRequest, review: Review) -> HttpResponse:
    """Studies and results with where each stands, by tool; ``?result=`` and ``?standing=`` narrow it."""
    tool = chosen_tool(request, review)
    only, standing = _result(request, review), request.GET.get("standing", "")
    rows = standings(request.membership, tool, studies_for(review, tool), only)
    counts = counted(rows)
    if standing in STANDINGS:
        rows = [row for row in rows if row.is_(standing)]
    undesigned = Study.objects.filter(review=review, design="").count()
    context = ROOM | {
        "tool": tool,
        "tools": tool_choices(review),
        "page_obj": page_of(request, rows),
        "studies": len({row.study.pk for row in rows}),
        "counts": [
            (key, words, counts[key]) for key, words in STANDINGS.items() if key != "outdated" or counts[key]
        ],
        "standing": standing,
        "results": planned_results(Outcome.objects.filter(review=review)),
        "result": request.GET.get("result", "") if only else "",
        "undesigned": undesigned if undesigned and len(registry.tools_of(review)) > 1 else 0,
        "any_study": Study.objects.filter(review=review).exists(),
        "chosen": review.tools.in_use().exists(),
    }
    return render(request, "appraisal/overview.html", context)


def _result(request: ReviewRequest, review: Review) -> Result | None:
    outcomes = {outcome.pk: outcome for outcome in Outcome.objects.filter(review=review)}
    outcome, time_point = read_result(request.GET.get("result", ""), outcomes)
    return (outcome.pk, time_point) if outcome else None


@review_page(Permission.ASSESS)
@require_POST
def start(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """Begin (or go on with) one's own assessment of a study, or of the result that is posted."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    outcome, time_point = result_meant(review, request.POST.get("result", ""))
    try:
        mine = services.start_assessment(
            study=study,
            instrument=tool_named(review, instrument).key,
            assessor=request.user,
            outcome=outcome,
            time_point=time_point,
        )
    except Refused as refusal:
        return refused(request, refusal, overview_url(review, instrument))
    return redirect("appraisal:assess", review.slug, mine.pk)


@review_page(Permission.ASSESS)
@require_http_methods(["GET", "POST"])
def begin(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Choose the tool (with its effect of interest) and the result of a study, and begin."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    fitting = registry.tools_for(study)
    others = [tool for tool in registry.tools_of(review) if tool not in fitting]
    outcomes = Outcome.objects.filter(review=review)
    first = request.GET.get("instrument", "") or (fitting[0].key if fitting else "")
    initial = {"instrument": first, "result": request.GET.get("result", "")}
    form = StartForm([*fitting, *others], outcomes, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {
            name: form.cleaned_data[name] for name in ("instrument", "outcome", "time_point", "result_label")
        }
        try:
            mine = services.start_assessment(study=study, assessor=request.user, **given)
            return redirect("appraisal:assess", review.slug, mine.pk)
        except Refused as refusal:
            refuse_form(form, refusal)
    begun = (
        Assessment.objects.filter(review=review, study=study)
        .independent()
        .select_related("assessor", "outcome", "review")
    )
    context = ROOM | {
        "study": study,
        "form": form,
        "fitting": fitting,
        "others": others,
        "begun": begun,
        "outcomes": outcomes,
    }
    return render(request, "appraisal/begin.html", context, status=422 if form.errors else 200)
