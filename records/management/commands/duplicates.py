"""What a person decides about duplicates, from the shell: the same services as the pages."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.management.base import CommandError, CommandParser

from records import ledger, services
from records.compare import arguments, likeness
from records.formats import write_ris
from records.models import DuplicateCandidate, Record
from records.queue import pairs_to_decide
from reviews.command import ServiceCommand, find_actor, find_review, write_whole
from reviews.downloads import csv_lines
from reviews.models import Review, User
from reviews.permissions import Permission

State = DuplicateCandidate.State
Told = tuple[dict, str]


class Asked(NamedTuple):
    """What the command line says."""

    review: Review
    by: User
    ids: list[int]
    options: dict[str, Any]

    def one(self, what: str) -> int:
        if len(self.ids) != 1:
            raise CommandError(f"Give the number of one {what}.")
        return self.ids[0]

    def pair(self) -> DuplicateCandidate:
        pk = self.one("pair")
        found = self.review.duplicate_candidates.select_related("left", "right").filter(pk=pk).first()
        if found is None:
            raise CommandError(
                f"There is no pair {pk} in '{self.review.slug}'. The verb list names those that wait."
            )
        return found

    def record(self, pk: int | None = None) -> Record:
        pk = self.one("record") if pk is None else pk
        found = self.review.records.live().select_related("review", "duplicate_of").filter(pk=pk).first()
        if found is None:
            raise CommandError(f"There is no record {pk} in '{self.review.slug}'.")
        return found

    def number(self, name: str) -> float:
        value = self.options[name]
        if value is None:
            raise CommandError(f"Give --{name.replace('_', '-')}.")
        return value


def list_pairs(asked: Asked) -> Told:
    queue = pairs_to_decide(asked.review)
    pairs = asked.review.duplicate_candidates.select_related("left", "right").in_bulk(list(queue))
    rows = [_pair(pairs[pk]) for pk in queue]
    lines = [
        f"{row['pair']}  {row['score']:.2f}  {row['likeness']}: records {row['left']} and {row['right']}, "
        f"{row['title']}" for row in rows
    ]  # fmt: skip
    return {"pairs": rows}, "\n".join(lines) or "No pair waits for a decision."


def _pair(pair: DuplicateCandidate) -> dict:
    reasons_for, reasons_against = arguments(pair)
    return {
        "pair": pair.pk,
        "score": pair.score,
        "likeness": likeness(pair.score),
        "left": pair.left_id,
        "right": pair.right_id,
        "title": pair.left.title,
        "for": reasons_for,
        "against": reasons_against,
    }


def merge_pair(asked: Asked) -> Told:
    pair, keep = asked.pair(), asked.options["keep"]
    primary = asked.record(keep) if keep else None
    kept = services.merge_candidate(
        candidate=pair, by=asked.by, primary=primary, anyway=asked.options["anyway"]
    )
    return {"pair": pair.pk, "kept": kept.pk}, f"merged, record {kept.pk} stays"


def tell_apart(asked: Asked) -> Told:
    pair = asked.pair()
    services.mark_distinct(candidate=pair, by=asked.by)
    return {"pair": pair.pk, "state": State.DISTINCT}, "not a duplicate"


def link(asked: Asked) -> Told:
    pair = asked.pair()
    services.link_reports(candidate=pair, by=asked.by)
    return {"pair": pair.pk, "state": State.LINKED}, "linked as two reports of one study"


def reopen(asked: Asked) -> Told:
    pair = asked.pair()
    services.reopen_candidate(candidate=pair, by=asked.by)
    return {"pair": pair.pk, "state": State.WAITING}, "undone, the pair waits again"


def accept(asked: Asked) -> Told:
    score = asked.number("score")
    if asked.options["preview"]:
        found = services.what_merges_above(asked.review, score)
        told: dict[str, Any] = {"score": score, "pairs": found.count, "left_out": found.left_out}
        told |= {"objections": dict(found.objections), "lowest": [_pair(pair) for pair in found.lowest]}
        return told, f"{found.count} pairs would be merged, {found.left_out} are left out"
    lot = services.merge_all_above(review=asked.review, score=score, by=asked.by)
    count = len(lot.detail["pairs"])
    return {"lot": lot.pk, "pairs": count}, f"{count} pairs merged; 'undo-accepted {lot.pk}' takes them back"


def undo_accepted(asked: Asked) -> Told:
    event = asked.review.events.filter(pk=asked.one("lot")).first()
    if event is None:
        raise CommandError(f"There is no lot {asked.ids[0]} in '{asked.review.slug}'.")
    undone = services.undo_lot(review=asked.review, event=event, by=asked.by)
    return {"lot": event.pk, "pairs": undone}, f"{undone} pairs wait again"


def thresholds(asked: Asked) -> Told:
    now = services.thresholds_of(asked.review)
    given = {name: asked.options[name] for name in now._fields if asked.options[name] is not None}
    if not given:
        return now._asdict(), f"merged from {now.merge_at:g}, asked from {now.ask_at:g}"
    levels = now._asdict() | given
    if asked.options["preview"]:
        change = services.what_thresholds_change(asked.review, **levels)
        told = services.try_thresholds(review=asked.review, **levels)
    else:
        change, told = services.set_thresholds(review=asked.review, by=asked.by, **levels), {}
    told |= levels | {"merged": len(change.merges), "parted": len(change.parts), "warnings": change.warnings}
    done = "would be" if asked.options["preview"] else "are"
    said = [
        f"{len(change.merges)} waiting pairs {done} merged, {len(change.parts)} merged by rule {done} parted"
    ]
    if asked.options["preview"]:
        said.append(f"a search would find {told['questions']} new questions")
    return told, "; ".join(said + change.warnings)


def lead(asked: Asked) -> Told:
    record = services.choose_primary(record=asked.record(), by=asked.by, anyway=asked.options["anyway"])
    return {"leads": record.pk}, f"record {record.pk} stands for its group"


def values(asked: Asked) -> Told:
    chosen = {}
    for item in asked.options["value"] or []:
        name, _, pk = item.partition("=")
        if not pk.isdecimal():
            raise CommandError(f"--value {item}: write it as field=record, for example title=12.")
        chosen[name] = int(pk)
    record = services.choose_values(record=asked.record(), values=chosen, by=asked.by)
    return {"record": record.pk, "corrected": sorted(record.original)}, f"record {record.pk} says so now"


def take_out(asked: Asked) -> Told:
    linked = asked.options["linked"]
    record = services.split(record=asked.record(), by=asked.by, linked=linked)
    return {"record": record.pk, "linked": linked}, f"record {record.pk} stands for itself"


def dissolve(asked: Asked) -> Told:
    event = services.dissolve(record=asked.record(), by=asked.by)
    members = event.detail["members"]
    return {"kept": event.detail["kept"], "members": members}, f"{len(members)} records stand for themselves"


def together(asked: Asked) -> Told:
    records = [asked.record(pk) for pk in asked.ids]
    if not records:
        raise CommandError("Give the numbers of the records; the first one stays.")
    kept = services.merge(
        review=asked.review, records=records, primary=records[0], by=asked.by, anyway=asked.options["anyway"]
    )
    return {"kept": kept.pk, "records": asked.ids}, f"merged, record {kept.pk} stays"


def export(asked: Asked) -> Told:
    out = asked.options["out"]
    if not out or not out.endswith((".csv", ".ris")):
        raise CommandError(
            "Give --out the name of a file that ends in .csv (the ledger) or .ris (the removed records)."
        )
    rows = asked.review.records.duplicates().count()
    lines = (
        csv_lines(ledger.HEADER, ledger.rows(asked.review))
        if out.endswith(".csv")
        else write_ris(ledger.removed(asked.review))
    )
    sha256 = write_whole(out, (line.encode() for line in lines))
    return {"out": out, "records": rows, "sha256": sha256}, f"{rows} removed records written to {out}"


VERBS: dict[str, Callable[[Asked], Told]] = {
    "list": list_pairs,
    "merge": merge_pair,
    "distinct": tell_apart,
    "link": link,
    "reopen": reopen,
    "accept": accept,
    "undo-accepted": undo_accepted,
    "thresholds": thresholds,
    "lead": lead,
    "values": values,
    "take-out": take_out,
    "dissolve": dissolve,
    "together": together,
    "export": export,
}


class Command(ServiceCommand):
    help = "Decide pairs and groups of duplicates, set the thresholds, and export what was removed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="A pair, a record or a lot.")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who decides; the review's owner if not given.")
        parser.add_argument(
            "--keep", type=int, metavar="ID", help="merge: the record of the pair that stays."
        )
        parser.add_argument("--score", type=float, help="accept: every waiting pair from this score up.")
        parser.add_argument("--merge-at", type=float, help="thresholds: merge by itself from this score.")
        parser.add_argument("--ask-at", type=float, help="thresholds: ask a person from this score.")
        parser.add_argument(
            "--preview", action="store_true", help="accept, thresholds: only say what would change."
        )
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="merge, lead, together: also when a settled outcome counts no more.",
        )
        parser.add_argument(
            "--linked", action="store_true", help="take-out: another report of the same study."
        )
        parser.add_argument(
            "--value",
            action="append",
            metavar="FIELD=ID",
            help="values: whose value of a field stands; may be repeated.",
        )
        parser.add_argument("--out", metavar="FILE", help="export: a .csv (the ledger) or a .ris file.")

    def act(self, **options: Any) -> Told:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.DEDUPLICATE)
        return VERBS[options["verb"]](Asked(review, by, options["ids"], options))
