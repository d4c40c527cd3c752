"""The Word report among the exports."""

from collections.abc import Iterable

from reporting.exports.shape import Option, Tell, quiet
from reporting.report.building import build_report
from reviews.models import Membership

WITHOUT = "without"
PROMPTS = Option(
    "prompts",
    "What the authors still have to write",
    ((WITHOUT, "Leave it out"),),
    nothing="Name it in its place",
    help="Background, discussion, support and competing interests are not kept here.",
)


def as_docx(membership: Membership, *, prompts: str = "", tell: Tell = quiet) -> Iterable[bytes]:
    """The whole review as one document."""
    yield build_report(membership, prompts=prompts != WITHOUT, tell=tell)
