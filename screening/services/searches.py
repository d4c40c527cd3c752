"""Saved searches: a filter of the list of records under a name."""

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import SavedSearch
from screening.services.guards import NotAllowed, require

LEFT_OUT = ("page", "csrfmiddlewaretoken", "search")
LONGEST = 2000


class BadSearch(Refused):
    """A name or filter that cannot be saved."""


def tidy(query: str) -> str:
    """The list's address without its page and without empty fields; equal filters are equal texts."""
    given = QueryDict(query.lstrip("?"), mutable=True)
    for name in list(given):
        if name in LEFT_OUT or not str(given[name]).strip():
            del given[name]
    return given.urlencode()


@transaction.atomic
def save_search(*, review: Review, by: User, name: str, query: str, shared: bool = False) -> SavedSearch:
    """Keep a filter under a name; the same name and filter again is the same search. Shared ones all members see."""
    require(review, by, Permission.VIEW)
    name, query = _sound_name(name), tidy(query)
    if not query:
        raise BadSearch("There is no filter to save: fill in a field first.")
    if len(query) > LONGEST:
        raise BadSearch(f"This filter is too long to be saved: {len(query)} characters of {LONGEST}.")
    same = SavedSearch.objects.live().filter(review=review, owner=by, name=name).first()
    if same and (same.query, same.shared) == (query, shared):
        return same
    if same:
        raise _taken(name)
    saved = SavedSearch.objects.create(review=review, owner=by, name=name, query=query, shared=shared)
    _tell(saved, by, "search_saved", f"saved the search “{name}”")
    return saved


@transaction.atomic
def change_search(
    *, search: SavedSearch, by: User, name: str | None = None, shared: bool | None = None
) -> SavedSearch:
    """Rename, share or stop sharing one's own search."""
    _require_owner(search, by)
    old = {"name": search.name, "shared": search.shared}
    if name is not None and _sound_name(name) != search.name:
        search.name = _sound_name(name)
        others = SavedSearch.objects.live().filter(review=search.review, owner=search.owner, name=search.name)
        if others.exclude(pk=search.pk).exists():
            raise _taken(search.name)
    if shared is not None:
        search.shared = shared
    if old == {"name": search.name, "shared": search.shared}:
        return search
    search.save(update_fields=["name", "shared"])
    _tell(search, by, "search_changed", f"changed the saved search “{search.name}”", old)
    return search


@transaction.atomic
def remove_search(*, search: SavedSearch, by: User) -> SavedSearch:
    """Remove one's own search; ``restore_search`` brings it back."""
    _require_owner(search, by)
    if search.removed_at is None:
        search.removed_at = timezone.now()
        search.save(update_fields=["removed_at"])
        _tell(search, by, "search_removed", f"removed the saved search “{search.name}”")
    return search


@transaction.atomic
def restore_search(*, search: SavedSearch, by: User) -> SavedSearch:
    _require_owner(search, by)
    if search.removed_at is not None:
        if SavedSearch.objects.live().filter(review=search.review, owner=by, name=search.name).exists():
            raise _taken(search.name)
        search.removed_at = None
        search.save(update_fields=["removed_at"])
        _tell(search, by, "search_restored", f"restored the saved search “{search.name}”")
    return search


def _sound_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadSearch("Give the search a name.", field="name")
    if len(name) > 80:
        raise BadSearch(f"The name has {len(name)} characters; 80 are the most.", field="name")
    return name


def _taken(name: str) -> Conflict:
    return Conflict(f"You have another search called “{name}”: choose another name.", field="name")


def _require_owner(search: SavedSearch, by: User) -> None:
    require(search.review, by, Permission.VIEW)
    if search.owner_id != by.pk:
        raise NotAllowed(
            f"The search “{search.name}” is {search.owner}’s: only they can change it. Save it as yours."
        )


def _tell(search: SavedSearch, by: User, verb: str, sentence: str, old: dict | None = None) -> None:
    """In the history; a search that is nobody else's to see is told to its owner alone."""
    record_event(
        review=search.review,
        actor=by,
        verb=f"screening.{verb}",
        sentence=sentence,
        target=search,
        detail={"query": search.query, "shared": search.shared} | ({"old": old} if old else {}),
        blinded=not search.shared and not (old or {}).get("shared"),
    )
