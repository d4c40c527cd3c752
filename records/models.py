"""Searches, imports, records and what is known about their being the same."""

import json

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils import timezone

from records.formats.normalise import find_registry_ids, normalise_doi, normalise_pmid
from reviews.models import Job, Review, User


class SearchQuerySet(models.QuerySet["Search"]):
    def reported(self) -> "SearchQuerySet":
        """Those a report names: not a source that exists only because of files that were discarded or unreadable.

        One without any file is told: a search that brought nothing was a search all the same.
        """
        files = ImportBatch.objects.filter(search=models.OuterRef("pk"))
        came = files.holding() | files.filter(state=ImportBatch.State.UNDONE)
        described = ~Q(searched_on=None, query="", method="")
        return self.filter(described | ~models.Exists(files) | models.Exists(came))

    def removable(self) -> "SearchQuerySet":
        """Those without a file that is being read, waits for a person, or is in the review."""
        return self.exclude(models.Exists(ImportBatch.objects.filter(search=models.OuterRef("pk")).holding()))


class PresentSearches(models.Manager.from_queryset(SearchQuerySet)):  # type: ignore[misc]
    """All but the removed ones, which stay only for the files of them that once were in the review."""

    def get_queryset(self) -> SearchQuerySet:
        return super().get_queryset().filter(removed_at=None)


class Search(models.Model):
    """One search of one source, as PRISMA-S wants it reported."""

    class SourceType(models.TextChoices):
        DATABASE = "database", "Database"
        REGISTER = "register", "Register"
        WEBSITE = "website", "Website"
        ORGANISATION = "organisation", "Organisation"
        CITATION = "citation", "Citation searching"
        OTHER = "other", "Other method"

    #: PRISMA 2020: these feed the column "databases and registers", the others "other methods".
    DATABASES_AND_REGISTERS = (SourceType.DATABASE, SourceType.REGISTER)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="searches")
    source = models.CharField(max_length=120, help_text="For example MEDLINE, Embase, ClinicalTrials.gov.")
    source_type = models.CharField(max_length=20, choices=SourceType.choices, default=SourceType.DATABASE)
    platform = models.CharField(max_length=120, blank=True, help_text="For example Ovid, PubMed, EBSCOhost.")
    searched_on = models.DateField(null=True, blank=True)
    searched_together = models.CharField(
        max_length=300,
        blank=True,
        help_text="Databases that one search of the platform went through at once.",
    )
    query = models.TextField(blank=True, help_text="The full search, line by line.")
    limits = models.TextField(blank=True, help_text="Language, date, study type filters and their reason.")
    filters = models.TextField(
        blank=True, help_text="Published search filters that were used, with their citation."
    )
    method = models.TextField(
        blank=True,
        help_text="Websites and citation searching: what was browsed or followed, how and with what.",
    )
    hits_reported = models.PositiveIntegerField(null=True, blank=True, help_text="Hits the source reported.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)

    removed_at = models.DateTimeField(null=True, blank=True)

    objects = PresentSearches()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "searches"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "source", "platform"],
                condition=Q(removed_at=None),
                name="search_source_once_per_review",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.platform})" if self.platform else self.source

    def compared(self, imported: int) -> str:
        """How many more or fewer were imported than the source reported; "" where nobody knows, or none."""
        if self.hits_reported is None or self.hits_reported == imported:
            return ""
        more = "more" if imported > self.hits_reported else "fewer"
        return f"{abs(imported - self.hits_reported):,} {more}"


class SearchReport(models.Model):
    """What PRISMA-S wants told once for all searches of a review; without a row nothing was written yet."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="search_report")
    contacts = models.TextField(
        blank=True, help_text="Authors, experts, manufacturers or others asked for studies or data, and how."
    )
    other_methods = models.TextField(blank=True, help_text="Any other way in which studies were looked for.")
    prior_work = models.TextField(
        blank=True, help_text="Strategies taken over or adapted from earlier reviews, with their citation."
    )
    updates = models.TextField(
        blank=True, help_text="How the searches were kept up to date: run again, alerts."
    )
    peer_review = models.TextField(
        blank=True, help_text="Who checked the strategies and how, for example PRESS."
    )
    deduplication = models.TextField(
        blank=True, help_text="Anything beyond what this software did, such as duplicates removed elsewhere."
    )
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"the search report of {self.review}"


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def to_check(self) -> "ImportBatchQuerySet":
        """Files that wait for a person: to name their columns, or to import or discard what was read."""
        return self.filter(state__in=[ImportBatch.State.MAPPING, ImportBatch.State.READY])

    def undecided(self) -> "ImportBatchQuerySet":
        """Files neither in the review nor out of it yet: being read, or waiting for a person."""
        return self.filter(state__in=ImportBatch.UNDECIDED)

    def holding(self) -> "ImportBatchQuerySet":
        """Files in the review, or on their way into it: what keeps their search from being removed."""
        given_up = Q(state=ImportBatch.State.WAITING, job__state__in=[Job.State.FAILED, Job.State.CANCELLED])
        return self.filter(state__in=[*ImportBatch.UNDECIDED, ImportBatch.State.DONE]).exclude(given_up)

    def light(self) -> "ImportBatchQuerySet":
        """Without the long lists, for tables of many."""
        return self.defer("rejected", "warnings", "mapping")


class ImportBatch(models.Model):
    """One uploaded file of one search and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        MAPPING = "mapping", "Columns to name"
        READY = "ready", "To check"
        DONE = "done", "Imported"
        FAILED = "failed", "Failed"
        UNDONE = "undone", "Undone"
        DISCARDED = "discarded", "Discarded"

    #: Read or to be read, and neither in the review nor out of it yet.
    UNDECIDED = (State.WAITING, State.MAPPING, State.READY)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="import_batches")
    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="batches")
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=200, blank=True)
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Blank for records added by hand.")
    archive_name = models.CharField(max_length=255, blank=True, help_text="The zip or gz file it came in.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    check_first = models.BooleanField(
        default=False, help_text="What was read waits for a person before it enters the review."
    )
    mapping = models.JSONField(
        default=dict, blank=True, help_text="Tables: {column header: field, or blank for none}."
    )
    sheet = models.CharField(max_length=100, blank=True, help_text="Which sheet of a workbook.")
    preset = models.CharField(max_length=30, blank=True, help_text="Whose export a table was recognised as.")
    chosen_encoding = models.CharField(
        max_length=30, blank=True, help_text="The encoding a person chose over the detected one."
    )
    format = models.CharField(max_length=20, blank=True)
    encoding = models.CharField(max_length=30, blank=True)
    records_read = models.PositiveIntegerField(default=0)
    records_rejected = models.PositiveIntegerField(default=0, help_text="Entries that could not be read.")
    rejected = models.JSONField(
        default=list, blank=True, help_text="[{line, cause, raw}] of the first thousand that were not read."
    )
    warnings = models.JSONField(
        default=list, blank=True, help_text="Sentences about the file that cost no record."
    )
    missing = models.JSONField(
        default=dict, blank=True, help_text="{field: how many of its records came without it}."
    )
    known = models.PositiveIntegerField(
        default=0, help_text="How many looked like records of the review when they were read."
    )
    doubled = models.PositiveIntegerField(
        default=0, help_text="How many looked like a record further up in the file."
    )
    compared_at = models.DateTimeField(
        null=True, blank=True, help_text="When its records first took part in a search for duplicates."
    )
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "import batches"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "sha256"],
                condition=Q(undone_at=None) & ~Q(state__in=["failed", "discarded"]) & ~Q(sha256=""),
                name="same_file_once_per_review",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def present_state(self) -> str:
        """The state as people see it: a reading that was cancelled or given up has failed."""
        given_up = self.job and self.job.state in (Job.State.FAILED, Job.State.CANCELLED)
        return self.State.FAILED if self.state == self.State.WAITING and given_up else self.state


class RecordQuerySet(models.QuerySet["Record"]):
    def live(self) -> "RecordQuerySet":
        """Records of finished imports that were not undone; a running import is invisible until it is whole."""
        return self.filter(batch__state=ImportBatch.State.DONE)

    def unique(self) -> "RecordQuerySet":
        """Live records that are not a duplicate of another: what goes to screening."""
        return self.live().filter(duplicate_of=None)

    def duplicates(self) -> "RecordQuerySet":
        return self.live().exclude(duplicate_of=None)

    def corrected(self) -> "RecordQuerySet":
        """Records whose text a person corrected."""
        return self.exclude(original={})

    def registered(self) -> "RecordQuerySet":
        """Records that carry the number of a trial register."""
        return self.exclude(registry_ids=[])

    def identified_as(self, number: str) -> "RecordQuerySet":
        """Records with this DOI, PMID, PMCID or trial register number, in any of its spellings."""
        trials = self.annotate(trial_numbers=Cast("registry_ids", models.TextField()))
        wanted = Q(doi=normalise_doi(number) or number.lower()) | Q(pmid=normalise_pmid(number) or number)
        wanted |= Q(pmcid=number.upper())
        for each in find_registry_ids(number) or [number]:
            wanted |= Q(trial_numbers__icontains=json.dumps(each))
        return trials.filter(wanted)

    def groups_of(self, *records: "Record") -> "RecordQuerySet":
        """The live records of the groups that ``records`` belong to, themselves among them."""
        leaders = [record.duplicate_of_id or record.pk for record in records]
        return self.live().filter(Q(pk__in=leaders) | Q(duplicate_of__in=leaders))

    def in_groups(self) -> "RecordQuerySet":
        """Records that were merged with another, whether they lead or follow, live or not."""
        merged = DuplicateCandidate.objects.filter(state=DuplicateCandidate.State.MERGED)
        own = models.OuterRef("pk")
        return self.filter(models.Exists(merged.filter(left=own)) | models.Exists(merged.filter(right=own)))

    def identified_via_databases(self) -> "RecordQuerySet":
        """PRISMA's first column: the record, or a duplicate of it, came from a database or register."""
        return self.filter(self._listed())

    def identified_via_other_methods(self) -> "RecordQuerySet":
        """PRISMA's second column: websites, organisations, citation searching and no database had it."""
        return self.exclude(self._listed())

    @staticmethod
    def _listed() -> Combinable:
        listed = Search.DATABASES_AND_REGISTERS
        twins = Record.objects.live().filter(
            duplicate_of=models.OuterRef("pk"), search__source_type__in=listed
        )
        return Q(search__source_type__in=listed) | models.Exists(twins)


class Record(models.Model):
    """An entry found in a source. It keeps its raw text and unknown tags; merging never deletes it."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="records")
    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="records")
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="records")
    position = models.PositiveIntegerField(help_text="The how-manieth record of the file.")
    line = models.PositiveIntegerField(default=0, help_text="First line in the file.")
    title = models.TextField()
    abstract = models.TextField(blank=True)
    authors = models.JSONField(default=list, help_text='["Family, Given", ...]')
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    journal = models.CharField(max_length=500, blank=True)
    volume = models.CharField(max_length=60, blank=True)
    issue = models.CharField(max_length=60, blank=True)
    pages = models.CharField(max_length=60, blank=True)
    doi = models.CharField(max_length=300, blank=True, db_index=True)
    pmid = models.CharField(max_length=20, blank=True, db_index=True)
    pmcid = models.CharField(max_length=20, blank=True)
    registry_ids = models.JSONField(default=list, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    type = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=60, blank=True)
    url = models.TextField(blank=True)
    issn = models.CharField(max_length=60, blank=True)
    accession = models.CharField(max_length=120, blank=True)
    raw = models.TextField(blank=True)
    extra = models.JSONField(default=dict, blank=True, help_text="Unknown tags, verbatim.")
    earlier = models.JSONField(
        default=list, blank=True, help_text="Decisions found in the file: [{by, decision, reason, stage}]."
    )
    original = models.JSONField(
        default=dict, blank=True, help_text="Field values before a person corrected them."
    )
    filled = models.JSONField(
        default=dict, blank=True, help_text="Blank fields filled from a duplicate: {field: record id}."
    )
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="duplicates", null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["review", "duplicate_of", "id"], name="record_unique_queue"),
            # unique records are counted from this alone, by year or all, without reading their abstracts
            models.Index(
                fields=["review", "year"],
                include=["id", "batch"],
                condition=Q(duplicate_of=None),
                name="record_unique_by_year",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(duplicate_of=F("pk")), name="record_not_its_own_duplicate"),
            models.UniqueConstraint(fields=["batch", "position"], name="record_once_per_position_in_file"),
        ]

    def __str__(self) -> str:
        return self.citation

    @property
    def first_author(self) -> str:
        return self.authors[0].split(",")[0].strip() if self.authors else ""

    @property
    def citation(self) -> str:
        """Author and year, as colleagues say it: Nakagawa 2017."""
        return " ".join(str(part) for part in (self.first_author or self.title[:60], self.year) if part)


class DuplicateCandidateQuerySet(models.QuerySet["DuplicateCandidate"]):
    def in_review(self) -> "DuplicateCandidateQuerySet":
        """Pairs of which at least one record is still in the review, its import not undone."""
        done = ImportBatch.State.DONE
        return self.filter(Q(left__batch__state=done) | Q(right__batch__state=done))

    def living(self) -> "DuplicateCandidateQuerySet":
        """Pairs of which both records are in the review: those that count."""
        done = ImportBatch.State.DONE
        return self.filter(left__batch__state=done, right__batch__state=done)


class DuplicateCandidate(models.Model):
    """A pair that may be the same work: merged by rule, merged or refused by a person, or waiting for one.

    The merged pairs are the truth about groups: two records are in one group when merged pairs lead from one to
    the other. ``Record.duplicate_of`` and the filled fields follow from them (records/services/groups.py).
    """

    class State(models.TextChoices):
        WAITING = "waiting", "To decide"
        MERGED = "merged", "Merged"
        DISTINCT = "distinct", "Not a duplicate"
        LINKED = "linked", "Another report of the same study"

    #: A person's word that the two are not the same record: they never meet in one group.
    APART = (State.DISTINCT, State.LINKED)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="duplicate_candidates")
    left = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    score = models.FloatField()
    rule = models.CharField(max_length=60)
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    automatic = models.BooleanField(default=False, help_text="Decided by rule, not by a person.")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = DuplicateCandidateQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        indexes = [models.Index(fields=["review", "state", "-score"], name="duplicate_queue")]
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="duplicate_pair_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} and {self.right_id}"

    @property
    def records(self) -> tuple[Record, Record]:
        return self.left, self.right


class DeduplicationSettings(models.Model):
    """From which score pairs are merged, or shown to a person; without a row the defaults of records.dedup."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="deduplication")
    merge_at = models.FloatField()
    ask_at = models.FloatField()
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "deduplication settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(ask_at__gt=0, merge_at__lte=1, ask_at__lte=F("merge_at")),
                name="deduplication_thresholds_ordered",
            )
        ]

    def __str__(self) -> str:
        return f"merge at {self.merge_at:.2f}, ask at {self.ask_at:.2f}"


class ColumnMapping(models.Model):
    """What a person said the columns of a table mean; offered again for the next table with the same header."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="column_mappings")
    signature = models.CharField(max_length=64, help_text="Hash of the header.")
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "signature"], name="one_mapping_a_header_and_review")
        ]

    def __str__(self) -> str:
        return ", ".join(self.columns[:5])
