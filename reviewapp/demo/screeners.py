"""Ben and Cleo screen, Dora resolves: votes by the rules in story.py, cast through the services."""

import random

from reviewapp.demo import story
from reviews.models import ExclusionReason, Review, User
from screening import queue, services
from screening.models import Decision, FullText, Report, Stage, Verdict
from screening.services import rankings

Vote = Decision.Vote


def screen_titles(review: Review, people: dict[str, User]) -> None:
    records = list(review.records.unique().order_by("pk"))
    plain = [r for r in records if not story.RESISTANT.search(r.title) and not story.study_of(r.title)]
    left = {record.pk for record in plain[-story.LEFT_TO_SCREEN :]}
    by_ben_alone = {record.pk for record in plain[-story.LEFT_TO_SCREEN :][: story.LEFT_WITH_ONE_VOTE]}
    pace = random.Random(1)  # noqa: S311  (reading times of a demo)
    for position, record in enumerate(records):
        votes = story.title_votes(record.title, position)
        if record.pk not in left or record.pk in by_ben_alone:
            _vote(review, record, Stage.TITLE_ABSTRACT, people["ben"], votes.ben, pace)
        if record.pk not in left:
            _vote(review, record, Stage.TITLE_ABSTRACT, people["cleo"], votes.cleo, pace)
    _resolve(review, people["dora"], Stage.TITLE_ABSTRACT)


def _resolve(review: Review, dora: User, stage: Stage) -> None:
    """All conflicts but the last few, which are left for the visitor."""
    conflicts = Verdict.objects.at(stage).conflicts().filter(review=review).select_related("record")
    for verdict in list(conflicts.order_by("record_id"))[: -story.LEFT_IN_CONFLICT]:
        votes = story.title_votes(verdict.record.title, 0)
        included = bool(story.CHRONIC.search(verdict.record.title) or votes.dora_includes)
        services.adjudicate(
            review=review,
            record=verdict.record,
            stage=stage,
            adjudicator=dora,
            included=included,
            comment="Chronic depression: the full text must tell."
            if included
            else "The title is clear enough.",
        )


def put_in_order(review: Review, people: dict[str, User]) -> None:
    """What waits comes in an order learned from these votes; a visitor who finished or chose an order keeps it."""
    settings = services.settings_of(review, Stage.TITLE_ABSTRACT)
    waiting = queue.queue(review, Stage.TITLE_ABSTRACT, people["cleo"]).exists()
    if settings.order != settings.Order.OLDEST or not waiting:
        return
    by = people["ana"]
    services.set_stage_settings(
        review=review,
        stage=Stage.TITLE_ABSTRACT,
        changes={"order": settings.Order.LIKELY},
        by=by,
        why="The last records are read in the order of their words.",
    )
    rankings.learn(review=review, stage=Stage.TITLE_ABSTRACT, by=by)


def screen_full_texts(review: Review, people: dict[str, User]) -> None:
    reasons = {reason.label: reason for reason in review.exclusion_reasons.all()}
    pace = random.Random(2)  # noqa: S311  (reading times of a demo)
    for full_text in review.full_texts.select_related("record").order_by("record_id"):
        record = full_text.record
        if _not_there(review, full_text, people["ana"]):
            continue
        services.set_full_text_state(
            review=review, record=record, state=FullText.State.RETRIEVED, by=people["ana"]
        )
        if story.study_of(record.title):
            _vote(review, record, Stage.FULL_TEXT, people["ben"], Vote.INCLUDE, pace)
            _vote(review, record, Stage.FULL_TEXT, people["cleo"], Vote.INCLUDE, pace)
        else:
            reason = reasons[story.full_text_reason(record.title)]
            doubtful = "chronic or resistant" in record.title.lower()
            first = Vote.INCLUDE if doubtful else Vote.EXCLUDE
            _vote(review, record, Stage.FULL_TEXT, people["ben"], first, pace, reason)
            _vote(review, record, Stage.FULL_TEXT, people["cleo"], Vote.EXCLUDE, pace, reason)
            if doubtful:
                services.adjudicate(
                    review=review,
                    record=record,
                    stage=Stage.FULL_TEXT,
                    adjudicator=people["dora"],
                    included=False,
                    reason=reason,
                    comment="Eligible, but nothing we could pool is open.",
                )


def _not_there(review: Review, full_text: FullText, by: User) -> bool:
    """Mark a report that could not be had, or was asked for and has not come."""
    title = full_text.record.title.lower()
    for part, why in story.NOT_RETRIEVED.items():
        if part in title:
            services.set_full_text_state(
                review=review,
                record=full_text.record,
                state=FullText.State.NOT_RETRIEVED,
                by=by,
                why_not=why,
            )
            return True
    for part, source in story.REQUESTED.items():
        if part in title:
            services.set_full_text_state(
                review=review,
                record=full_text.record,
                state=FullText.State.REQUESTED,
                by=by,
                requested_from=source,
            )
            return True
    return False


def name_studies(review: Review, people: dict[str, User]) -> None:
    """Give each study the label of the data files and bring its reports together."""
    reports: dict[str, list[Report]] = {}
    for report in (
        Report.objects.filter(study__review=review).select_related("record", "study").order_by("pk")
    ):
        label = story.study_of(report.record.title)
        if label:
            reports.setdefault(label, []).append(report)
    for label, found in reports.items():
        study = found[0].study
        if len(found) > 1:
            study = services.group_reports(review=review, study=study, reports=found[1:], by=people["ana"])
        if study.label != label:
            services.rename_study(review=review, study=study, label=label, by=people["ana"])


def _vote(
    review: Review,
    record,
    stage: Stage,
    person: User,
    vote: str,
    pace: random.Random,
    reason: ExclusionReason | None = None,
) -> None:
    services.cast_vote(
        review=review,
        record=record,
        stage=stage,
        reviewer=person,
        vote=vote,
        reason=reason if vote == Vote.EXCLUDE else None,
        seconds=pace.randint(4, 40),
    )
