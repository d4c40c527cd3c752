"""A record taken out by the filter for trials, and one that a model has voted on, for the attacks."""

from screening.automated import account
from screening.models import Decision, Stage, StageSettings, Verdict, VoteLot
from screening.services.removals import remove
from tests.factories import make_record


def add_automation(world) -> None:
    review, owner, stage = world.review, world.owner, Stage.TITLE_ABSTRACT
    removal = remove(
        review=review,
        kind="design",
        records=[make_record(review, "Sleep of nurses", batch=world.spare_batch).pk],
        numbers={"rule": "widest", "animals": True},
        sentence="One record was marked as ineligible by a filter.",
        why="Trials alone",
        by=owner,
    )
    StageSettings.objects.update_or_create(review=review, stage=stage, defaults={"automation_votes": True})
    voted = make_record(review, "A model voted on this", batch=world.spare_batch)
    numbers = {
        "included": 30,
        "missed": 0,
        "excluded": 100,
        "spared": 60,
        "recall": 1.0,
        "low": 0.88,
        "high": 1.0,
    }
    numbers |= {"model": "tf-idf", "taken": 1, "asked_by": str(owner)}
    lot = VoteLot.objects.create(
        review=review, stage=stage, by=account(), vote="exclude", records=[voted.pk], result=numbers
    )
    Decision.objects.create(
        review=review, record=voted, stage=stage, reviewer=account(), vote="exclude", lot=lot, model="tf-idf"
    )
    Verdict.objects.create(review=review, record=voted, stage=stage, state="pending", votes=1)
    world.rows |= {"design_removal": removal, "filtered_record": removal.removed.get(), "model_voted": voted}
