"""What automation tools did in the selection of records, for the methods of the report and the checklists.

PRISMA 2020 asks for it in item 8 (which tools, and how they were used) and item 16a (how many records they removed).
Told is what everybody may know: settings, decisions of the team, a model's votes on records whose outcome is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format

from reviews.models import Review
from reviews.services.protocol import AMENDMENT
from screening.automated import cast_at, sentence
from screening.models import AutomaticRemoval, Ranking, RemovedRecord, Stage, StageSettings, Verdict
from screening.services.stage_settings import LABELS, settings_of

Order = StageSettings.Order
AMENDED = (AMENDMENT, "reviews.stage_settings_changed")
STAGES = {Stage.TITLE_ABSTRACT: "titles and abstracts", Stage.FULL_TEXT: "full texts"}


@dataclass(frozen=True)
class Left:
    """A decision by which records are left unread: its sentence, how many are, and how many came back."""

    kind: str
    sentence: str
    out: int
    back: int


def left_unread(review: Review) -> list[Left]:
    """The decisions that stand and by which a record of the review is unread, in their order."""
    settled = Verdict.objects.settled().filter(record=OuterRef("record"), stage=Stage.TITLE_ABSTRACT)
    unread = RemovedRecord.objects.live().filter(~Exists(settled), record__in=review.records.unique())
    out = dict(unread.order_by().values_list("removal").annotate(n=Count("pk")))
    back = Count("removed", filter=Q(removed__withdrawn_at__isnull=False))
    decided = AutomaticRemoval.objects.live().filter(review=review, pk__in=out).annotate(back=back)
    return [
        Left(each.kind, each.sentence, out[each.pk], each.back)
        for each in decided.order_by("number").defer("numbers")
    ]


def methods(review: Review) -> Iterator[str]:
    """Sentences on the order of screening, the votes of a model, and what was left unread."""
    for stage, what in STAGES.items():
        if said := _order(review, stage):
            since = _since(review, stage)
            yield f"{f'From {since} on, {what}' if since else what.capitalize()} were read {said}."
    if said := sentence(review):
        yield said
    for each in left_unread(review):
        yield each.sentence
        if each.back:
            were = "was" if each.back == 1 else "were"
            yield f"Of these records, {each.back:,} {were} taken back into screening later."


def in_short(review: Review) -> Iterator[str]:
    """The same in a few words each, for a checklist."""
    if out := sum(each.out for each in left_unread(review)):
        yield f"{out:,} record{'' if out == 1 else 's'} left unread by decision of the team"
    if votes := cast_at(review, Stage.TITLE_ABSTRACT).complete:
        yield f"a model cast one of the votes on {votes:,} record{'' if votes == 1 else 's'}"
    for stage, what in STAGES.items():
        order = Order(settings_of(review, stage).order)
        if order != Order.OLDEST:
            yield f"order of {what}: {order.label.lower()}"


def _since(review: Review, stage: Stage) -> str:
    """The day on which the order was chosen, if outcomes were known before; "" if all came in this order."""
    told = review.events.filter(verb__in=AMENDED, detail__stage=str(stage)).order_by("-pk")
    for at, detail in told.values_list("at", "detail").iterator():
        if LABELS["order"] in detail.get("changes", {}):
            before = Verdict.objects.told().filter(review=review, stage=stage, settled_at__lt=at)
            return date_format(timezone.localtime(at), "j F Y") if before.exists() else ""
    return ""


def _order(review: Review, stage: Stage) -> str:
    """How records come to be read at a stage, as the end of a sentence; "" where it is as they were found."""
    settings = settings_of(review, stage)
    order = Order(settings.order)
    if order == Order.OLDEST:
        return ""
    if order == Order.RANDOM:
        return f"in random order (seed {settings.order_seed})"
    found = Ranking.objects.light().filter(review=review, stage=stage, reviewer=None).first()
    if found and found.kind == Ranking.Kind.IMPORTED:
        by = f"by an order that was imported ({found.model})"
    else:
        name = f" ({found.model})" if found else ""
        by = f"by a machine learning model{name} that learned from the decisions made so far"
    return {
        Order.LIKELY: f"in the order of how likely they were to be included, {by}",
        Order.UNCERTAIN: f"beginning with those whose inclusion was least certain, {by}",
        Order.MIXED: f"in the order of how likely they were to be included, {by}, with {settings.random_share} of "
        "every 100 drawn at random",
    }[order]
