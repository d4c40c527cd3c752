"""The whole review as an archive, among the exports: made in the background, for owners and managers."""

from collections.abc import Iterator

from reporting.archive.writer import PIECE, to_file
from reporting.exports.shape import Export, NotForRole, Option, Tell
from reviews.models import Membership
from reviews.permissions import Permission

NAMES = "names"
PEOPLE = Option(
    "people",
    "People",
    [(NAMES, "With names and e-mail addresses")],
    nothing="Without names",
    help="Without names, people are “Person 1”, “Person 2” … in the archive. What they wrote stays as they wrote it.",
)


def require(membership: Membership) -> None:
    """Raise NotForRole unless the member may take the whole review, unblinded."""
    if Permission.PUBLISH not in membership.may:
        role = membership.get_role_display().lower()
        raise NotForRole(
            f"An archive holds every vote of everybody, also where they are blinded; your role, {role}, may not take "
            "one. Ask an owner or manager."
        )


def as_zip(membership: Membership, *, people: str = "", tell: Tell) -> Iterator[bytes]:
    """The archive in pieces, once all of it is made."""
    require(membership)
    made, _ = to_file(membership.review, people=people == NAMES, tell=tell)
    with made:
        while piece := made.read(PIECE):
            yield piece


ARCHIVE = Export(
    "Archive",
    "The whole review with its files, for another installation of this application: every vote of everybody, so it "
    "is for owners and managers alone.",
    {"zip": as_zip},
    (PEOPLE,),
    long=True,
    needs=Permission.PUBLISH,
)
