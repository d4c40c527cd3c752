"""Plain functions that make the rows a test needs; each does the least that is valid."""

import hashlib
import itertools

from extraction.models import Arm, Result
from records.models import ImportBatch, Record, Search
from reviews.models import ExclusionReason, Membership, Outcome, Review, User
from screening.models import Report, Study

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_user(name: str, **fields) -> User:
    return User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title(), **fields)


def make_review(slug: str = "trd", *, title: str = "Psychotherapy for depression", **fields) -> Review:
    return Review.objects.create(slug=slug, title=title, **fields)


def join(review: Review, user: User, role: str) -> Membership:
    return Membership.objects.create(review=review, user=user, role=role)


def make_search(review: Review, source: str = "MEDLINE", **fields) -> Search:
    return Search.objects.get_or_create(review=review, source=source, defaults=fields)[0]


def make_batch(review: Review, search: Search | None = None, **fields) -> ImportBatch:
    number = next(_numbers)
    return ImportBatch.objects.create(
        review=review,
        search=search or make_search(review),
        file_name=f"file{number}.ris",
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        state=ImportBatch.State.DONE,
        format="ris",
        **fields,
    )


def make_record(review: Review, title: str = "", *, batch: ImportBatch | None = None, **fields) -> Record:
    number = next(_numbers)
    batch = batch or review.import_batches.first() or make_batch(review)
    values = {
        "authors": [f"Author{number}, A."],
        "year": 2017,
        "position": number,
        "journal": "Journal",
    } | fields
    return Record.objects.create(
        review=review,
        search=batch.search,
        batch=batch,
        title=title or f"A randomised trial, number {number}",
        **values,
    )


def make_reason(review: Review, label: str = "Wrong population", order: int = 1) -> ExclusionReason:
    return ExclusionReason.objects.create(review=review, label=label, order=order)


def make_outcome(review: Review, name: str = "Depression severity", **fields) -> Outcome:
    return Outcome.objects.create(review=review, name=name, **fields)


def make_study(review: Review, label: str = "", *, record: Record | None = None) -> Study:
    study = Study.objects.create(review=review, label=label or f"Study {next(_numbers)}")
    Report.objects.create(study=study, record=record or make_record(review), is_main=True)
    return study


def make_arms(study: Study) -> tuple[Arm, Arm]:
    return (
        Arm.objects.create(study=study, label="Therapy", role=Arm.Role.EXPERIMENTAL),
        Arm.objects.create(study=study, label="Usual care", role=Arm.Role.COMPARATOR),
    )


def make_result(study: Study, outcome: Outcome, by: User, **fields) -> Result:
    """A result with means, unless ``fields`` says another kind (then give that kind's columns too)."""
    experimental, comparator = study.arms.all()[:2] if study.arms.exists() else make_arms(study)
    means = {"n1": 40, "mean1": 8.2, "sd1": 4.7, "n2": 40, "mean2": 13.2, "sd2": 6.9}
    if "kind" not in fields:
        fields = {"kind": Result.Kind.MEANS} | means | fields
    return Result.objects.create(
        review=study.review,
        study=study,
        outcome=outcome,
        experimental=experimental,
        comparator=comparator,
        extracted_by=by,
        **fields,
    )
