"""Celery doorways of this room."""

from celery import shared_task
from django.urls import reverse

from reviews.jobs import Progress, job_task
from reviews.models import Job
from screening import notices, services
from screening.models import Allocation, Intake, Replay, RetractionList, VoteLot
from screening.services import (
    allocation,
    automation,
    bulk_votes,
    design_filter,
    hold,
    open_access,
    pdfs,
    rankings,
    replays,
    retractions,
)
from screening.services.recounting import recount_in_words


@shared_task(name="screening.mail_notice")
def mail_notice(pk: int) -> None:
    notices.mail_notice(pk)


@shared_task(name="screening.count_held")
def count_held() -> None:
    """Rung every few seconds: votes whose time of holding back is over."""
    hold.count_held()


@shared_task(name="screening.check_due_retractions")
def check_due_retractions() -> None:
    """Rung every hour: reviews whose records changed since the last check, or were not checked for a day."""
    retractions.check_due()


@shared_task(name="screening.rank_due")
def rank_due() -> None:
    """Rung every few seconds: orders learned anew where enough was decided since."""
    rankings.rank_due()


@job_task("screening.rank")
def rank(job: Job, progress: Progress) -> dict | None:
    """Every member may see a job, so it tells of the order for everybody only."""
    shared = rankings.learn_for(
        review=job.review, stage=job.params["stage"], by=job.requested_by, progress=progress
    )
    told = {"start": shared.about["start"], "labelled": shared.n_labelled, "included": shared.n_included}
    page = f"{reverse('screening:priority', args=[job.review.slug])}?stage={shared.stage}"
    return told | {"url": page, "label": "Show the order"}


@job_task("screening.replay")
def replay(job: Job, progress: Progress) -> None:
    found = _replay(job)
    if found:
        replays.carry_out(replay=found, progress=progress)


@job_task("screening.replay_run")
def replay_run(job: Job, progress: Progress) -> dict | None:
    found = _replay(job)
    return replays.run_once(replay=found, seed=job.params["seed"], progress=progress) if found else None


@job_task("screening.check_retractions")
def check_retractions(job: Job, progress: Progress) -> dict | None:
    found = RetractionList.objects.filter(review=job.review, pk=job.params["list"]).select_related("review")
    newest = found.first()
    if newest is None:
        return None
    result = retractions.check(retraction_list=newest, by=job.requested_by, progress=progress)
    return {name: result[name] for name in ("rows", "matched", "new", "fault_count")}


@job_task("screening.recount")
def recount(job: Job, progress: Progress) -> dict | None:
    if job.requested_by is None:
        raise services.NotAllowed("A recount needs somebody who asked for it.")
    result = services.recount(review=job.review, by=job.requested_by, progress=progress)
    return result | {"said": recount_in_words(result)}


@job_task("screening.take_in")
def take_in(job: Job, progress: Progress) -> dict | None:
    intake = _intake(job)
    return services.carry_out(intake=intake, progress=progress) if intake else None


@job_task("screening.take_back")
def take_back(job: Job, progress: Progress) -> dict | None:
    intake = _intake(job)
    if intake is None or intake.undone_at:
        return None
    if job.requested_by is None:
        raise services.NotAllowed("Taking back needs somebody who asked for it.")
    return services.undo_intake(review=job.review, intake=intake, by=job.requested_by, progress=progress)


@job_task("screening.read_pdfs")
def read_pdfs(job: Job, progress: Progress) -> dict | None:
    if job.requested_by is None:
        raise services.NotAllowed("Reading PDFs needs somebody who brought them.")
    return pdfs.read_pdfs(
        review=job.review, uploads=job.params["uploads"], by=job.requested_by, progress=progress
    )


@job_task("screening.open_access")
def look_up_open_access(job: Job, progress: Progress) -> dict | None:
    if job.requested_by is None:
        raise services.NotAllowed("Looking reports up needs somebody who asked for it.")
    return open_access.look_up(review=job.review, by=job.requested_by, progress=progress)


@job_task("screening.allocate")
def allocate(job: Job, progress: Progress) -> dict | None:
    lots = Allocation.objects.select_related("review", "by")
    lot = lots.filter(pk=job.params["allocation"], undone_at=None).first()
    return {"given": allocation.carry_out(allocation=lot, progress=progress)} if lot else None


@job_task("screening.vote_lot")
def vote_lot(job: Job, progress: Progress) -> None:
    """What came of it is kept in the lot, which only its owner sees; every member may see a job."""
    lot = VoteLot.objects.select_related("review", "by", "reason").filter(pk=job.params["lot"]).first()
    if lot:
        bulk_votes.carry_out_lot(lot=lot, progress=progress)


@job_task("screening.undo_lot")
def undo_lot(job: Job, progress: Progress) -> None:
    lot = VoteLot.objects.select_related("review", "by").filter(pk=job.params["lot"]).first()
    if lot:
        bulk_votes.undo_lot(lot=lot, by=lot.by, progress=progress)


def _intake(job: Job) -> Intake | None:
    found = Intake.objects.filter(review=job.review, pk=job.params["intake"])
    return found.select_related("review", "batch__search", "by").first()


@job_task("screening.look_design")
def look_design(job: Job, progress: Progress) -> dict | None:
    found = design_filter.look(review=job.review, **job.params, progress=progress)
    return found.numbers() | {"sample": list(found.sample)}


@job_task("screening.apply_design")
def apply_design(job: Job, progress: Progress) -> dict | None:
    if job.requested_by is None:
        raise services.NotAllowed("Taking records out needs somebody who asked for it.")
    removal = design_filter.apply_filter(
        review=job.review, by=job.requested_by, **job.params, progress=progress
    )
    return {"said": removal.sentence}


@job_task("screening.automation_plan")
def automation_plan(job: Job, progress: Progress) -> dict | None:
    return automation.plan(review=job.review, **job.params, progress=progress).told()


@job_task("screening.automation_cast")
def automation_cast(job: Job, progress: Progress) -> None:
    """What came of it is kept in the run, for those who lead; every member may see a job."""
    if job.requested_by is None:
        raise services.NotAllowed("Votes of a model need somebody who asked for them.")
    automation.cast(review=job.review, by=job.requested_by, **job.params, progress=progress)


@job_task("screening.automation_undo")
def automation_undo(job: Job, progress: Progress) -> None:
    if job.requested_by is None:
        raise services.NotAllowed("Taking back needs somebody who asked for it.")
    automation.withdraw(review=job.review, by=job.requested_by, progress=progress)


def _replay(job: Job) -> Replay | None:
    return Replay.objects.select_related("review").filter(review=job.review, pk=job.params["replay"]).first()
