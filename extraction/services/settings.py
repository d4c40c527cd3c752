"""How a review extracts, and how one study of it is extracted."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from extraction.models import Extraction, ExtractionSettings, Result
from extraction.services.errors import NotPossible
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Membership, Review, User
from screening.models import Study

Mode = ExtractionSettings.Mode


def settings_of(review: Review) -> ExtractionSettings:
    """The settings of a review; without a row the defaults, not saved and of version 0."""
    found = ExtractionSettings.objects.filter(review=review).first()
    return found or ExtractionSettings(review=review, version=0)


@transaction.atomic
def set_mode(*, review: Review, mode: str, by: User, seen_version: int) -> ExtractionSettings:
    """Choose how studies are extracted from now on. Conflict when the settings are not of ``seen_version`` any more.

    A study that was begun together stays so. Leaving dual extraction is refused while somebody's independent
    extraction has no consensus: it could only be thrown away, or shown to a colleague who should not see it yet.
    """
    if mode not in Mode.values:
        raise NotPossible(
            f"'{mode}' is no way of extracting; choose one of {', '.join(Mode.values)}.", field="mode"
        )
    review = Review.objects.select_for_update().get(pk=review.pk)
    settings = settings_of(review)
    if mode == settings.mode and settings.pk:
        return settings
    if settings.version != seen_version:
        raise Conflict(
            f"The settings were changed in the meantime: {settings.get_mode_display().lower()}. Nothing was "
            "overwritten."
        )
    if settings.mode == Mode.DUAL and mode != Mode.DUAL and _unsettled(review).exists():
        raise NotPossible(
            "Independent extractions are under way, and without a consensus they belong to nobody but their authors. "
            "Bring each study to its consensus first, then choose another way.",
            field="mode",
        )
    old = settings.mode
    settings.mode, settings.version = mode, settings.version + 1
    settings.save()
    if old != mode:
        record_event(
            review=review,
            actor=by,
            verb="extraction.mode_set",
            target=review,
            sentence=f"changed how studies are extracted: {settings.get_mode_display().lower()}.",
            detail={"old": old, "new": mode},
        )
    return settings


def mode_of(study: Study) -> str:
    """How this study is extracted; see ``modes_of``."""
    return modes_of(study.review, [study])[study.pk]


def modes_of(review: Review, studies: Iterable[Study]) -> dict[int, str]:
    """{study id: mode}: what the review says, but a study begun together is not extracted twice any more.

    Such a one (shared values or results, and nobody's independent extraction) goes on with a second person who
    verifies, as everybody can read what is there. Two queries at most, however many studies.
    """
    ids = [study.pk for study in studies]
    mode = settings_of(review).mode
    if mode != Mode.DUAL:
        return dict.fromkeys(ids, mode)
    together = begun_together(review)
    return {pk: Mode.VERIFY if pk in together else Mode.DUAL for pk in ids}


def begun_together(review: Review) -> set[int]:
    """Studies with shared values or results and without an independent extraction."""
    same = Extraction.objects.filter(study=OuterRef("pk"))
    shared = Exists(same.consensus()) | Exists(Result.objects.current().filter(study=OuterRef("pk")))
    studies = Study.objects.filter(shared, ~Exists(same.independent()), review=review)
    return set(studies.values_list("pk", flat=True))


def _unsettled(review: Review):
    """Independent extractions of present members whose study has no complete consensus."""
    present = Membership.objects.filter(review=review, left_at=None).values("user")
    agreed = Extraction.objects.filter(study=OuterRef("study")).consensus().complete()
    return Extraction.objects.independent().filter(~Exists(agreed), review=review, extractor__in=present)
