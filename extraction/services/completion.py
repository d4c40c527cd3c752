"""When the extraction of a study is complete: what blocks it, declaring it, opening it again."""

from django.db import transaction

from extraction.filled import missing_of, unverified_of
from extraction.form_choice import form_of
from extraction.models import Completion, Extraction, ExtractionSettings, Result
from extraction.services.consensus import unsettled
from extraction.services.errors import AlreadyRecorded
from extraction.services.extractions import Incomplete
from extraction.services.settings import mode_of
from reviews.audit import record_event
from reviews.models import User
from screening.models import Study

Mode = ExtractionSettings.Mode


def what_blocks(study: Study, by: User) -> list[str]:
    """Why ``by`` cannot declare the extraction of ``study`` complete yet: sentences, none if nothing is in the way.

    What a colleague's independent extraction says, or that there is one, is not told before two are complete, nor to
    somebody who is still at their own.
    """
    mode = mode_of(study)
    shared = study.extractions.consensus().select_related("form_version").prefetch_related("values").first()
    if mode == Mode.DUAL:
        mine = study.extractions.independent().filter(extractor=by, state=Extraction.State.DRAFT)
        if mine.exists():
            return ["Your own extraction is not complete."]
        if study.extractions.independent().complete().count() < 2:
            return ["Two people have to complete their own extraction first."]
        if sentences := unsettled(study):
            return sentences
    if shared is None or shared.form_version is None:
        blocks = ["The form has not been filled in."] if form_of(study) else []
    else:
        blocks = missing_of(shared)
    if mode == Mode.VERIFY:
        blocks += _to_verify(study, shared)
    return blocks


@transaction.atomic
def complete_study(*, study: Study, by: User) -> Completion:
    """Declare the extraction of a study complete, numbers and form. Refused while ``what_blocks`` has sentences."""
    study = Study.objects.select_for_update().select_related("review").get(pk=study.pk)
    if Completion.objects.filter(study=study).exists():
        raise AlreadyRecorded(f"The extraction of {study} is complete already.")
    if blocks := what_blocks(study, by):
        raise Incomplete(f"{study} cannot be completed yet. {' '.join(blocks)}", blocks)
    completion = Completion.objects.create(study=study, completed_by=by)
    record_event(
        review=study.review,
        actor=by,
        verb="extraction.study_completed",
        target=study,
        sentence=f"declared the extraction of {study} complete.",
    )
    return completion


@transaction.atomic
def reopen_study(*, study: Study, by: User) -> None:
    """Take back that the extraction of a study is complete, so that it can be changed."""
    study = Study.objects.select_for_update().select_related("review").get(pk=study.pk)
    deleted, _ = Completion.objects.filter(study=study).delete()
    if not deleted:
        return
    record_event(
        review=study.review,
        actor=by,
        verb="extraction.study_reopened",
        target=study,
        sentence=f"opened the extraction of {study} again.",
    )


def _to_verify(study: Study, shared: Extraction | None) -> list[str]:
    values = len(unverified_of(shared)) if shared else 0
    results = Result.objects.current().filter(study=study, verified_by=None).count()
    return [
        f"{number} {one if number == 1 else many} not verified by a second person."
        for number, one, many in (
            (values, "value of the form is", "values of the form are"),
            (results, "result is", "results are"),
        )
        if number
    ]
