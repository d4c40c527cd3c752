"""What every management command of a review needs: which review, who acts, and trouble told in a sentence."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from reviews.errors import Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Permission, Role


def find_review(slug: str) -> Review:
    """The review called ``slug``, or a CommandError that lists what there is."""
    review = Review.objects.filter(slug=slug).first()
    if review is None:
        known = ", ".join(Review.objects.values_list("slug", flat=True)[:10]) or "none yet"
        raise CommandError(f"There is no review '{slug}'. Reviews here: {known}.")
    return review


def find_member(review: Review, email: str | None, may: Permission | None = None) -> Membership:
    """The membership of ``email``, or the owner's when no address is given.

    CommandError for somebody who is no member, or whose role lacks ``may``.
    """
    members = Membership.objects.filter(review=review, left_at=None).select_related("user", "review")
    member = (
        members.filter(role=Role.OWNER.value).order_by("pk").first()
        if email is None
        else members.filter(user__email__iexact=email.strip()).first()
    )
    if member is None and email is None:
        raise CommandError(f"'{review.slug}' has no owner who could act: name a member by e-mail address.")
    if member is None:
        raise CommandError(f"{email or 'Nobody'} is not a member of '{review.slug}'.")
    if may is not None and may not in member.may:
        role = member.get_role_display().lower()
        raise CommandError(
            f"{member.user.email} is {role} of '{review.slug}'; that role lacks the right to {may.label.lower()}."
        )
    return member


def find_actor(review: Review, email: str | None, may: Permission | None = None) -> User:
    """The person of ``find_member``."""
    return find_member(review, email, may).user


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Refusals, files that cannot be read and a database that is not ready end the command with one sentence.

    ``--traceback`` shows where it happened.
    """
    try:
        yield
    except Refused as refusal:
        raise CommandError(str(refusal)) from refusal
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise CommandError(f"{place}{error.strerror or error}.") from error
    except (OperationalError, ProgrammingError) as error:
        said = " ".join(str(error).split()).rstrip(".?")
        raise CommandError(
            f"The database cannot do this: {said}. Is it the right one (DATABASE_URL, VAR_DIR), is it running, "
            "and has 'manage.py migrate' been run?"
        ) from error


def read_whole(path: str) -> bytes:
    """The bytes of a file a person named, no more of them than an upload may have."""
    limit = settings.UPLOAD_LIMIT_BYTES
    with Path(path).open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise CommandError(
            f"{path} is larger than {limit // 1024**2} MB (UPLOAD_LIMIT_MB); send it in parts."
        )
    return data


def write_whole(out: str, pieces: Iterable[bytes]) -> str:
    """Write the file named by ``--out`` and return its SHA-256; after an error no half of it is left.

    What is not a regular file, such as a pipe or /dev/stdout, is written as the pieces come.
    """
    if out in {"", "-"}:
        raise CommandError("Give --out the name of a file; /dev/stdout prints it.")
    target = Path(out).resolve()
    special = out.startswith("/dev/") or (target.exists() and not target.is_file())
    scratch = Path(out) if special else target.with_name(f".{target.name}.part")
    digest = hashlib.sha256()
    try:
        with scratch.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        if not special:
            os.replace(scratch, target)
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror or error}.") from error
    finally:
        if not special and scratch.is_file():
            scratch.unlink()
    return digest.hexdigest()


class ServiceCommand(BaseCommand):
    """A command that calls one service: ``--json`` and refusals are dealt with here.

    Subclasses write ``act(**options)``, which returns what was done twice: as data for ``--json`` and as a sentence.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            data, sentence = self.act(**options)
        self.stdout.write(json.dumps(data) if options["json"] else sentence)

    def act(self, **options: Any) -> tuple[dict, str]:
        raise NotImplementedError
