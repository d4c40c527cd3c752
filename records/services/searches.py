"""Describing searches as PRISMA-S wants them reported."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from records.models import Search, SearchReport
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User

LONGEST_TEXT = 100_000


class SearchRefused(Refused):
    """A description of a search that cannot be; the sentence names the field."""


class SearchGone(Conflict):
    """Somebody removed the search meanwhile; nothing was added to it."""


class SearchExists(SearchRefused, Conflict):
    """The review has a search of this source on this platform already."""


def add_search(*, review: Review, source: str, by: User | None, **fields: Any) -> Search:
    """Describe one search of one source.

    Raises SearchRefused for values that cannot be, SearchExists when the review has this source already.
    """
    search = Search(review=review, source=source.strip(), created_by=by, **fields)
    _check(search, {"source", *fields})
    try:
        with transaction.atomic():
            search.save()
            record_event(
                review=review,
                actor=by,
                verb="records.search_added",
                target=search,
                sentence=f"added the search of {search}.",
                detail={"source": search.source, "source_type": search.source_type},
            )
    except IntegrityError:
        raise _exists(search) from None
    return search


def amend_search(*, search: Search, by: User, changes: dict[str, Any]) -> Search:
    """Correct the description of a search; old and new values go to the history. Returns it as it is now."""
    try:
        with transaction.atomic():
            search = Search.objects.select_for_update(of=("self",)).select_related("review").get(pk=search.pk)
            changed = _set(search, changes)
            if changed:
                _check(search, changed.keys())
                search.save(update_fields=list(changed))
                record_event(
                    review=search.review,
                    actor=by,
                    verb="records.search_amended",
                    target=search,
                    sentence=f"amended the search of {search}.",
                    detail={"changes": changed},
                )
    except IntegrityError:
        raise _exists(search) from None
    return search


def hold(search: Search) -> Search:
    """The search as it is now, held until the transaction ends. Raises SearchGone when it was removed."""
    held = (
        Search.objects.select_for_update(of=("self",)).select_related("review").filter(pk=search.pk).first()
    )
    if held is None:
        raise SearchGone(
            f"The search of {search} was removed meanwhile. Nothing was added; choose another source."
        )
    return held


def search_named(review: Review, source: str, platform: str = "") -> Search | None:
    """The search of this source on this platform that the review has already, whatever its capitals."""
    return review.searches.filter(source__iexact=source.strip(), platform__iexact=platform.strip()).first()


@transaction.atomic
def describe_searching(*, review: Review, by: User, values: dict[str, str]) -> SearchReport:
    """Write what PRISMA-S asks once for all searches (fields of SearchReport); old and new go to the history.

    Raises SearchRefused for a field there is not, or a text that is too long.
    """
    report, _ = SearchReport.objects.select_for_update().get_or_create(review=review)
    known = {"contacts", "other_methods", "prior_work", "updates", "peer_review", "deduplication"}
    for name, value in values.items():
        if name not in known:
            raise SearchRefused(f"“{name[:40]}” is not part of it. It has {', '.join(sorted(known))}.")
        if len(value) > LONGEST_TEXT:
            label = name.replace("_", " ").capitalize()
            raise SearchRefused(f"{label}: at most {LONGEST_TEXT:,} characters can be kept.", field=name)
    changed = _set(report, values)
    if changed:
        report.updated_by = by
        report.save()
        record_event(
            review=review,
            actor=by,
            verb="records.searching_described",
            target=report,
            sentence=f"wrote about the searches: {', '.join(name.replace('_', ' ') for name in changed)}.",
            detail={"changes": changed},
        )
    return report


def _set(search: Search | SearchReport, changes: dict[str, Any]) -> dict[str, dict]:
    changed = {}
    for name, value in changes.items():
        new = value.strip() if isinstance(value, str) else value
        if new != (old := getattr(search, name)):
            setattr(search, name, new)
            changed[name] = {"old": _plain(old), "new": _plain(new)}
    return changed


def _check(search: Search, names: Collection[str]) -> None:
    try:
        search.clean_fields(exclude={field.name for field in Search._meta.fields} - set(names))
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        label = name.replace("_", " ").capitalize()
        raise SearchRefused(f"{label}: {' '.join(sentences)}", field=name) from error
    twins = Search.objects.filter(
        review=search.review, source__iexact=search.source, platform__iexact=search.platform
    )
    if {"source", "platform"} & set(names) and twins.exclude(pk=search.pk).exists():
        raise _exists(search)


def _exists(search: Search) -> SearchExists:
    return SearchExists(
        f"The review already has a search of {search}. Import the file into that one, or name another platform to "
        "tell them apart.",
        field="source",
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
