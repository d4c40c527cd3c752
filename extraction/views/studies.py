"""The overview of extraction, and the page of one study."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from extraction.forms import ArmForm, CharacteristicForm, known_characteristics
from extraction.linting import warnings_of
from extraction.models import Result
from extraction.overview import matrix
from reviews.access import ReviewRequest, review_page
from reviews.models import Outcome, Review
from reviews.pages import page_of
from reviews.permissions import Permission
from screening.models import Study

ROOM = {"room": "extraction"}
KINDS = Result.Kind.choices


@review_page(Permission.VIEW)
@require_GET
def overview(request: ReviewRequest, review: Review) -> HttpResponse:
    """Studies by outcomes, with the state of each."""
    page = page_of(request, Study.objects.filter(review=review))
    context = ROOM | {"page_obj": page, "matrix": matrix(review, list(page))}
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
    results = list(Result.objects.current().filter(review=study.review_id).with_names())
    warnings = warnings_of(results)
    mine = [(result, warnings[result.pk]) for result in results if result.study_id == study.pk]
    outcomes = Outcome.objects.filter(review=study.review_id)
    context = ROOM | {
        "study": study,
        "arms": study.arms.all(),
        "characteristics": study.characteristics.all(),
        "outcomes": [
            (outcome, [entry for entry in mine if entry[0].outcome_id == outcome.pk]) for outcome in outcomes
        ],
        "withdrawn": Result.objects.with_names().filter(study=study).exclude(withdrawn_by=None),
        "kinds": KINDS,
        "arm_form": arm_form or ArmForm(),
        "characteristic_form": characteristic_form or CharacteristicForm(initial={"seen": ""}),
        "known_names": known_characteristics(study),
    }
    return render(request, "extraction/study.html", context, status=status)
