"""A record that was left unread, and a sample of what is left that was read, for the attacks."""

from screening.models import Round, RoundRecord, Stage
from screening.services.removals import remove
from tests.factories import make_record


def add_stopping(world) -> None:
    review, owner = world.review, world.owner
    left = make_record(review, "Left unread", batch=world.spare_batch)
    removal = remove(
        review=review,
        kind="stopped",
        records=[left.pk],
        numbers={"removed": 1},
        sentence="Title and abstract screening was stopped.",
        why="Enough",
        by=owner,
    )
    sample = Round.objects.create(
        review=review,
        stage=Stage.TITLE_ABSTRACT,
        kind=Round.Kind.SAMPLE,
        number=1,
        size=1,
        seed=1,
        pool=5,
        found_before=1,
        by=owner,
    )
    RoundRecord.objects.create(round=sample, record=world.settled.record)
    world.rows |= {"left_unread": left, "removal": removal, "sample": sample}
