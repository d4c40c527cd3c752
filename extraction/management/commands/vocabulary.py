"""List the vocabulary of extraction, add to it, and put synonyms together."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction.models import VocabularyTerm
from extraction.services import vocabulary as services
from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.models import Review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "List the words agreed on for interventions, outcomes, populations and scales; add, rename, remove or "
        "merge one, part a synonym, or take in a CSV file (columns kind, name, preferred)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--kind", choices=VocabularyTerm.Kind.values, default="intervention")
        parser.add_argument("--add", metavar="NAME")
        parser.add_argument("--rename", nargs=2, metavar=("NAME", "NEW"))
        parser.add_argument("--remove", metavar="NAME")
        parser.add_argument(
            "--merge", nargs=2, metavar=("NAME", "INTO"), help="NAME becomes a synonym of INTO."
        )
        parser.add_argument("--part", metavar="NAME", help="Take back that NAME is a synonym.")
        parser.add_argument("--file", metavar="CSV", help="Take in the terms of a file.")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, kind = find_review(options["review"]), options["kind"]
        by = find_actor(review, options["by"], Permission.EXTRACT)
        if options["file"]:
            path = options["file"]
            added, merged = services.import_terms(review=review, name=path, data=read_whole(path), by=by)
            return {"added": added, "merged": merged}, f"{added} terms added, {merged} told to be synonyms."
        if options["add"]:
            services.add_term(review=review, kind=kind, name=options["add"], by=by)
        elif options["rename"]:
            old, new = options["rename"]
            services.rename_term(term=_find(review, kind, old), name=new, by=by)
        elif options["merge"]:
            term, into = (_find(review, kind, name) for name in options["merge"])
            services.merge_term(term=term, into=into, by=by)
        elif options["part"]:
            services.unmerge_term(term=_find(review, kind, options["part"]), by=by)
        elif options["remove"]:
            services.remove_term(term=_find(review, kind, options["remove"]), by=by)
        return _listed(review)


def _listed(review: Review) -> tuple[dict, str]:
    rows = [dict(zip(services.HEADER, row, strict=True)) for row in services.rows_of(review)]
    lines = [
        f"{row['kind']}: {row['name']}" + (f" (synonym of {row['preferred']})" if row["preferred"] else "")
        for row in rows
    ]
    return {"terms": rows}, "\n".join(lines) or "There are no terms yet."


def _find(review: Review, kind: str, name: str) -> VocabularyTerm:
    term = review.vocabulary.filter(kind=kind, name__iexact=name.strip()).first()
    if term is None:
        raise CommandError(f"There is no {kind} “{name}” in the vocabulary of '{review.slug}'.")
    return term
