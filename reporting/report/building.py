"""Puts the parts of the report together."""

from reporting.report.ending import write_ending
from reporting.report.front import write_front
from reporting.report.methods import write_methods
from reporting.report.results import write_results
from reporting.report.source import Source, Tell
from reviews.documents import word
from reviews.models import Membership


def quiet(done: int, total: int, message: str) -> None:
    """Tells nobody."""


def build_report(membership: Membership, *, prompts: bool = True, tell: Tell = quiet) -> bytes:
    """The report. ``prompts``: with what the authors still have to write named in its place."""
    source = Source(membership, prompts)
    document = word.new_document(membership.review.title)
    tell(0, 0, "Title page and abstract")
    write_front(document, source)
    tell(0, 0, "Methods")
    write_methods(document, source)
    write_results(document, source, tell)
    tell(0, 0, "References and appendices")
    write_ending(document, source)
    return word.save(document)
