"""Build the demo review step by step through the same services the pages use.

Each step runs in one transaction that also writes its mark into the history, so an interrupted load goes on where
it stopped, and a repeated load changes nothing, whatever visitors did meanwhile.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.core.files import File
from django.db import transaction

import records.services as finding
import reviews.services as protocol
from reviewapp.demo import certainty, evidence, screeners, story
from reviewapp.demo.accounts import make_accounts
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import finish_waiting, perform
from reviews.models import Review, User

DATA = Path(__file__).parent / "data"
Step = Callable[[Review, dict[str, User]], None]


class NotTheDemo(Refused):
    """Somebody's own review has the demo's address."""


def load_demo() -> Iterator[str]:
    """Do what is not done yet, yielding the name of each step as it ends. Raises NotTheDemo at once."""
    review = Review.objects.filter(slug=story.SLUG).first()
    if review is not None and not _opened_by_the_demo(review):
        raise NotTheDemo(
            f"There is a review called '{story.SLUG}' already that is not the demo: “{review.title}”. "
            "Nothing was changed. Load the demo into a database of its own (VAR_DIR or DATABASE_URL)."
        )
    people = make_accounts()
    if review is None:
        review = _open(people)
        yield "the protocol and the team"
    for name, step in STEPS.items():
        if not review.events.filter(verb="demo.step", target_label="", detail__step=name).exists():
            finish_waiting(review)  # a worker may be at what was asked for; in a transaction it could not end
            with transaction.atomic():
                step(review, people)
                record_event(
                    review=review,
                    actor=None,
                    verb="demo.step",
                    sentence=f"loaded the demo: {name}.",
                    detail={"step": name},
                )
            yield name


def _opened_by_the_demo(review: Review) -> bool:
    """Whether the demo's owner opened it."""
    _, owner, _ = story.TEAM[0]
    return review.events.filter(verb="reviews.opened", actor__email=owner).exists()


@transaction.atomic
def _open(people: dict[str, User]) -> Review:
    ana = people["ana"]
    review = protocol.open_review(title=story.TITLE, by=ana, slug=story.SLUG, question=story.QUESTION)
    protocol.amend_protocol(review=review, by=ana, changes=story.PROTOCOL)
    for kind, element, text in story.CRITERIA:
        protocol.add_criterion(review=review, by=ana, kind=kind, element=element, text=text)
    for label in story.REASONS:
        protocol.add_exclusion_reason(review=review, by=ana, label=label)
    protocol.add_outcome(review=review, by=ana, **story.OUTCOME)
    for name, _, role in story.TEAM:
        user = people[name.split()[0].lower()]
        if user != ana:
            protocol.add_member(review=review, user=user, role=role, by=ana)
    return review


def _import(file: str, search: dict) -> Step:
    def step(review: Review, people: dict[str, User]) -> None:
        found = finding.add_search(review=review, by=people["ana"], **search)
        with (DATA / file).open("rb") as handle:
            batch = finding.import_file(
                review=review, search=found, file=File(handle, file), by=people["ana"]
            )
        assert batch.job is not None  # a stored file is always queued for reading
        perform(batch.job.pk)
        batch.refresh_from_db()
        if not batch.records_read:
            batch.job.refresh_from_db()
            raise RuntimeError(f"The demo file {file} could not be imported: {batch.job.error}")

    return step


def _deduplicate(review: Review, people: dict[str, User]) -> None:
    """The certain pairs are merged; an uncertain one would wait for the visitor."""
    perform(finding.request_deduplication(review=review, by=people["ana"]).pk)


STEPS: dict[str, Step] = {
    "480 references of the Metapsy data base": _import("metapsy_references.ris", story.METAPSY),
    "12 records known to the team": _import("known_trials.ris", story.KNOWN),
    "duplicates found and merged": _deduplicate,
    "titles screened by two people": screeners.screen_titles,
    "an order learned from the votes": screeners.put_in_order,
    "full texts": screeners.screen_full_texts,
    "studies": screeners.name_studies,
    "risk of bias by two assessors": evidence.assess,
    "extraction": evidence.extract,
    "analysis plans": evidence.plan,
    "certainty by two raters": certainty.grade,
}
