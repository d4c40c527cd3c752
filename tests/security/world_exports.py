"""An export made in the background, in each review of the world."""

from reporting.models import ExportFile
from reporting.services.exports import request_export
from reviews import jobs


def add_exports(world) -> None:
    """``export_file``: made for the owner, and kept."""
    owner = world.review.memberships.select_related("review", "user").get(user=world.owner)
    asked = request_export(membership=owner, what="notes", extension="csv")
    jobs.perform(asked.job_id)
    world.rows["export_file"] = ExportFile.objects.get(pk=asked.pk)
    assert world.export_file.file, asked.job.error
