"""Lists of terms to be marked: the review's, kept by its leads, and everybody's own."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Review, User
from screening import term_rules
from screening.models import COLOURS, TermList
from screening.services.hands import require_hand, require_lead
from screening.term_rules import MOST_TERMS, BadTerms, parse_terms, unique

MOST_LISTS = 40
LONGEST_NAME = 80
LEADS = "change the review's lists of terms; make one of your own"


class TermsRefused(Refused):
    """A list of terms that cannot be saved as it is."""


@transaction.atomic
def make_list(
    *,
    review: Review,
    by: User,
    name: str,
    kind: str = TermList.Kind.OTHER,
    colour: int = 0,
    terms: str | Sequence[str] = "",
    own: bool = False,
) -> TermList:
    """A new list at the end: the review's (a lead's act) or one's own. ``colour`` 0 takes the next one.

    ``terms`` is the text of a field (``parse_terms``) or the terms themselves. TermsRefused names each bad one with
    its line; then nothing is saved.
    """
    owner = _owner(review, by, own)
    Review.objects.select_for_update().get(pk=review.pk)
    peers = TermList.objects.filter(review=review, owner=owner)
    if peers.in_use().count() >= MOST_LISTS:
        raise TermsRefused(f"There are {MOST_LISTS} lists already. Put terms together in fewer.")
    last = peers.aggregate(last=Max("order"))["last"] or 0
    made = TermList.objects.create(
        review=review,
        owner=owner,
        name=_valid_name(peers, name),
        kind=_valid_kind(kind),
        colour=_valid_colour(colour or peers.count() % COLOURS + 1),
        terms=_valid_terms(terms),
        order=last + 1,
    )
    _record(made, by, "made", {"new": {"kind": made.kind, "terms": made.terms}})
    return made


@transaction.atomic
def change_list(
    *,
    term_list: TermList,
    by: User,
    name: str | None = None,
    kind: str | None = None,
    colour: int | None = None,
    terms: str | Sequence[str] | None = None,
) -> TermList:
    """Change what is given; the rest stays."""
    term_list = _to_change(term_list, by)
    peers = TermList.objects.filter(review=term_list.review, owner=term_list.owner).exclude(pk=term_list.pk)
    given = {
        "name": None if name is None else _valid_name(peers, name),
        "kind": None if kind is None else _valid_kind(kind),
        "colour": None if colour is None else _valid_colour(colour),
        "terms": None if terms is None else _valid_terms(terms),
    }
    changes = {
        field: {"old": getattr(term_list, field), "new": value}
        for field, value in given.items()
        if value is not None and value != getattr(term_list, field)
    }
    if changes:
        for field, change in changes.items():
            setattr(term_list, field, change["new"])
        term_list.save(update_fields=list(changes))
        _record(term_list, by, "changed", {"changes": changes})
    return term_list


@transaction.atomic
def retire_list(*, term_list: TermList, by: User) -> TermList:
    """Mark its terms no more; ``restore_list`` brings it back."""
    term_list = _to_change(term_list, by)
    if term_list.retired_at is None:
        term_list.retired_at = timezone.now()
        term_list.save(update_fields=["retired_at"])
        _record(term_list, by, "retired", {})
    return term_list


@transaction.atomic
def restore_list(*, term_list: TermList, by: User) -> TermList:
    term_list = _to_change(term_list, by)
    if term_list.retired_at is not None:
        peers = TermList.objects.filter(review=term_list.review, owner=term_list.owner).exclude(
            pk=term_list.pk
        )
        _valid_name(peers, term_list.name)
        term_list.retired_at = None
        term_list.save(update_fields=["retired_at"])
        _record(term_list, by, "restored", {})
    return term_list


@transaction.atomic
def order_lists(*, review: Review, by: User, ids: Sequence[int]) -> None:
    """Put all lists of the review, or all of one's own, into the order of ``ids``."""
    require_hand(review, by)
    in_use = TermList.objects.filter(review=review).in_use().select_for_update()
    first = in_use.filter(pk__in=ids).first()
    own = first is not None and first.owner_id == by.pk
    owner = _owner(review, by, own)
    rows = {each.pk: each for each in in_use.filter(owner=owner)}
    if sorted(rows) != sorted(ids):
        raise Conflict(
            "The lists changed while you were ordering them. Reload the page and order them again."
        )
    for number, pk in enumerate(ids, start=1):
        rows[pk].order = number
    TermList.objects.bulk_update(rows.values(), ["order"])
    record_event(
        review=review,
        actor=by,
        verb="screening.term_lists_ordered",
        sentence="changed the order of the lists of terms",
        detail={"new": list(ids)},
        blinded=own,
    )


@transaction.atomic
def switch_list(*, term_list: TermList, by: User, on: bool) -> None:
    """Mark its terms for oneself, or not: a choice of the person, not of the review."""
    require_hand(term_list.review, by)
    _readable(term_list, by)
    user = User.objects.select_for_update().get(pk=by.pk)
    off = set(user.preferences.get("term_lists_off", ())) - {term_list.pk}
    user.preferences["term_lists_off"] = sorted(off if on else off | {term_list.pk})
    user.save(update_fields=["preferences"])
    by.preferences = user.preferences


@transaction.atomic
def copy_lists(*, review: Review, source: Review, by: User, own: bool = False) -> list[TermList]:
    """Copy the lists of another review that one is a member of (its own and one's own there) into this one.

    A list that is here already, with the same name, gets the terms it lacks. All or nothing.
    """
    there = Membership.objects.present().filter(review=source, user=by).first()
    if there is None or source.pk == review.pk:
        raise TermsRefused("Choose another review that you are a member of.", field="source")
    lists = list(TermList.objects.visible_to(there).in_use())
    if not lists:
        raise TermsRefused(f"“{source}” has no lists of terms.", field="source")
    return [
        add_to_list(
            review=review,
            by=by,
            name=each.name,
            kind=each.kind,
            colour=each.colour,
            terms=each.terms,
            own=own,
        )
        for each in lists
    ]


@transaction.atomic
def add_to_list(
    *, review: Review, by: User, name: str, kind: str, colour: int, terms: Sequence[str], own: bool
) -> TermList:
    """Add terms to the list of that name; a list that is not there yet is made with ``kind`` and ``colour``."""
    peers = TermList.objects.filter(review=review, owner=_owner(review, by, own)).in_use()
    found = peers.filter(name__iexact=" ".join(name.split())).first()
    if found is None:
        return make_list(review=review, by=by, name=name, kind=kind, colour=colour, terms=terms, own=own)
    return change_list(term_list=found, by=by, terms=unique([*found.terms, *terms]))


def may_change_list(term_list: TermList, membership: Membership) -> bool:
    if term_list.owner_id is not None:
        return term_list.owner_id == membership.user_id
    return "amend_protocol" in membership.may


#: The fields of the protocol that terms may be proposed from, with what such terms speak for.
PROPOSED_FROM = {
    "population": "Population",
    "intervention": "Intervention",
    "comparator": "Comparator",
    "study_designs": "Study design",
}


def proposed_lists(review: Review) -> dict[str, dict]:
    """Lists to start from, by field of the protocol: ``{"population": {"name", "kind", "terms"}}``. Saves nothing."""
    found = {}
    for field, name in PROPOSED_FROM.items():
        if terms := term_rules.proposals(getattr(review, field)):
            found[field] = {"name": name, "kind": TermList.Kind.INCLUDE.value, "terms": terms}
    excluding = " . ".join(
        review.criteria.filter(retired_at=None, kind="exclude").values_list("text", flat=True)
    )
    if terms := term_rules.proposals(excluding):
        found["exclude"] = {"name": "Exclusion criteria", "kind": TermList.Kind.EXCLUDE.value, "terms": terms}
    return found


def _owner(review: Review, by: User, own: bool) -> User | None:
    if own:
        require_hand(review, by)
        return by
    require_lead(review, by, LEADS)
    return None


def _readable(term_list: TermList, by: User) -> TermList:
    found = TermList.objects.select_for_update(of=("self",)).select_related("review", "owner")
    locked = found.filter(pk=term_list.pk).first()
    if locked is None or locked.owner_id not in (None, by.pk):
        raise TermsRefused("There is no such list in this review.")
    return locked


def _to_change(term_list: TermList, by: User) -> TermList:
    require_hand(term_list.review, by)
    locked = _readable(term_list, by)
    _owner(locked.review, by, locked.owner_id is not None)
    return locked


def _valid_name(peers, name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise TermsRefused(f"Give the list a name of at most {LONGEST_NAME} characters.", field="name")
    if peers.in_use().filter(name__iexact=name).exists():
        raise TermsRefused(f"There is a list “{name}” already.", field="name")
    return name


def _valid_kind(kind: str) -> str:
    if kind not in TermList.Kind.values:
        raise TermsRefused(f"“{kind}” is no kind of list: {', '.join(TermList.Kind.values)}.", field="kind")
    return kind


def _valid_colour(colour: int) -> int:
    if not 1 <= colour <= COLOURS:
        raise TermsRefused(f"{colour} is not a colour: choose 1 to {COLOURS}.", field="colour")
    return colour


def _valid_terms(terms: str | Sequence[str]) -> list[str]:
    try:
        found = parse_terms(terms) if isinstance(terms, str) else _each_valid(terms)
    except BadTerms as error:
        raise TermsRefused(" ".join([*error.faults[:10], "Nothing was saved."]), field="terms") from error
    if len(found) > MOST_TERMS:
        raise TermsRefused(f"A list has at most {MOST_TERMS} terms, not {len(found)}.", field="terms")
    return found


def _each_valid(terms: Sequence[str]) -> list[str]:
    trimmed = [" ".join(str(term).split()) for term in terms]
    faults = [
        f"Term {number}, “{term[:40]}”: {wrong}"
        for number, term in enumerate(trimmed, start=1)
        if term and (wrong := term_rules.fault_of(term))
    ]
    if faults:
        raise BadTerms(faults)
    return unique(term for term in trimmed if term)


def _record(term_list: TermList, by: User, what: str, detail: dict) -> None:
    """One line of history; of one's own list for oneself alone."""
    record_event(
        review=term_list.review,
        actor=by,
        verb=f"screening.term_list_{what}",
        sentence=f"{what} the list of terms “{term_list}”",
        target=term_list,
        detail=detail,
        blinded=term_list.owner_id is not None,
    )
