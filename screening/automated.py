"""Votes that a model cast: its account, and what may be told of them.

A vote of a model is a ``Decision`` with ``model`` set. Its reviewer is an account that nobody can sign in to and that
is in no team; it is the same in every review, so that the name says everywhere that this was no person.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from reviews.models import Review, User
from screening.models import Decision, Stage, Verdict, VoteLot

#: No mail ever goes to an address of this domain (RFC 2606).
ADDRESS = "automation@reviewer.invalid"
NAME = "Automation (a model, not a person)"


def account() -> User:
    """The reviewer of a model's votes, made on first use: inactive, and without a password that works."""
    found = User.objects.filter(email=ADDRESS).first()
    return found or User.objects.create_user(ADDRESS, None, name=NAME, is_active=False)


@dataclass(frozen=True)
class Cast:
    """What a model's votes at a stage came to, as everybody may know it: ``cast`` stand, ``complete`` of them on
    records whose outcome is told, ``overruled`` of these on records that are included all the same.
    """

    cast: int
    complete: int
    overruled: int

    @property
    def open(self) -> int:
        return self.cast - self.complete


def cast_at(review: Review, stage: str) -> Cast:
    """Three queries. The other numbers (conflicts, records with one more vote) would tell hidden votes of people."""
    votes = Decision.objects.live().exclude(model="").filter(review=review, stage=stage)
    told = Verdict.objects.told().filter(record=OuterRef("record"), stage=stage)
    complete = votes.filter(Exists(told))
    included = told.filter(state__in=(Verdict.State.INCLUDED, Verdict.State.ONGOING))
    return Cast(votes.count(), complete.count(), votes.filter(Exists(included)).count())


def lots_at(review: Review, stage: str):
    """The runs of a model at a stage, the latest first; by what they tell: a restored review has other accounts."""
    return VoteLot.objects.filter(review=review, stage=stage, result__has_key="model")


def sentence(review: Review) -> str:
    """For the methods of the report: what a model voted at title and abstract; "" if it did not.

    Of records whose outcome is told only, so that it reads the same for everybody.
    """
    lot = lots_at(review, Stage.TITLE_ABSTRACT).first()
    found = cast_at(review, Stage.TITLE_ABSTRACT)
    if lot is None or not found.complete:
        return ""
    about = lot.result
    return (
        f"A machine learning model ({about['model']}) cast one of the votes on {found.complete:,} "
        f"record{'' if found.complete == 1 else 's'} at title and abstract, each to exclude; every one of these "
        f"records was also judged by a person, who did not see the model's vote, and {found.overruled:,} of them "
        f"{'was' if found.overruled == 1 else 'were'} included. {recall_in_words(about)}"
    )


def recall_in_words(about: dict) -> str:
    """What the threshold was chosen by, from the numbers of a plan or of a run."""
    said = (
        f"The threshold was set on records that the model had not been told of (five-fold cross-validation): of "
        f"{about['included']:,} included it would have voted to exclude {about['missed']:,} (recall "
        f"{100 * about['recall']:.1f}%, 95% interval {100 * about['low']:.1f} to {100 * about['high']:.1f}%), of "
        f"{about['excluded']:,} excluded {about['spared']:,}."
    )
    if not about.get("by_likelihood"):
        return said
    return (
        f"{said} These records had been read in an order by likelihood: among those left, which that order puts "
        "last, the model misses a larger share than this says, up to all that are relevant."
    )
