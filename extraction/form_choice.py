"""Which form a study is extracted with."""

from collections.abc import Iterable

from extraction.models import Extraction, Form, FormVersion
from reviews.models import Review
from screening.models import Study


def form_of(study: Study) -> FormVersion | None:
    """The version of the form for ``study`` now, or None.

    The pilot it takes part in, if there is one; else the latest published version of the first form in use that is
    for its design (a form without designs is for every study, also one whose design nobody has said yet).
    """
    return forms_of(study.review, [study])[study.pk]


def forms_of(review: Review, studies: Iterable[Study]) -> dict[int, FormVersion | None]:
    """``form_of`` for many studies by their id: three queries, however many."""
    forms = list(Form.objects.in_use().filter(review=review))
    usable = FormVersion.objects.filter(form__in=forms).select_related("form").order_by("number")
    latest = {version.form_id: version for version in usable.published()}
    piloted: dict[int, FormVersion] = {}
    for version in usable.filter(state=FormVersion.State.PILOT).prefetch_related("pilot_studies"):
        piloted |= {study.pk: version for study in version.pilot_studies.all()}
    ready = [form for form in forms if form.pk in latest]
    return {
        study.pk: piloted.get(study.pk)
        or next((latest[form.pk] for form in ready if not form.designs or study.design in form.designs), None)
        for study in studies
    }


def newer_version(extraction: Extraction) -> FormVersion | None:
    """What ``take_over_form_version`` would move this extraction to: the form its study has now, if it is newer.

    Another form is newer too (the study's design changed). A version of the same form with a lower number is not:
    after a pilot the study stays with what it was piloted with until that is published or followed by another.
    """
    now, present = form_of(extraction.study), extraction.form_version
    return now if now and is_newer(now, present) else None


def is_newer(now: FormVersion, present: FormVersion | None) -> bool:
    """Whether an extraction with ``present`` should move to ``now``: another form, or a later version of the same."""
    return present is None or present.form_id != now.form_id or now.number > present.number
