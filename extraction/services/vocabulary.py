"""The words a team agrees on for interventions, outcomes, populations and scales; synonyms are merged later."""

from collections.abc import Iterable

from django.db import transaction

from extraction.models import Arm, Result, VocabularyTerm
from extraction.services.errors import AlreadyRecorded, NotPossible
from reviews.audit import record_event
from reviews.models import Outcome, Review, User
from reviews.permissions import Permission
from reviews.tables import Faults, read_table
from screening.services.guards import require

Kind = VocabularyTerm.Kind
HEADER = ("kind", "name", "preferred")
MOST = 5_000


@transaction.atomic
def add_term(*, review: Review, kind: str, name: str, by: User) -> VocabularyTerm:
    """A new word; AlreadyRecorded when there is one of this kind, whatever its case."""
    require(review, by, Permission.EXTRACT)
    _lock(review)
    kind, name = _valid_kind(kind), _valid_name(name)
    if review.vocabulary.count() >= MOST:
        raise NotPossible(f"A review has at most {MOST:,} terms. Remove some that are not used.")
    _refuse_twin(review, kind, name)
    term = VocabularyTerm.objects.create(review=review, kind=kind, name=name)
    _record(term, by, "term_added", f"added {_named(term)}", {"new": {"kind": kind, "name": name}})
    return term


@transaction.atomic
def rename_term(*, term: VocabularyTerm, name: str, by: User, seen: str | None = None) -> VocabularyTerm:
    """Another spelling of the same term; whatever uses it follows. ``seen`` is the name that stood on the page."""
    term = _to_change(term, by)
    name, old = _valid_name(name), term.name
    if seen is not None and seen != old:
        raise AlreadyRecorded(f"The term was renamed to “{old}” in the meantime. Nothing was overwritten.")
    if name == old:
        return term
    _refuse_twin(term.review, term.kind, name, but=term)
    term.name = name
    term.save(update_fields=["name"])
    _record(term, by, "term_renamed", f"renamed {term.kind} “{old}” to “{name}”", {"old": old, "new": name})
    return term


@transaction.atomic
def merge_term(*, term: VocabularyTerm, into: VocabularyTerm, by: User) -> VocabularyTerm:
    """Say that ``term`` is a synonym of ``into``; its own synonyms follow, and nothing that uses it is touched.

    ``unmerge_term`` takes it back. Refused between kinds or reviews, and for a term that is a synonym already.
    """
    term, into = _to_change(term, by), VocabularyTerm.objects.get(pk=into.pk)
    if (term.review_id, term.kind) != (into.review_id, into.kind):
        raise NotPossible("Only terms of one kind in one review can be synonyms.", field="into")
    into = into.preferred or into
    if into == term:
        raise NotPossible(f"“{term}” cannot be a synonym of itself.", field="into")
    if term.preferred_id:
        raise NotPossible(f"“{term}” is a synonym of “{term.preferred}” already. Part them first.")
    followers = list(term.synonyms.values_list("pk", flat=True))
    term.synonyms.update(preferred=into)
    term.preferred = into
    term.save(update_fields=["preferred"])
    sentence = f"made {term.kind} “{term}” a synonym of “{into}”"
    _record(term, by, "term_merged", sentence, {"into": into.name, "followers": followers})
    return into


@transaction.atomic
def unmerge_term(*, term: VocabularyTerm, by: User) -> VocabularyTerm:
    """A synonym is a term of its own again."""
    term = _to_change(term, by)
    if term.preferred_id:
        old, term.preferred = str(term.preferred), None
        term.save(update_fields=["preferred"])
        _record(term, by, "term_parted", f"parted {term.kind} “{term}” from “{old}”", {"old": old})
    return term


@transaction.atomic
def remove_term(*, term: VocabularyTerm, by: User) -> None:
    """Take a term away that no arm uses and that has no synonyms."""
    term = _to_change(term, by)
    if used := Arm.objects.filter(intervention=term).count():
        raise NotPossible(f"{used} arm{'s' * (used != 1)} use “{term}”, so it stays. Merge it instead.")
    if term.synonyms.exists():
        raise NotPossible(f"“{term}” has synonyms. Part them first.")
    _record(term, by, "term_removed", f"removed {_named(term)}", {"old": {"name": term.name}})
    term.delete()


@transaction.atomic
def import_terms(*, review: Review, name: str, data: bytes, by: User) -> tuple[int, int]:
    """Terms of a CSV file with the columns kind, name and, for a synonym, preferred; gives (added, merged).

    What is there already stays as it is. BadTable names every fault by its line, and then nothing is taken in.
    """
    require(review, by, Permission.EXTRACT)
    faults, rows = Faults(name), read_table(name, data, required=HEADER[:2]).rows
    for row in rows:
        if row["kind"].lower() not in Kind.values:
            faults.add(row.line, f"“{row['kind']}” is not one of {', '.join(Kind.values)}.", "kind")
        if not row["name"] or len(row["name"]) > 200:
            faults.add(row.line, "a term has 1 to 200 characters.", "name")
        if len(row["preferred"]) > 200:
            faults.add(row.line, "a term has at most 200 characters.", "preferred")
    faults.raise_if_any()
    added = merged = 0
    wanted = [(row["kind"].lower(), row["name"], row["preferred"]) for row in rows]
    for kind, word in dict.fromkeys((k, w) for k, name, preferred in wanted for w in (preferred, name) if w):
        if not _twins(review, kind, word).exists():
            add_term(review=review, kind=kind, name=word, by=by)
            added += 1
    for kind, word, preferred in wanted:
        if not preferred:
            continue
        term, into = _twins(review, kind, word).get(), _twins(review, kind, preferred).get()
        if term.preferred_id is None and term != (into.preferred or into):
            merge_term(term=term, into=into, by=by)
            merged += 1
    return added, merged


def offered(review: Review, kind: str) -> list[str]:
    """Words to offer while somebody types: preferred terms, and for outcomes and scales what is in use already."""
    words = set(
        VocabularyTerm.objects.filter(review=review, kind=kind, preferred=None).values_list("name", flat=True)
    )
    if kind == Kind.SCALE:
        words |= set(Outcome.objects.filter(review=review).values_list("scale", flat=True))
        words |= set(Result.objects.current().filter(review=review).values_list("scale", flat=True))
    if kind == Kind.OUTCOME:
        words |= set(Outcome.objects.filter(review=review).values_list("name", flat=True))
    return sorted(words - {""}, key=str.casefold)


def planned_time_points(review: Review) -> list[str]:
    """The time points that the protocol plans for its outcomes, main ones first, each once."""
    rows = list(Outcome.objects.filter(review=review).values_list("time_point", "time_points"))
    planned = [main for main, _ in rows] + [one for _, further in rows for one in further]
    return list(dict.fromkeys(one for one in planned if one))


def rows_of(review: Review) -> Iterable[tuple[str, str, str]]:
    """The vocabulary as ``import_terms`` takes it."""
    for term in review.vocabulary.select_related("preferred"):
        yield term.kind, term.name, term.preferred.name if term.preferred else ""


def _lock(review: Review) -> None:
    """Whoever changes the vocabulary waits for the one before."""
    Review.objects.select_for_update().get(pk=review.pk)


def _to_change(term: VocabularyTerm, by: User) -> VocabularyTerm:
    require(term.review, by, Permission.EXTRACT)
    _lock(term.review)
    found = VocabularyTerm.objects.select_related("review", "preferred").filter(pk=term.pk).first()
    if found is None:
        raise NotPossible(f"The term “{term}” was removed in the meantime.")
    return found


def _valid_kind(kind: str) -> str:
    if kind not in Kind.values:
        raise NotPossible(f"“{kind}” is not one of {', '.join(Kind.values)}.", field="kind")
    return kind


def _valid_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise NotPossible("A term has 1 to 200 characters.", field="name")
    return name


def _twins(review: Review, kind: str, name: str):
    return VocabularyTerm.objects.filter(review=review, kind=kind, name__iexact=" ".join(name.split()))


def _refuse_twin(review: Review, kind: str, name: str, but: VocabularyTerm | None = None) -> None:
    twin = _twins(review, kind, name).exclude(pk=but.pk if but else None).first()
    if twin:
        raise AlreadyRecorded(
            f"There is a term “{twin}” already ({twin.get_kind_display().lower()}).", field="name"
        )


def _named(term: VocabularyTerm) -> str:
    return f"the {term.kind} “{term}” of the vocabulary"


def _record(term: VocabularyTerm, by: User, verb: str, sentence: str, detail: dict) -> None:
    record_event(
        review=term.review,
        actor=by,
        verb=f"extraction.{verb}",
        target=term,
        sentence=f"{sentence}.",
        detail=detail,
    )
