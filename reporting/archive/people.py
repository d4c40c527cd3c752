"""The people of a review: who they are in an archive, and who they become where it is restored.

Their numbers follow their memberships, then those who left a trace without one, by address. The reviewer of a model's
votes is in front of all: it is nobody, keeps its name, and is the same account everywhere. Whoever takes the archive
may leave names and addresses out: then a person is "Person 3" there, also in the sentences of the history, in notes
that call on somebody and where earlier decisions were given to people. What people wrote themselves is not searched.

Where an archive is restored, only an administrator gives other people's deeds to accounts by their address. Anybody
else finds themselves under their own address, and everybody else as an account nobody can sign in to, whose address
is nobody's; the one from the archive is kept beside it, so that the next archive has it again.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models.functions import Lower

from reporting.archive.tables import PEOPLE, tables
from reviews.models import Membership, Review, User
from screening import automated

#: Where a placeholder keeps the address from its archive.
ADDRESS = "archived_address"
NOBODYS = "placeholder.invalid"


class People(StrEnum):
    """Who the people of a restored archive become."""

    OWN = "own"
    BY_ADDRESS = "by_address"


@dataclass(frozen=True)
class Person:
    """A person as an archive tells them; without names both texts are empty."""

    name: str
    email: str


def people_of(review: Review) -> list[User]:
    """Everybody whom a row of the review names, in the order of their numbers."""
    members = list(Membership.objects.filter(review=review).order_by("pk").values_list("user_id", flat=True))
    named: set[int] = set()
    for table in tables().values():
        if table.name == PEOPLE:
            continue
        for column in table.columns:
            if column.target == PEOPLE:
                found = table.rows(review).exclude(**{column.name: None}).order_by()
                named.update(found.values_list(column.name, flat=True).distinct())
    accounts = User.objects.in_bulk({*members, *named})
    others = sorted(
        (user for key, user in accounts.items() if key not in members),
        key=lambda user: (address_of(user).casefold(), user.email),
    )
    return sorted([*(accounts[key] for key in members), *others], key=lambda user: not is_model(user))


def address_of(user: User) -> str:
    """Their address, or for a placeholder the one that its archive had."""
    return str(user.preferences.get(ADDRESS, user.email))


def is_model(user: User) -> bool:
    """Whether this is the reviewer of a model's votes, and no person."""
    return user.email == automated.ADDRESS


class Namer:
    """Takes people's names and addresses out of what the application wrote."""

    def __init__(self, people: Iterable[User]):
        self._numbers: dict[str, int] = {}
        for number, user in enumerate(people, 1):
            if is_model(user):
                continue
            for known in (user.name, user.email, address_of(user)):
                if len(known) > 1:
                    self._numbers.setdefault(known.casefold(), number)
        longest = sorted(self._numbers, key=len, reverse=True)
        words = "|".join(re.escape(known) for known in longest)
        self._known = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None

    def without_names(self, data: Any) -> Any:
        """The text or JSON with "Person 3" for the third of the people."""
        if isinstance(data, str):
            return self._known.sub(self._called, data) if self._known else data
        if isinstance(data, list):
            return [self.without_names(each) for each in data]
        if isinstance(data, dict):
            return {self.without_names(name): self.without_names(each) for name, each in data.items()}
        return data

    def _called(self, found: re.Match[str]) -> str:
        return called(self._numbers[found[0].casefold()])


def called(number: int) -> str:
    return f"Person {number}"


def accounts_for(people: list[Person], *, by: User, how: People) -> list[User]:
    """An account for each, made where there is none; inside the transaction of the restoring."""
    wanted = {person.email.casefold() for person in people if person.email}
    known = {by.email.casefold(): by}
    if automated.ADDRESS in wanted:
        known[automated.ADDRESS] = automated.account()
    if how == People.BY_ADDRESS:
        accounts = User.objects.annotate(small=Lower("email")).filter(small__in=wanted)
        known |= {user.email.casefold(): user for user in accounts}
    return [
        known.get(person.email.casefold())
        or _placeholder(person, number, own_address=how == People.BY_ADDRESS)
        for number, person in enumerate(people, 1)
    ]


def _placeholder(person: Person, number: int, *, own_address: bool) -> User:
    """An account that nobody can sign in to: it is not active and has no password."""
    address = f"person-{number:06d}.{uuid.uuid4().hex}@{NOBODYS}"
    user = User(name=person.name or called(number), is_active=False)
    if own_address and person.email:
        user.email = User.objects.normalize_email(person.email)
    else:
        user.email = address
        user.preferences = {ADDRESS: person.email}
    user.set_unusable_password()
    user.save()
    return user
