"""List assessments, and do with one what its page does."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from appraisal import services
from appraisal.api.serializers import AssessmentOut, ConsensusIn
from appraisal.judged import levels_for
from appraisal.management.options import add_place, find_place
from appraisal.models import Assessment
from appraisal.proposing import gaps, proposals_of, shown_in
from reviews.command import ServiceCommand, find_member, find_review, read_whole
from reviews.models import Membership
from reviews.permissions import Permission
from screening.models import Study

#: Options that name one gesture on the assessment of --id.
GESTURES = (
    "answer",
    "judge",
    "together",
    "accept_proposals",
    "name_result",
    "complete",
    "reopen",
    "take_over_version",
    "discard",
)


class Command(ServiceCommand):
    help = (
        "List the risk-of-bias assessments that the person who acts may see; or start one, answer, judge, complete, "
        "reopen, throw away, settle a consensus, or list what was agreed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--study", metavar="LABEL")
        parser.add_argument("--instrument", metavar="KEY")
        add_place(parser)
        parser.add_argument("--outdated", action="store_true", help="Only those made with an older version.")
        parser.add_argument("--levels", action="store_true", help="What was agreed, study by study.")
        parser.add_argument(
            "--start", action="store_true", help="Start one's own of --study (and --outcome)."
        )
        parser.add_argument("--consensus", metavar="JSON", help="Settle on what this file says.")
        parser.add_argument("--id", type=int, metavar="ID", help="The assessment; alone: how it stands.")
        parser.add_argument("--answer", nargs=2, metavar=("QUESTION", "ANSWER"))
        parser.add_argument("--judge", nargs=2, metavar=("DOMAIN", "LEVEL"), help='A domain, or "overall".')
        parser.add_argument("--support", default="", help="With --answer or --judge.")
        parser.add_argument("--quote", default="", help="With --answer or --judge: words of the report.")
        parser.add_argument("--page", default="", help="With --quote.")
        parser.add_argument("--reason", default="", help="With --judge: why not as proposed.")
        parser.add_argument("--direction", default="", help="With --judge: where the bias points.")
        parser.add_argument("--together", choices=["yes", "no"], help="Whether several concerns add up.")
        parser.add_argument("--accept-proposals", action="store_true")
        parser.add_argument(
            "--name-result", metavar="WORDS", help='For example "SMD -0.4"; also with --start.'
        )
        parser.add_argument("--complete", action="store_true")
        parser.add_argument("--reopen", action="store_true")
        parser.add_argument("--take-over-version", action="store_true")
        parser.add_argument("--discard", action="store_true", help="Throw one's own draft away.")

    def act(self, **options: Any) -> tuple[dict, str]:
        wanted = [name for name in GESTURES if options[name] not in (None, False)]
        acts = options["start"] or options["consensus"] or wanted
        member = find_member(
            find_review(options["review"]), options["by"], Permission.ASSESS if acts else Permission.VIEW
        )
        if options["levels"]:
            return _levels(member, options)
        if options["start"]:
            return _start(member, options)
        if options["consensus"]:
            return _settle(member, options["consensus"])
        if options["id"] is None:
            if wanted:
                raise CommandError(f"--{wanted[0].replace('_', '-')} needs --id, the id of the assessment.")
            return _listed(member, options)
        mine = _find(member, options["id"])
        return _gesture(member, mine, options, wanted) if wanted else _stand(mine)


def _gesture(
    member: Membership, mine: Assessment, options: dict[str, Any], wanted: list[str]
) -> tuple[dict, str]:
    if len(wanted) > 1:
        names = " or ".join(f"--{name.replace('_', '-')}" for name in wanted)
        raise CommandError(f"One thing at a time: {names}.")
    asked: dict[str, Any] = {"assessment": mine, "by": member.user}
    words: dict[str, Any] = {name: options[name] for name in ("support", "quote", "page")}
    match wanted[0]:
        case "answer":
            question, value = options["answer"]
            services.answer_question(**asked, question=question, value=value, **words)
        case "judge":
            domain, value = options["judge"]
            more = {"override_reason": options["reason"], "direction": options["direction"]}
            services.judge(**asked, domain=domain, value=value, **words, **more)
        case "together":
            services.say_together(**asked, yes=options["together"] == "yes")
        case "name_result":
            services.name_result(**asked, result_label=options["name_result"])
        case "accept_proposals":
            services.accept_proposals(**asked)
        case "complete":
            services.complete_assessment(**asked)
        case "reopen":
            services.reopen(**asked)
        case "take_over_version":
            services.take_over_version(**asked)
        case "discard":
            services.discard_assessment(**asked)
            return {"discarded": options["id"]}, f"Draft {options['id']} is thrown away."
    return _stand(_find(member, options["id"]))


def _start(member: Membership, options: dict[str, Any]) -> tuple[dict, str]:
    if not options["study"] or not options["instrument"]:
        raise CommandError("--start needs --study and --instrument.")
    mine = services.start_assessment(
        study=_study(member, options["study"]),
        instrument=options["instrument"],
        assessor=member.user,
        result_label=options["name_result"] or "",
        **find_place(member.review, options),
    )
    return _stand(_find(member, mine.pk))


def _settle(member: Membership, path: str) -> tuple[dict, str]:
    try:
        data = json.loads(read_whole(path))
    except ValueError as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    given = ConsensusIn(data=data, context={"review": member.review})
    if not given.is_valid():
        faults = "; ".join(f"{name}: {' '.join(map(str, said))}" for name, said in given.errors.items())
        raise CommandError(f"{path}: {faults}")
    agreed = services.reconcile(by=member.user, **given.validated_data)
    return _stand(_find(member, agreed.pk))


def _stand(one: Assessment) -> tuple[dict, str]:
    """One assessment as the API tells it, with what is proposed and missing."""
    missing = gaps(one).sentences
    proposed = {key: {"level": each.level, "why": each.why} for key, each in proposals_of(one).items()}
    told = {"assessment": _told(one), "shown": shown_in(one), "proposals": proposed, "missing": missing}
    lines = [f"Assessment {one.pk} of {one.about} with {one.tool.name}: {one.get_state_display().lower()}."]
    lines += [f"{one.domain}: {one.value or '-'}" for one in one.judgements.all()]
    return told, "\n".join([*lines, *missing])


def _listed(member: Membership, options: dict[str, Any]) -> tuple[dict, str]:
    found = _visible(member)
    if options["study"]:
        found = found.filter(study=_study(member, options["study"]))
    if options["instrument"]:
        found = found.filter(instrument=options["instrument"])
    if options["outcome"]:
        place = find_place(member.review, options)
        found = found.filter(outcome=place["outcome"])
        found = found.filter(time_point=place["time_point"]) if place["time_point"] else found
    told = [dict(row) for row in AssessmentOut(found, many=True).data]
    if options["outdated"]:
        told = [row for row in told if row["outdated"]]
    lines = [
        f"{row['id']}: {row['study_label']}{', ' + row['outcome_name'] if row['outcome_name'] else ''}"
        f"{' at ' + row['time_point'] if row['time_point'] else ''}, {row['instrument']}, {row['kind']}, "
        f"{row['state']}, {row['assessor_name']}{' (older version)' if row['outdated'] else ''}"
        for row in told
    ]
    return {"assessments": told}, "\n".join(lines) or "There are no assessments to see."


def _levels(member: Membership, options: dict[str, Any]) -> tuple[dict, str]:
    place = find_place(member.review, options)
    found = levels_for(member.review, **place, instrument=options["instrument"])
    labels = dict(Study.objects.filter(pk__in=found).values_list("pk", "label"))
    told: list[dict[str, Any]] = [
        {"study": labels[study], "instrument": each.tool.key, "values": dict(each.values)}
        | {"overall": each.overall, "source": each.source, "assessment": each.assessment_id}
        for study, each in found.items()
    ]
    told.sort(key=lambda row: row["study"])
    lines = [
        f"{row['study']}: {row['overall'] or ', '.join(f'{k} {v}' for k, v in row['values'].items())} "
        f"({row['instrument']}, of the {row['source']})"
        for row in told
    ]
    return {"levels": told}, "\n".join(lines) or "Nothing was agreed yet."


def _told(one: Assessment) -> dict:
    return dict(AssessmentOut(one).data)


def _visible(member: Membership):
    visible = Assessment.objects.visible_to(member).select_related("study", "outcome", "assessor", "review")
    return visible.prefetch_related("judgements", "answers")


def _find(member: Membership, pk: int) -> Assessment:
    found = _visible(member).filter(pk=pk).first()
    if found is None:
        raise CommandError(
            f"There is no assessment {pk} that {member.user} may see. List them with: "
            f"manage.py assessments --review {member.review.slug} --by {member.user.email}"
        )
    return found


def _study(member: Membership, label: str) -> Study:
    found = Study.objects.filter(review=member.review, label__iexact=label.strip()).first()
    if found is None:
        raise CommandError(f"There is no study '{label}' in {member.review.slug}.")
    return found
