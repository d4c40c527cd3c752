"""Where the extraction of each study stands."""

from collections import Counter
from typing import Any

from django.core.management.base import CommandParser

from extraction.services import what_blocks
from extraction.stands import State, stands_of
from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission
from screening.models import Study


class Command(ServiceCommand):
    help = "Where each study stands and whose turn it is, as one person may know it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--as", dest="reader", metavar="EMAIL", help="Who reads; the owner if not given.")
        parser.add_argument("--study", metavar="LABEL", help="This study only, with what blocks it.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        membership = find_member(review, options["reader"], Permission.VIEW)
        studies = Study.objects.filter(review=review)
        if options["study"]:
            studies = studies.filter(label=options["study"])
        rows: list[dict[str, Any]] = []
        for one in stands_of(membership, list(studies)):
            row: dict[str, Any] = {"study": one.study.label, "state": one.state.value, "turn": one.turn}
            row |= {"yours": one.yours, "filled": one.filled, "asked": one.asked, "left": one.left}
            row |= {"results": one.results, "to_verify": one.values_to_verify + one.results_to_verify}
            if options["study"]:
                done = one.state == State.COMPLETE
                row["blocks"] = [] if done else what_blocks(one.study, membership.user)
            rows.append(row)
        counted = Counter(State(row["state"]).label for row in rows)
        lines = [f"{row['study']}: {State(row['state']).label}. {row['turn']}".rstrip() for row in rows]
        lines += [sentence for row in rows for sentence in row.get("blocks", [])]
        said = ", ".join(f"{number} {label.lower()}" for label, number in counted.items())
        return {"review": review.slug, "studies": rows}, "\n".join([*lines, said or "No studies yet."])
