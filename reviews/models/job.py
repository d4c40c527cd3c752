from django.db import models
from django.utils import timezone


class JobQuerySet(models.QuerySet["Job"]):
    def whole(self) -> "JobQuerySet":
        """Work as people asked for it: no parts of other jobs."""
        return self.filter(parent=None)

    def waiting(self) -> "JobQuerySet":
        """What a worker may take, parts too."""
        return self.filter(state=Job.State.QUEUED)

    def unfinished(self) -> "JobQuerySet":
        """Work that is not over; its parts are counted as one with it."""
        return self.whole().filter(state__in=Job.UNFINISHED)


class Job(models.Model):
    """Long work, as a row that tells the truth; the broker only rings the bell (see reviews/jobs.py)."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting for its parts"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED = (State.QUEUED, State.RUNNING, State.WAITING)

    review = models.ForeignKey("reviews.Review", on_delete=models.PROTECT, related_name="jobs")
    task = models.CharField(max_length=80, help_text="The Celery task's name, for example analysis.run.")
    key = models.CharField(max_length=120, help_text="Equal keys are the same work: asked twice, done once.")
    label = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    #: Big work is split: the parts are jobs of their own, and their parent ends once when all have ended.
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="parts", null=True, blank=True)
    part = models.PositiveIntegerField(default=0, help_text="Place among the parts of the parent, from 1.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True, help_text="A sentence for the user.")
    traceback = models.TextField(blank=True, help_text="For administrators.")
    result = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey("reviews.User", on_delete=models.PROTECT, related_name="+", null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["review", "key"], name="job_key_once_per_review")]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_by_state")]

    def __str__(self) -> str:
        return f"{self.label}: {self.get_state_display()}"

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def percent(self) -> int:
        if self.state == self.State.DONE:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0
