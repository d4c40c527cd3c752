"""Makes the review that `screening.py` measures, by bulk inserts, and checks it after the load. Runs inside Django.

Most records are complete at title and abstract, some of them have been screened at full text, a tenth is open and
lies scattered among them; votes that were changed and the history of every vote are there as in a review of years.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from benchmarks.words import CONDITIONS, PEOPLE, TREATMENTS
from records.models import ImportBatch, Record, Search
from reviews.models import AuditEvent, ExclusionReason, Membership, Review, User
from screening.models import Decision, FullText, Stage, Verdict

SLUG = "big"
TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
LOT = 2000


def in_lots(model, rows) -> None:
    rows = iter(rows)
    while lot := list(islice(rows, LOT)):
        model.objects.bulk_create(lot)


class Maker:
    """``Maker(50_000, 100_000, 50).make()`` writes the review; returns {user id: session key}."""

    def __init__(self, records: int, votes: int, reviewers: int, seed: int = 7) -> None:
        self.records, self.votes, self.number = records, votes, reviewers
        self.dice = random.Random(seed)
        self.start = timezone.now() - timedelta(days=300)

    @transaction.atomic
    def make(self) -> dict:
        self.review = Review.objects.create(slug=SLUG, title="A review of fifty thousand records")
        self.reason = ExclusionReason.objects.create(review=self.review, label="Wrong population", order=1)
        self.people = [self._person(f"reviewer{n}", "reviewer") for n in range(self.number)]
        owner = self._person("owner", "owner")
        self._person("resolver", "adjudicator")
        self._records()
        self._votes()
        return {
            "people": [{"user": person.pk, "session": _session(person)} for person in self.people],
            "owner": {"user": owner.pk, "session": _session(owner)},
            "open": self.open,
        }

    def _person(self, name: str, role: str) -> User:
        person = User(email=f"{name}@example.org", name=name.title())
        person.set_unusable_password()
        person.save()
        Membership.objects.create(review=self.review, user=person, role=role)
        return person

    def _records(self) -> None:
        search = Search.objects.create(review=self.review, source="MEDLINE")
        batch = ImportBatch.objects.create(
            review=self.review,
            search=search,
            file_name="big.ris",
            sha256="0" * 64,
            state=ImportBatch.State.DONE,
            format="ris",
        )
        in_lots(Record, (self._record(search, batch, number) for number in range(self.records)))
        self.pks = list(Record.objects.filter(review=self.review).order_by("pk").values_list("pk", flat=True))

    def _record(self, search: Search, batch: ImportBatch, number: int) -> Record:
        dice = self.dice
        what = f"{dice.choice(TREATMENTS)} for {dice.choice(CONDITIONS)} in {dice.choice(PEOPLE)}"
        sentences = (
            f"We compared {dice.choice(TREATMENTS)} with {dice.choice(TREATMENTS)} in {dice.randrange(20, 900)} "
            f"{dice.choice(PEOPLE)} with {dice.choice(CONDITIONS)}."
            for _ in range(12)
        )
        return Record(
            review=self.review,
            search=search,
            batch=batch,
            position=number + 1,
            title=f"{what[0].upper()}{what[1:]}: randomised trial {number}",
            abstract=" ".join(sentences),
            authors=[f"Author{dice.randrange(9000)}, A.", f"Other{dice.randrange(9000)}, B."],
            year=dice.randrange(1990, 2026),
            journal="Journal of Trials",
            doi=f"10.1000/big.{number}",
            pmid=str(10_000_000 + number),
            keywords=[dice.choice(CONDITIONS)],
        )

    def _votes(self) -> None:
        """Nine tenths complete by two votes, a part with one vote, full texts and changed votes up to the number."""
        shuffled = self.pks[:]
        self.dice.shuffle(shuffled)
        complete, open_ = shuffled[: self.records * 9 // 10], shuffled[self.records * 9 // 10 :]
        one_vote, self.open = open_[: len(open_) * 3 // 5], len(open_)
        spare = self.votes - 2 * len(complete) - len(one_vote)
        full_text = complete[: max(spare // 4, 1)]
        changed = complete[-max(spare - 2 * len(full_text), 0) :]
        self.votes_made: list[Decision] = []
        verdicts, texts = [], []
        seeking = set(full_text) | set(complete[len(full_text) : 2 * len(full_text)])
        for pk in complete:
            state = "included" if pk in seeking else self._state()
            verdicts.append(self._settled(pk, TA, state))
            if state == "included":
                got = FullText.State.RETRIEVED if pk in seeking else FullText.State.SOUGHT
                texts.append(FullText(review=self.review, record_id=pk, state=got, changed_by=self.people[0]))
        for pk in full_text:
            verdicts.append(self._settled(pk, FT, "excluded"))
        for pk in one_vote:
            self._vote(pk, TA, self.dice.choice(self.people), self.dice.choice(["include", "exclude"]))
            verdicts.append(Verdict(review=self.review, record_id=pk, stage=TA, state="pending", votes=1))
        for pk in changed:
            self._vote(pk, TA, self.dice.choice(self.people), "maybe", withdrawn_at=self.start)
        in_lots(Decision, self.votes_made)
        in_lots(Verdict, verdicts)
        in_lots(FullText, texts)
        in_lots(AuditEvent, self._history())

    def _state(self) -> str:
        return self.dice.choices(["excluded", "included", "conflict"], [90, 5, 5])[0]

    def _settled(self, pk: int, stage: str, state: str) -> Verdict:
        one, other = self.dice.sample(self.people, 2)
        words = {"included": ["include"] * 2, "excluded": ["exclude"] * 2, "conflict": ["include", "exclude"]}
        for person, word in zip((one, other), words[state], strict=True):
            self._vote(pk, stage, person, word)
        reason = self.reason if stage == FT else None
        return Verdict(
            review=self.review,
            record_id=pk,
            stage=stage,
            state=state,
            votes=2,
            reason=reason,
            settled_at=self.start if state != "conflict" else None,
        )

    def _vote(self, pk: int, stage: str, person: User, word: str, **more) -> None:
        reason = self.reason if stage == FT and word == "exclude" else None
        self.votes_made.append(
            Decision(
                review=self.review,
                record_id=pk,
                stage=stage,
                reviewer=person,
                vote=word,
                reason=reason,
                key=uuid.UUID(int=self.dice.getrandbits(128), version=4),
                seconds=self.dice.randrange(3, 90),
                created_at=self.start + timedelta(seconds=len(self.votes_made) * 200),
                **more,
            )
        )

    def _history(self):
        for vote in self.votes_made:
            yield AuditEvent(
                review=self.review,
                actor=vote.reviewer,
                actor_name=str(vote.reviewer),
                at=vote.created_at,
                verb="screening.vote_cast",
                target_type="records.record",
                target_id=str(vote.record_id),
                sentence=f"voted {vote.vote}",
                detail={"decision": 0, "stage": vote.stage, "vote": vote.vote},
                blinded=True,
            )


def _session(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return session.session_key


def votes_per_record() -> dict[int, int]:
    """Live votes at title and abstract."""
    live = Decision.objects.live().filter(review__slug=SLUG, stage=TA)
    return dict(live.order_by().values_list("record").annotate(number=Count("pk")))


def check(taken: list[str], given: list[tuple[int, int]], before: dict[int, int]) -> list[str]:
    """What is wrong after a load: ``taken`` are the keys answered as taken, ``given`` (record, user) shown to them,
    ``before`` the live votes of each record at the start. An empty list is a pass."""
    review = Review.objects.get(slug=SLUG)
    quorum, wrong = review.quorum_title_abstract, []
    after = votes_per_record()
    beyond = {pk for pk, number in after.items() if number > quorum}
    if beyond:
        wrong.append(f"{len(beyond)} records have more votes than the quorum")
    people: dict[int, set[int]] = defaultdict(set)
    for record, user in given:
        people[record].add(user)
    crowded = {pk for pk, users in people.items() if before.get(pk, 0) + len(users) > quorum}
    if crowded:
        wrong.append(f"{len(crowded)} records were given to more people than had a place")
    kept = Counter(
        str(key) for key in Decision.objects.filter(review=review).values_list("key", flat=True).iterator()
    )
    lost = [key for key in taken if kept[key] != 1]
    if lost:
        wrong.append(f"{len(lost)} votes answered as taken are not there exactly once")
    grown = sum(after.values()) - sum(before.values())
    if grown != len(set(taken)):
        wrong.append(f"{len(set(taken))} votes were taken and {grown} are new")
    counted = dict(
        Verdict.objects.filter(review=review, stage=TA, votes__gt=0).values_list("record", "votes")
    )
    if counted != after:
        wrong.append("a verdict counts other votes than there are")
    return wrong
