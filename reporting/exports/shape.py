"""What an export is: a subject, its formats, what a person may choose, and whether it is made in the background."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviews.errors import Refused
from reviews.models import Membership
from reviews.permissions import Permission

Pieces = Iterable[str] | Iterable[bytes]
#: Told from time to time while a long export is made: done, total, and what is being done.
Tell = Callable[[int, int, str], None]
#: Called with the membership whose view is written, with the chosen options by name (only those chosen), and, for a
#: long export, with ``tell``. It yields text or bytes; the same data must give the same bytes.
Builder = Callable[..., Pieces]
Choices = Sequence[tuple[str, str]]


class UnknownExport(Refused):
    """There is no such export, or not in that format."""


class UnknownOption(Refused):
    """The export has no such option, or the option has no such choice."""


class NotForRole(Refused):
    """The export is not for everybody who may export."""

    status = 403


def quiet(done: int, total: int, message: str) -> None:
    """A ``Tell`` that tells nobody."""


@dataclass(frozen=True)
class Option:
    """One thing to choose. ``choices`` are (value, words), or asked of the membership; "" stands for no choice."""

    name: str
    label: str
    choices: Choices | Callable[[Membership], Choices]
    nothing: str = "All"
    help: str = ""

    def choices_for(self, membership: Membership) -> Choices:
        return self.choices(membership) if callable(self.choices) else self.choices


@dataclass(frozen=True)
class Export:
    """One subject: its title, what it holds, a builder per format, and the options its builders take as keywords.

    A ``long`` one is made as a job (services.exports.request_export) and kept; others are streamed on demand.
    """

    title: str
    about: str
    formats: Mapping[str, Builder]
    options: tuple[Option, ...] = ()
    long: bool = False
    #: Who is offered it, of those who may export.
    needs: Permission = Permission.EXPORT

    def chosen(self, membership: Membership, given: Mapping[str, str]) -> dict[str, str]:
        """What was chosen, without options left open. Raises UnknownOption naming what there is, and NotForRole."""
        if self.needs not in membership.may:
            role = membership.get_role_display().lower()
            raise NotForRole(f"{self.title} is not for your role, {role}. Ask an owner or manager.")
        known = {option.name: option for option in self.options}
        chosen = {}
        for name, value in given.items():
            if name not in known:
                there = f"Choose among: {', '.join(known)}." if known else "It has none."
                raise UnknownOption(f"{self.title} has no option '{name}'. {there}")
            if value and value not in (values := [key for key, _ in known[name].choices_for(membership)]):
                raise UnknownOption(
                    f"'{value}' is no choice of {name} for {self.title}. "
                    + (
                        f"Choose one of: {', '.join(values)}."
                        if values
                        else "There is nothing to choose yet."
                    )
                )
            if value:
                chosen[name] = value
        return chosen

    def words(self, chosen: Mapping[str, str]) -> list[str]:
        """What was chosen, for people: "Stage: Full text"."""
        said = []
        for option in self.options:
            if value := chosen.get(option.name):
                known = {} if callable(option.choices) else dict(option.choices)
                said.append(f"{option.label}: {known.get(value, value)}")
        return said
