"""A whole review from an archive: taken in, checked and saved by a worker, or thrown away again.

What is being restored is a review from the first moment, empty and with whoever asked as its owner, so that the work
has its page. When the archive is refused there, the empty review says so until it is thrown away.
"""

import uuid

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from reporting.archive import BadArchive, People, Restored, check, open_archive, restore
from reporting.archive.restoring import free_slug
from reviews.errors import Conflict
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Membership, Review, User
from reviews.permissions import Role

TASK = "reporting.restore_archive"


class PeopleNotYours(PermissionDenied):
    """Only an administrator gives other people's deeds to accounts."""


def request_restore(*, file: File, by: User, people: People = People.OWN) -> Job:
    """Keep an archive and queue its restoring; the job's review is the new one, empty until it is done.

    Raises BadArchive for what can be seen at once, and PermissionDenied for ``people`` by address unless ``by`` is an
    administrator.
    """
    if people == People.BY_ADDRESS and not by.is_staff:
        raise PeopleNotYours(
            "Only an administrator of this installation can give deeds to other people's accounts."
        )
    limit = settings.ARCHIVE_LIMIT_BYTES
    if file.size > limit:
        raise BadArchive(
            f"The file has more than {filesizeformat(limit)} (ARCHIVE_LIMIT_MB). Your administrator can restore it "
            "with the command restore_archive.",
            field="file",
        )
    file.open("rb")
    with open_archive(file) as archive:  # type: ignore[arg-type]
        slug, title = archive.slug, archive.title
    file.seek(0)
    at = default_storage.save(f"archives/{uuid.uuid4().hex}.zip", file)
    try:
        with transaction.atomic():
            review = Review.objects.create(slug=free_slug(slug), title=_waiting(title))
            Membership.objects.create(review=review, user=by, role=Role.OWNER)
            return enqueue(
                review=review,
                task=TASK,
                label=f"Restoring “{title}”"[:200],
                params={"file": at, "people": people.value},
                by=by,
                key="restore-archive",
            )
    except BaseException:
        default_storage.delete(at)
        raise


def carry_out_restore(*, job: Job, progress: Progress) -> None:
    """Check the archive and save it as the job's review, with the end of the job in one transaction."""
    assert job.requested_by is not None
    at = job.params["file"]
    if not default_storage.exists(at):
        raise BadArchive("The archive is missing from the storage: throw this away and upload it again.")

    def finish(restored: Restored) -> None:
        address = reverse("reviews:overview", args=[restored.review.slug])
        progress.complete(
            {"url": address, "label": "Open the review", "said": in_words(restored)},
        )
        transaction.on_commit(lambda: default_storage.delete(at))

    with default_storage.open(at, "rb") as file, open_archive(file) as archive:
        check(archive, tell=progress.step)
        progress.step(0, 1, "Saving")
        restore(
            archive,
            by=job.requested_by,
            people=People(job.params["people"]),
            into=job.review,
            checked=True,
            finish=finish,
        )


def in_words(restored: Restored) -> str:
    rows = sum(restored.rows.values())
    said = f"Restored “{restored.review}”: {rows:,} rows"
    if restored.placeholders:
        people = "person has" if restored.placeholders == 1 else "people have"
        said += f"; {restored.placeholders} {people} no account here and cannot sign in"
    return f"{said}."


def restorations(by: User) -> QuerySet[Job]:
    """What this person is restoring, or could not: the done ones are reviews like any other."""
    mine = Job.objects.filter(task=TASK, requested_by=by).exclude(state=Job.State.DONE)
    return mine.select_related("review").order_by("-pk")


@transaction.atomic
def discard_restore(*, job: Job, by: User) -> None:
    """Throw away an archive that was not restored, with the empty review that waited for it."""
    found = Job.objects.select_for_update(of=("self",)).select_related("review").get(pk=job.pk)
    if found.task != TASK or found.requested_by_id != by.pk:
        raise PermissionDenied("Only the person who uploaded an archive can throw it away.")
    if found.state not in (Job.State.FAILED, Job.State.CANCELLED):
        raise Conflict("This archive is being restored, or was. Cancel it first.")
    review, at = found.review, found.params["file"]
    try:
        found.delete()
        Membership.objects.filter(review=review).delete()
        review.delete()
    except ProtectedError as error:
        raise Conflict(
            "Somebody worked in the review that waited for this archive, so it was not thrown away."
        ) from error
    transaction.on_commit(lambda: default_storage.delete(at))


def _waiting(title: str) -> str:
    return f"{title or 'A review'} (being restored)"[-300:]
