"""How the flow diagram of a review is drawn: its template, its options, own words in place of printed ones."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from reporting.diagram import settings_of
from reporting.flow import LabelError, checked_labels
from reporting.models import FlowSettings
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Permission

OPTIONS = ("each_database", "each_register", "meta_analysis")
FIELDS = ("template", *OPTIONS, "labels")
#: More than a review with many sources and reasons needs.
MOST_LABELS = 300


class NotDrawn(Refused):
    """The diagram cannot be drawn so; the sentence says what to change."""


class MayNotDraw(Refused):
    """This person may not decide how the diagram is drawn."""

    status = 403


@transaction.atomic
def change_flow_settings(*, review: Review, by: User, seen_version: int, **changes: Any) -> FlowSettings:
    """Change ``template``, ``each_database``, ``each_register``, ``meta_analysis`` or ``labels`` (all of them anew).

    What is not given stays. Conflict when the settings are not of ``seen_version`` any more (0: never saved); raises
    NotDrawn, or MayNotDraw (403).
    """
    require_publisher(review, by)
    review = Review.objects.select_for_update().get(pk=review.pk)
    settings = settings_of(review)
    if settings.version != seen_version:
        raise Conflict("The settings of the diagram were changed in the meantime. Nothing was overwritten.")
    old = {name: getattr(settings, name) for name in FIELDS}
    new = old | checked_settings(changes)
    if new == old and settings.pk:
        return settings
    for name, value in new.items():
        setattr(settings, name, value)
    settings.version, settings.changed_by, settings.changed_at = settings.version + 1, by, timezone.now()
    settings.save()
    changed = [name for name in FIELDS if old[name] != new[name]]
    if changed:
        record_event(
            review=review,
            actor=by,
            verb="reporting.flow_settings_changed",
            target=settings,
            sentence=f"changed how the flow diagram is drawn: {', '.join(_told(name, new) for name in changed)}.",
            detail={
                "old": {name: old[name] for name in changed},
                "new": {name: new[name] for name in changed},
            },
        )
    return settings


def checked_settings(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are kept. Raises NotDrawn for one that does not exist or a value that is none of its."""
    for name, value in changes.items():
        if name not in FIELDS:
            raise NotDrawn(f"'{name[:60]}' is no setting of the diagram; those are {', '.join(FIELDS)}.")
        if name == "template" and value not in FlowSettings.Template.values:
            raise NotDrawn(
                f"There is no template '{str(value)[:60]}'; choose one of {', '.join(FlowSettings.Template.values)}.",
                field="template",
            )
        if name in OPTIONS and not isinstance(value, bool):
            raise NotDrawn(f"{name} is yes or no.", field=name)
    return {**changes, **({"labels": _labels(changes["labels"])} if "labels" in changes else {})}


def _labels(labels: Any) -> dict[str, str]:
    if not isinstance(labels, Mapping) or not all(isinstance(key, str) for key in labels):
        raise NotDrawn(
            "Labels are given as words by key, such as {“screened”: “Titles read”}.", field="labels"
        )
    if len(labels) > MOST_LABELS:
        raise NotDrawn(f"{len(labels)} labels are more than the {MOST_LABELS} that are kept.", field="labels")
    try:
        return checked_labels(labels)
    except LabelError as error:
        raise NotDrawn(str(error), field=f"label:{error.key}") from error


def _told(name: str, new: Mapping[str, Any]) -> str:
    if name == "template":
        return FlowSettings.Template(new["template"]).label.lower()
    if name == "labels":
        return f"{len(new['labels'])} own labels"
    words = {"each_database": "each database named", "each_register": "each register named"}
    return f"{words.get(name, 'box of the meta-analysis')}: {'yes' if new[name] else 'no'}"


def require_publisher(review: Review, by: User) -> None:
    """Raises MayNotDraw unless ``by`` owns or manages the review and it is not archived."""
    member = Membership.objects.filter(review=review, user=by, left_at=None).first()
    if member is None or Permission.PUBLISH not in member.may:
        raise MayNotDraw("Only owners and managers of a review decide how its flow diagram is drawn.")
    if review.archived_at:
        raise MayNotDraw("This review is archived: it can be read, not changed.")
