"""List the extraction forms of a review; make, export, import, pilot and publish them."""

import csv
import io
import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction import services
from extraction.form_schema import CODEBOOK_COLUMNS, STANDARD, codebook
from extraction.models import Form, FormVersion
from reviews.command import ServiceCommand, find_member, find_review, read_whole, write_whole
from reviews.models import Review, User
from reviews.permissions import Permission
from reviews.safe_csv import safe_cell
from screening.models import Study


class Command(ServiceCommand):
    help = (
        "List the extraction forms; make one, write one or its codebook to a file, read one from a file into the "
        "draft, pilot it, publish it, or move extractions to the newer version."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--form", metavar="NAME", help="The form by its name; not needed if there is one."
        )
        parser.add_argument("--make", metavar="NAME", help="Make a form, from --file if given.")
        parser.add_argument("--rename", metavar="NAME", help="Give the form another name.")
        parser.add_argument(
            "--design", action="append", choices=Study.Design.values, metavar="DESIGN", dest="designs"
        )
        parser.add_argument("--every-design", action="store_true", help="The form is for every study.")
        parser.add_argument("--move", choices=["up", "down"], help="Earlier or later among the forms.")
        parser.add_argument("--import", action="store_true", help="Put --file in the place of the draft.")
        parser.add_argument("--file", metavar="JSON", help="A form as JSON, for --make and --import.")
        parser.add_argument(
            "--section", choices=list(STANDARD), help="Add a ready-made section to the draft."
        )
        parser.add_argument("--undo", action="store_true", help="Take back the last change of the draft.")
        parser.add_argument(
            "--pilot", type=int, metavar="K", help="Pilot the draft on K studies drawn at random."
        )
        parser.add_argument(
            "--pilot-study", action="append", metavar="LABEL", dest="labels", help="Pilot on these."
        )
        parser.add_argument("--seed", type=int, help="Of the draw of --pilot.")
        parser.add_argument("--end-pilot", action="store_true")
        parser.add_argument("--publish", action="store_true", help="Publish the draft or the pilot.")
        parser.add_argument("--note", default="", help="What changed, with --publish.")
        parser.add_argument("--begin", action="store_true", help="Begin the next version.")
        parser.add_argument("--discard", action="store_true", help="Throw the draft away.")
        parser.add_argument("--retire", action="store_true", help="Take the form out of use.")
        parser.add_argument("--restore", action="store_true", help="Use the form again.")
        parser.add_argument(
            "--take-over", action="store_true", help="Move the extractions that lose nothing."
        )
        parser.add_argument("--export", metavar="FILE", help="Write the newest version as JSON.")
        parser.add_argument(
            "--codebook", metavar="FILE", help="Write the codebook of the newest version as CSV."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        if options["take_over"]:
            member = find_member(review, options["by"], Permission.EXTRACT)
            done = services.take_over_everywhere(membership=member, by=member.user)
            return {"moved": [move.extraction.pk for move in done]}, f"{len(done)} extractions moved."
        if options["export"] or options["codebook"]:
            find_member(review, options["by"], Permission.VIEW)
            return _write(_found(review, options["form"]), options)
        if asked := next((name for name in ACTIONS if options.get(name) not in (None, False)), None):
            by = find_member(review, options["by"], Permission.AMEND_PROTOCOL).user
            ACTIONS[asked](review, options, by)
        return _listed(review)


def _make(review: Review, options: dict, by: User) -> None:
    services.create_form(
        review=review,
        name=options["make"],
        designs=options["designs"] or (),
        by=by,
        **_schema(options, needed=False),
    )


def _rename(review: Review, options: dict, by: User) -> None:
    services.rename_form(form=_found(review, options["form"]), name=options["rename"], by=by)


def _designs(review: Review, options: dict, by: User) -> None:
    services.set_form_designs(form=_found(review, options["form"]), designs=options["designs"] or (), by=by)


def _move(review: Review, options: dict, by: User) -> None:
    services.move_form(form=_found(review, options["form"]), to=options["move"], by=by)


def _import(review: Review, options: dict, by: User) -> None:
    version = services.begin_draft(form=_found(review, options["form"]), by=by)
    did = f"put in the form of the file {options['file'] or ''}"
    services.save_draft(version=version, by=by, seen_version=version.version, did=did, **_schema(options))


def _section(review: Review, options: dict, by: User) -> None:
    version = services.begin_draft(form=_found(review, options["form"]), by=by)
    services.add_standard_section(
        version=version, key=options["section"], by=by, seen_version=version.version
    )


def _undo(review: Review, options: dict, by: User) -> None:
    version = _open(review, options)
    services.undo_edit(version=version, by=by, seen_version=version.version)


def _pilot(review: Review, options: dict, by: User) -> None:
    labels = options["labels"] or []
    studies = list(Study.objects.current().filter(review=review, label__in=labels))
    if unknown := set(labels) - {study.label for study in studies}:
        raise CommandError(f"'{review.slug}' has no study called {', '.join(sorted(unknown))}.")
    version, k = _open(review, options), options["pilot"]
    services.start_pilot(version=version, studies=studies, k=k, seed=options["seed"], by=by)


def _end_pilot(review: Review, options: dict, by: User) -> None:
    services.end_pilot(version=_open(review, options), by=by)


def _publish(review: Review, options: dict, by: User) -> None:
    version = _open(review, options)
    services.publish_form(version=version, by=by, seen_version=version.version, note=options["note"])


def _begin(review: Review, options: dict, by: User) -> None:
    services.begin_draft(form=_found(review, options["form"]), by=by)


def _discard(review: Review, options: dict, by: User) -> None:
    services.discard_draft(version=_open(review, options), by=by)


def _retire(review: Review, options: dict, by: User) -> None:
    services.retire_form(form=_found(review, options["form"]), by=by)


def _restore(review: Review, options: dict, by: User) -> None:
    services.restore_form(form=_found(review, options["form"]), by=by)


#: {option: what it does}, the first that is given counts.
ACTIONS = {
    "make": _make,
    "import": _import,
    "section": _section,
    "undo": _undo,
    "pilot": _pilot,
    "labels": _pilot,
    "end_pilot": _end_pilot,
    "publish": _publish,
    "begin": _begin,
    "discard": _discard,
    "retire": _retire,
    "restore": _restore,
    "rename": _rename,
    "move": _move,
    "designs": _designs,
    "every_design": _designs,
}


def _schema(options: dict, needed: bool = True) -> dict:
    if not options["file"]:
        if needed:
            raise CommandError("Name the file with the form: --file form.json.")
        return {}
    try:
        return {"schema": json.loads(read_whole(options["file"]).decode("utf-8-sig"))}
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise CommandError(f"{options['file']} cannot be read as JSON: {error}.") from error


def _found(review: Review, name: str | None) -> Form:
    forms = list(Form.objects.filter(review=review))
    if name is None:
        in_use = [form for form in forms if form.retired_at is None]
        if len(in_use) == 1:
            return in_use[0]
    elif found := [form for form in forms if form.name.lower() == name.strip().lower()]:
        return found[0]
    known = ", ".join(form.name for form in forms) or "none yet"
    raise CommandError(f"Name the form with --form. Forms of '{review.slug}': {known}.")


def _open(review: Review, options: dict) -> FormVersion:
    form = _found(review, options["form"])
    version = form.versions.open().select_related("form__review").first()
    if version is None:
        raise CommandError(f"“{form}” has no draft; begin one with --begin.")
    return version


def _write(form: Form, options: dict) -> tuple[dict, str]:
    version = form.versions.latest("number")
    if options["export"]:
        out = options["export"]
        text = json.dumps({"name": form.name, **version.schema}, ensure_ascii=False, indent=2)
    else:
        out, table = options["codebook"], io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(CODEBOOK_COLUMNS)
        for entry in codebook(version.read()):
            writer.writerow([safe_cell(value) for value in entry.to_dict().values()])
        text = table.getvalue()
    write_whole(out, [text.encode()])
    return {
        "form": form.name,
        "version": version.number,
        "file": out,
    }, f"“{form}”, version {version.number}: {out}"


def _listed(review: Review) -> tuple[dict, str]:
    forms, lines = [], []
    for form in Form.objects.filter(review=review).prefetch_related("versions"):
        states = [
            f"version {version.number} {version.get_state_display().lower()}"
            for version in form.versions.all()
        ]
        told = {
            "name": form.name,
            "designs": form.designs,
            "retired": bool(form.retired_at),
            "versions": states,
        }
        forms.append(told)
        place = ", ".join(form.design_labels) or "every study"
        lines.append(
            f"{form.name} (for {place}{', out of use' if form.retired_at else ''}): {', '.join(states)}"
        )
    return {"forms": forms}, "\n".join(lines) or "There is no form yet: --make NAME."
