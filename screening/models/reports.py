"""Full texts, and the studies that come of them."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from records.models import Record
from reviews.models import Job, Review, User
from screening.models.common import IN_REVIEW

LONG_AGO = date(1, 1, 1)  # of a notice without a date: every reinstatement came after it


class FullTextQuerySet(models.QuerySet["FullText"]):
    def current(self) -> "FullTextQuerySet":
        """Of records still in the review; a merged duplicate's report is sought once."""
        return self.filter(IN_REVIEW)

    def oldest_request_first(self) -> "FullTextQuerySet":
        """The order of a list of things to do: what was asked for longest ago, then what nobody dated."""
        return self.order_by(models.F("requested_at").asc(nulls_last=True), "record_id")


class FullText(models.Model):
    """The report behind a record that passed title and abstract: sought, got or not got.

    A row is made when its record is included, as sought: the team means to have the report. ``why_not`` says why it
    was not retrieved or is not sought at all, and ``given_up_at`` when that was said.
    """

    class State(models.TextChoices):
        SOUGHT = "sought", "Sought"
        REQUESTED = "requested", "Requested"
        RETRIEVED = "retrieved", "Retrieved"
        NOT_RETRIEVED = "not_retrieved", "Not retrieved"
        NOT_SOUGHT = "not_sought", "Not sought"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="full_texts")
    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="full_text")
    state = models.CharField(max_length=15, choices=State.choices, default=State.SOUGHT)
    requested_from = models.CharField(max_length=200, blank=True)
    why_not = models.CharField(
        max_length=300, blank=True, help_text="Why it could not be retrieved, or was not sought."
    )
    file = models.FileField(upload_to="full_texts/%Y/%m/", max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    requested_at = models.DateField(null=True, blank=True)
    retrieved_at = models.DateField(null=True, blank=True)
    given_up_at = models.DateField(
        null=True, blank=True, help_text="When it was marked as not retrieved or not sought."
    )
    reminders = models.JSONField(
        default=list, blank=True, help_text='Days on which it was asked for again: ["2026-03-01"].'
    )
    language = models.CharField(max_length=40, blank=True, help_text="Of the report, as a person said.")
    needs_translation = models.BooleanField(default=False)
    open_access = models.JSONField(
        default=dict, blank=True, help_text="What was found by DOI: {url, licence, version, host, found_at}."
    )
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = FullTextQuerySet.as_manager()

    class Meta:
        ordering = ["record_id"]

    def __str__(self) -> str:
        return f"{self.record}: {self.get_state_display()}"


class PdfUploadQuerySet(models.QuerySet["PdfUpload"]):
    def kept(self) -> "PdfUploadQuerySet":
        """Those whose file is here: read, waiting, or kept in the history of a report."""
        return self.exclude(state__in=[PdfUpload.State.REFUSED, PdfUpload.State.DISCARDED])


class PdfUpload(models.Model):
    """One PDF that somebody brought: of a lot until it belongs to a report or is thrown away, or of one report.

    The PDF of a full text is the file of its MATCHED upload; earlier ones stay as REPLACED.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Being read"
        MATCHED = "matched", "Matched"
        UNMATCHED = "unmatched", "Not matched"
        REFUSED = "refused", "Not taken"
        REPLACED = "replaced", "Replaced by another"
        DISCARDED = "discarded", "Thrown away"

    class Way(models.TextChoices):
        FILE_NAME = "file_name", "by its file name"
        DOI = "doi", "by the DOI in it"
        PMID = "pmid", "by the PMID in it"
        TITLE = "title", "by the title in it"
        HAND = "hand", "by hand"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="pdf_uploads")
    file = models.FileField(upload_to="pdf_uploads/%Y/%m/", max_length=200, blank=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveIntegerField(null=True, blank=True)
    title = models.CharField(max_length=500, blank=True, help_text="As read in the PDF.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    way = models.CharField(max_length=10, choices=Way.choices, blank=True)
    why_not = models.CharField(max_length=300, blank=True, help_text="Why it was not taken or not matched.")
    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="pdf_uploads", null=True, blank=True
    )
    found = models.JSONField(
        default=dict,
        blank=True,
        help_text="What matching saw: {proposals: [[record, why]], before: the report's state until then}.",
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = PdfUploadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["review", "state"], name="pdf_upload_by_state"),
            models.Index(fields=["review", "sha256"], name="pdf_upload_by_content"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=models.Q(state="matched"), name="one_matched_pdf_per_record"
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class RetractionList(models.Model):
    """A file of retraction notices (the layout of Retraction Watch) that a review is checked against.

    The newest one of a review is asked again for records that come later. ``at`` is the file in the storage (of the
    same content once for all reviews); the installation's own list (``settings.RETRACTION_LIST``) has none.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="retraction_lists")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    at = models.CharField(max_length=200, blank=True, help_text="Its name in the storage.")
    result = models.JSONField(
        default=dict, blank=True, help_text="{matched, faults: [[line, sentence]], doubts: [sentence], ...}."
    )
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class RetractionQuerySet(models.QuerySet["Retraction"]):
    def standing(self) -> "RetractionQuerySet":
        """Notices that hold: a reinstatement lifts the retractions and concerns before it (all, if undated)."""
        lifting = Retraction.objects.filter(
            Q(notice_date=None) | Q(notice_date__gte=Coalesce(models.OuterRef("notice_date"), LONG_AGO)),
            record=models.OuterRef("record"),
            nature=Retraction.Nature.REINSTATEMENT,
        )
        return self.exclude(models.Exists(lifting), nature__in=Retraction.LIFTED)

    def with_standing(self) -> "RetractionQuerySet":
        """Each with ``stands``: whether no reinstatement lifted it."""
        return self.annotate(
            stands=models.Exists(Retraction.objects.standing().filter(pk=models.OuterRef("pk")))
        )

    def alarming(self) -> "RetractionQuerySet":
        """Standing retractions and expressions of concern about records in the review."""
        return self.standing().filter(IN_REVIEW, nature__in=Retraction.LIFTED)

    def of_included(self) -> "RetractionQuerySet":
        """About reports of included studies."""
        return self.filter(models.Exists(Report.objects.filter(record=models.OuterRef("record"))))


class Retraction(models.Model):
    """A notice about a record's publication, found by its DOI or PMID, or told by the record itself (no list)."""

    class Nature(models.TextChoices):
        RETRACTION = "retraction", "Retraction"
        CONCERN = "concern", "Expression of concern"
        CORRECTION = "correction", "Correction"
        REINSTATEMENT = "reinstatement", "Reinstatement"
        NOTICE = "notice", "Is a notice of retraction"

    LIFTED = (Nature.RETRACTION, Nature.CONCERN)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="retractions")
    list = models.ForeignKey(
        RetractionList, on_delete=models.PROTECT, related_name="found", null=True, blank=True
    )
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="retractions")
    nature = models.CharField(max_length=15, choices=Nature.choices)
    reasons = models.TextField(blank=True)
    notice_doi = models.CharField(max_length=255, blank=True)
    notice_date = models.DateField(null=True, blank=True)
    found_by = models.CharField(max_length=10, help_text="doi, pmid, both or record")
    doubt = models.CharField(
        max_length=300, blank=True, help_text="What contradicts the match: the other identifier differs."
    )
    found_at = models.DateTimeField(default=timezone.now)
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = RetractionQuerySet.as_manager()

    class Meta:
        ordering = ["-notice_date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "nature", "notice_doi", "notice_date"], name="one_notice_once_per_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_nature_display()}: {self.record}"


class StudyQuerySet(models.QuerySet["Study"]):
    def current(self) -> "StudyQuerySet":
        """Studies with a report still in the review; what risk of bias, extraction and analysis work on."""
        reports = Report.objects.filter(IN_REVIEW, study=models.OuterRef("pk"))
        return self.filter(models.Exists(reports))


class Study(models.Model):
    """What was done: one trial, which may have several reports."""

    class Design(models.TextChoices):
        """The study designs; risk of bias chooses its tool and extraction its form by them."""

        RANDOMISED_PARALLEL = "randomised_parallel", "Randomised trial, parallel groups"
        RANDOMISED_CLUSTER = "randomised_cluster", "Randomised trial, clusters"
        RANDOMISED_CROSSOVER = "randomised_crossover", "Randomised trial, crossover"
        NON_RANDOMISED = "non_randomised", "Non-randomised study of an intervention"
        COHORT = "cohort", "Cohort study"
        CASE_CONTROL = "case_control", "Case-control study"
        CROSS_SECTIONAL = "cross_sectional", "Cross-sectional study"
        PREVALENCE = "prevalence", "Prevalence study"
        DIAGNOSTIC_ACCURACY = "diagnostic_accuracy", "Diagnostic accuracy study"
        CASE_SERIES = "case_series", "Case series"
        CASE_REPORT = "case_report", "Case report"
        QUALITATIVE = "qualitative", "Qualitative study"
        SYSTEMATIC_REVIEW = "systematic_review", "Systematic review"
        OTHER = "other", "Another design"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="studies")
    label = models.CharField(max_length=120, help_text="For example Nakagawa 2017.")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    registration = models.CharField(max_length=120, blank=True)
    design = models.CharField(max_length=30, choices=Design.choices, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["label"]
        verbose_name_plural = "studies"
        constraints = [
            models.UniqueConstraint(fields=["review", "label"], name="study_label_once_per_review")
        ]

    def __str__(self) -> str:
        return self.label


class Report(models.Model):
    """A document about a study; made when its record is included at full text."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports")
    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="report")
    is_main = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_main", "pk"]

    def __str__(self) -> str:
        return str(self.record)
