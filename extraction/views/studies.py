"""The overview of extraction, and the page of one study."""

from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from extraction import services
from extraction.forms import ArmForm, CharacteristicForm, known_characteristics
from extraction.linting import seen_by, warnings_of
from extraction.models import Extraction, Result
from extraction.overview import matrix
from extraction.provenance import show_sources
from extraction.services.vocabulary import offered
from extraction.stands import Stand, State, stands_of
from reviews.access import ReviewRequest, review_page
from reviews.models import Outcome, Review
from reviews.pages import page_of
from reviews.permissions import Permission
from screening.models import Report, Study

ROOM = {"room": "extraction"}
KINDS = Result.Kind.choices
#: The kind of result offered first for a kind of outcome.
FIRST_KIND: dict[str, str] = {
    Outcome.Kind.CONTINUOUS: Result.Kind.MEANS,
    Outcome.Kind.DICHOTOMOUS: Result.Kind.EVENTS,
    Outcome.Kind.TIME_TO_EVENT: Result.Kind.EFFECT,
    Outcome.Kind.RATE: Result.Kind.RATES,
    Outcome.Kind.CORRELATION: Result.Kind.CORRELATION,
    Outcome.Kind.PROPORTION: Result.Kind.PROPORTION,
    Outcome.Kind.DIAGNOSTIC: Result.Kind.DIAGNOSTIC,
}
YOURS = "yours"


@review_page(Permission.VIEW)
@require_GET
def overview(request: ReviewRequest, review: Review) -> HttpResponse:
    """Studies with where each stands and whose turn it is (``?state=``, ``?find=``), and their outcomes."""
    stands = stands_of(request.membership, list(Study.objects.filter(review=review)))
    find, asked = request.GET.get("find", "").strip(), request.GET.get("state", "")
    found = [one for one in stands if find.casefold() in one.study.label.casefold()]
    page = page_of(request, [one for one in found if asked in ("", one.state, YOURS if one.yours else "")])
    outcomes = matrix(review, [one.study for one in page])
    context = ROOM | {
        "page_obj": page,
        "matrix": outcomes,
        "rows": [(one, outcomes.cells[one.study.pk]) for one in page],
        "total": len(stands),
        "complete": sum(one.state == State.COMPLETE for one in stands),
        "results": sum(one.results for one in stands),
        "to_verify": sum(one.values_to_verify + one.results_to_verify for one in stands),
        "yours": sum(one.yours for one in stands),
        "tabs": _tabs(found),
        "asked": asked,
        "find": find,
        "settings": services.settings_of(review),
    }
    return render(request, "extraction/overview.html", context)


@review_page(Permission.VIEW)
@require_GET
def study_page(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Everything extracted from one study."""
    return study_response(request, study_of(review, study_pk))


def study_of(review: Review, pk: int) -> Study:
    """A study of this review, or 404."""
    return get_object_or_404(Study.objects.select_related("review"), review=review, pk=pk)


def study_response(
    request: ReviewRequest,
    study: Study,
    arm_form: ArmForm | None = None,
    characteristic_form: CharacteristicForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a study; ``arm_form`` and ``characteristic_form`` are those that were refused."""
    (stand,) = stands_of(request.membership, [study])
    withdrawn = Result.objects.visible_to(request.membership).filter(study=study).exclude(withdrawn_by=None)
    arms, facts = list(study.arms.select_related("intervention")), list(study.characteristics.all())
    outcomes = _outcomes(request, study)
    results = [result for _, _, entries in outcomes for result, _ in entries]
    show_sources(request.membership, [*arms, *facts, *results])
    context = ROOM | {
        "study": study,
        "stand": stand,
        "blocks": [] if stand.state == State.COMPLETE else services.what_blocks(study, request.user),
        "reports": Report.objects.filter(study=study).select_related("record__full_text"),
        "extractions": _others(request, stand),
        "arms": arms,
        "characteristics": facts,
        "outcomes": outcomes,
        "withdrawn": withdrawn.with_names(),
        "kinds": KINDS,
        "arm_form": arm_form or ArmForm(),
        "characteristic_form": characteristic_form or CharacteristicForm(initial={"seen": ""}),
        "known_names": known_characteristics(study),
        "interventions": offered(study.review, "intervention"),
    }
    return render(request, "extraction/study.html", context, status=status)


def _outcomes(request: ReviewRequest, study: Study) -> list[tuple[Outcome, str, list[tuple[Result, Any]]]]:
    """(outcome, the kind of result offered first, its results with their warnings) for each of the review."""
    seen = seen_by(request.membership)
    concerned = seen.filter(study=study).values("outcome")
    results = list(seen.filter(outcome__in=concerned.order_by()))
    here = {result.pk for result in results if result.study_id == study.pk}
    warnings = warnings_of(results, here)
    own = [(result, warnings[result.pk]) for result in results if result.pk in here]
    return [
        (
            outcome,
            FIRST_KIND.get(outcome.kind, Result.Kind.MEANS),
            [entry for entry in own if entry[0].outcome_id == outcome.pk],
        )
        for outcome in Outcome.objects.filter(review=study.review_id)
    ]


def _others(request: ReviewRequest, stand: Stand) -> list[Extraction]:
    """Extractions to be read beside the one that is worked on: the two originals of a consensus, for example."""
    visible = Extraction.objects.visible_to(request.membership).filter(study=stand.study)
    if stand.extraction:
        visible = visible.exclude(pk=stand.extraction.pk)
    return list(visible.select_related("extractor").order_by("pk"))


def _tabs(stands: list[Stand]) -> list[tuple[str, str, int]]:
    """(address, label, how many) of what the list can be narrowed to."""
    counted = Counter(one.state for one in stands)
    yours = sum(one.yours for one in stands)
    return [
        ("", "All", len(stands)),
        (YOURS, "Your turn", yours),
        *((state.value, state.label, counted[state]) for state in State if counted[state]),
    ]
