"""What the history may tell of a record that is open (again): nothing of how it was decided before.

Registered in apps.py as part of ``AuditEvent.objects.visible_to``, so every page, file and API that shows events
inherits it. Who may not vote in the review is not blinded. Nothing is changed or deleted: the events come back when
the record is complete.
"""

from django.db.models import CharField, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from reviews.models import AuditEvent, Membership, User
from reviews.models.audit import AuditEventQuerySet
from reviews.permissions import Permission
from screening.models import Stage, Study, Verdict, VerdictQuerySet

RECORD, STUDY = "records.record", "screening.study"
#: Events about a record whose detail names the stage at which they tell its outcome.
OUTCOMES = (
    "screening.record_settled",
    "screening.conflict_resolved",
    "screening.record_reopened",
    "screening.record_placed",
)
#: Events that only a record included at title and abstract can have.
RETRIEVAL = ("screening.full_text_state", "screening.full_text_attached")
#: Events that name a record (or several) as included at full text.
OF_ONE, OF_SEVERAL = (
    ("screening.study_made", "screening.report_separated"),
    ("screening.reports_grouped", "screening.grouping_undone"),
)


def without_blinded(events: AuditEventQuerySet, user: User) -> AuditEventQuerySet:
    """``events`` without those that tell ``user`` an outcome of a record at a stage where it is hidden from them."""
    members = list(Membership.objects.filter(user=user, left_at=None))
    voting = [member.review_id for member in members if Permission.SCREEN in member.may]
    if not voting:
        return events
    resolving = [member.review_id for member in members if Permission.ADJUDICATE in member.may]
    hidden = Verdict.objects.hidden_from(user, voting_in=voting, resolving_in=resolving)
    first, full = (_ids(hidden.at(stage)) for stage in (Stage.TITLE_ABSTRACT, Stage.FULL_TEXT))
    ours = AuditEvent.objects.filter(review__in=voting)
    named = ours.alias(named=Cast(KT("detail__record"), CharField())).filter(named__in=full)
    made = named.filter(verb="screening.study_made")
    gone = ours.filter(target_type=STUDY, target_id__in=made.values("target_id")).exclude(
        target_id__in=Study.objects.annotate(text=Cast("pk", CharField())).values("text")
    )
    about = Q(target_type=RECORD)
    return events.exclude(
        about & Q(verb__in=OUTCOMES, detail__stage=Stage.TITLE_ABSTRACT.value, target_id__in=first)
        | about & Q(verb__in=OUTCOMES, detail__stage=Stage.FULL_TEXT.value, target_id__in=full)
        | about & Q(verb__in=RETRIEVAL, target_id__in=first)
        | Q(pk__in=named.filter(verb__in=OF_ONE).values("pk"))
        | Q(pk__in=gone.values("pk"))
        | Q(pk__in=_groupings(ours, hidden))
    )


def _ids(verdicts: VerdictQuerySet) -> QuerySet:
    """The records' ids as the history writes them."""
    return verdicts.order_by().annotate(text=Cast("record", CharField())).values("text")


def _groupings(ours: QuerySet[AuditEvent], hidden: VerdictQuerySet) -> list[int]:
    """Ids of the (few) groupings of reports that name a record which is hidden at full text."""
    told = {
        pk: set(detail.get("records", ()))
        for pk, detail in ours.filter(verb__in=OF_SEVERAL).values_list("pk", "detail")
    }
    if not told:
        return []
    full = set(
        hidden.at(Stage.FULL_TEXT)
        .filter(record__in=set().union(*told.values()))
        .values_list("record", flat=True)
    )
    return [pk for pk, records in told.items() if records & full]
