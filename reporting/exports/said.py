"""What is said of a record: where it stands, why, by whom, with which labels and notes; only what may be told.

A stage counts once it is settled (``Verdict.objects.told``): a record waiting for votes and one in conflict look the
same to everybody, as if nobody had voted. One that left title and abstract unread, on the word of an automation tool,
is told as that while it is not settled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from records.models import Record
from reporting.exports.remarks import labels_of, notes_of
from reviews.models import Membership, User
from screening.models import Decision, RemovedRecord, Stage, Verdict

State = Verdict.State
UNDECIDED = "undecided"
NOT_SCREENED = "not_screened"
#: (key, words) of where a record can stand; the key is what tables say.
DECISIONS = [
    (State.INCLUDED, "Included"),
    (State.EXCLUDED, "Excluded"),
    (State.AWAITING, "Awaiting classification"),
    (State.ONGOING, "Ongoing study"),
    (NOT_SCREENED, "Not screened (removed by automation)"),
    (UNDECIDED, "Not decided yet"),
]
WORDS = {str(key): words for key, words in DECISIONS}


@dataclass(frozen=True)
class Said:
    """Of one record: the settled state and reason per stage, votes as (person, vote), labels and notes."""

    states: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    votes: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_unread: bool = False

    @property
    def not_screened(self) -> bool:
        """Whether it was left unread, and not settled all the same."""
        return self.left_unread and Stage.TITLE_ABSTRACT not in self.states

    def decision(self, stage: str = "") -> str:
        """Where it stands at ``stage``; without one, in the end: included means at full text."""
        if self.not_screened and stage != Stage.FULL_TEXT:
            return NOT_SCREENED
        if stage:
            return str(self.states.get(stage, UNDECIDED))
        if self.states.get(Stage.TITLE_ABSTRACT) == State.EXCLUDED:
            return str(State.EXCLUDED)
        return str(self.states.get(Stage.FULL_TEXT, UNDECIDED))

    def reason(self, stage: str = "") -> str:
        """Why it is excluded at ``stage``, or at all; "" where nobody said."""
        if self.decision(stage) != State.EXCLUDED:
            return ""
        return self.reasons.get(stage or self.last_stage, "")

    @property
    def last_stage(self) -> str:
        """The stage whose outcome is the decision in the end."""
        early = self.states.get(Stage.TITLE_ABSTRACT) == State.EXCLUDED
        return str(Stage.TITLE_ABSTRACT if early else Stage.FULL_TEXT)


class Sayings:
    """What may be told to a member of every record of the review, read in a few queries."""

    def __init__(self, membership: Membership):
        told = Verdict.objects.told().filter(review=membership.review).order_by("pk")
        self._states: dict[int, dict[str, str]] = {}
        self._reasons: dict[int, dict[str, str]] = {}
        columns = told.values_list("record_id", "stage", "state", "reason__label")
        for pk, stage, state, reason in columns.iterator(chunk_size=5000):
            self._states.setdefault(pk, {})[stage] = state
            if reason:
                self._reasons.setdefault(pk, {})[stage] = reason
        self._votes = self._votes_of(membership)
        self._labels, self._notes = labels_of(membership), notes_of(membership)
        out = RemovedRecord.objects.live().filter(removal__review=membership.review).order_by()
        self._out = set(out.values_list("record_id", flat=True))

    def of(self, record: Record) -> Said:
        pk = record.pk
        return Said(
            self._states.get(pk, {}),
            self._reasons.get(pk, {}),
            self._votes.get(pk, {}),
            self._labels.get(pk, []),
            self._notes.get(pk, []),
            pk in self._out,
        )

    def _votes_of(self, membership: Membership) -> dict[int, dict[str, list[tuple[str, str]]]]:
        """Votes that stand, at stages that are told; one's own elsewhere stay out, too."""
        found: dict[int, dict[str, list[tuple[str, str]]]] = {}
        votes = Decision.objects.live().visible_to(membership).order_by("pk")
        voters = User.objects.filter(pk__in=membership.review.decisions.values("reviewer"))
        people = {person.pk: str(person) for person in voters}
        columns = votes.values_list("record_id", "stage", "reviewer_id", "vote", "model")
        for pk, stage, person, vote, model in columns.iterator(chunk_size=5000):
            if stage in self._states.get(pk, {}):
                name = f"{people[person]} (automated)" if model else people[person]
                found.setdefault(pk, {}).setdefault(stage, []).append((name, vote))
        return found


def in_words(votes: Iterable[tuple[str, str]]) -> str:
    """ "Ana Silva: include; Ben Okoro: exclude"."""
    return "; ".join(f"{person}: {vote}" for person, vote in votes)
