"""List labels, make one, and put one on many records."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Count

from records.models import Record
from reviews.command import ServiceCommand, find_member, find_review, read_whole
from reviews.models import Membership
from reviews.tables import Faults, read_table
from screening.models import Label, Labelling
from screening.services.labellings import label_many, unlabel_lot
from screening.services.labels import make_label, merge_labels, restore_label, retire_label


class Command(ServiceCommand):
    help = (
        "List the labels of a review and how many records carry them, as far as the person who acts may see; or "
        "make, retire, restore or merge one, or put one on the records of a CSV file (column record_id)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--make", metavar="NAME", help="Make a label.")
        parser.add_argument(
            "--colour", type=int, default=0, help="1 to 8, for --make; the next one if not given."
        )
        parser.add_argument(
            "--private", action="store_true", help="With --make: only for the person who acts."
        )
        parser.add_argument("--retire", metavar="NAME")
        parser.add_argument("--restore", metavar="NAME", help="Also takes a merge back.")
        parser.add_argument("--merge", nargs=2, metavar=("NAME", "INTO"))
        parser.add_argument("--put", metavar="NAME", help="Put this label on the records of --records.")
        parser.add_argument("--records", metavar="CSV", help="A file with a column record_id.")
        parser.add_argument("--take-back", metavar="LOT", help="Take back what --put did.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["by"])
        if options["make"]:
            label = make_label(
                review=review,
                by=member.user,
                name=options["make"],
                colour=options["colour"],
                private=options["private"],
            )
            return _told(label), f"Made the label “{label}”."
        if options["retire"] or options["restore"]:
            verb = retire_label if options["retire"] else restore_label
            label = verb(label=_find(member, options["retire"] or options["restore"]), by=member.user)
            return _told(label), f"“{label}” is {'retired' if label.retired_at else 'offered'}."
        if options["merge"]:
            name, into = (_find(member, each) for each in options["merge"])
            return _told(merge_labels(label=name, into=into, by=member.user)), f"“{name}” is “{into}” now."
        if options["put"]:
            return _put(member, _find(member, options["put"]), options["records"])
        if options["take_back"]:
            taken = unlabel_lot(review=review, lot=options["take_back"], by=member.user)
            return {"taken_back": taken}, f"Taken off {taken} records."
        return _listed(member)


def _put(member: Membership, label: Label, path: str | None) -> tuple[dict, str]:
    if not path:
        raise CommandError("--put needs --records, a CSV file with a column record_id.")
    table, faults, ids = read_table(path, read_whole(path), required=["record_id"]), Faults(path), set()
    there = set(Record.objects.unique().filter(review=member.review).values_list("pk", flat=True))
    for row in table.rows:
        given = row["record_id"]
        if not given.isdecimal() or int(given) not in there:
            faults.add(row.line, f"“{given[:20]}” is no record of this review.", "record_id")
        else:
            ids.add(int(given))
    faults.raise_if_any()
    chosen = Record.objects.filter(review=member.review, pk__in=ids)
    lot = label_many(review=member.review, label=label, records=chosen, by=member.user)
    answer = {"label": label.name, "taken": lot.taken, "already": lot.already, "lot": str(lot.lot)}
    return (
        answer,
        f"“{label}” put on {lot.taken} records, {lot.already} had it. Take back: --take-back {lot.lot}",
    )


def _listed(member: Membership) -> tuple[dict, str]:
    uses = Labelling.objects.live().visible_to(member).values("label")
    counts = {row["label"]: row["n"] for row in uses.annotate(n=Count("record", distinct=True))}
    rows = [
        _told(label) | {"records": counts.get(label.pk, 0)}
        for label in Label.objects.visible_to(member).order_by("order", "pk")
    ]
    lines = [
        f"{row['name']}{' (private)' if row['private'] else ''}{' (retired)' if row['retired'] else ''}: "
        f"{row['records']} records"
        for row in rows
    ]
    return {"labels": rows}, "\n".join(lines) or "There are no labels yet."


def _told(label: Label) -> dict:
    return {
        "name": label.name,
        "colour": label.colour,
        "private": label.owner_id is not None,
        "retired": label.retired_at is not None,
    }


def _find(member: Membership, name: str) -> Label:
    """A label the person may see, their own one before a shared one of that name."""
    found = Label.objects.visible_to(member).filter(name__iexact=name.strip())
    label = found.filter(owner=member.user).first() or found.first()
    if label is None:
        raise CommandError(
            f"There is no label “{name}”. List them with: manage.py labels --review {member.review.slug}"
        )
    return label
