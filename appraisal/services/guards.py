"""What the verbs share: their refusals, the lock on a study, and who may change which assessment."""

from appraisal.instruments import Domain, Tool
from appraisal.models import Assessment, Judgement
from appraisal.registry import UnknownInstrument
from reviews.errors import Refused
from reviews.models import User
from screening.models import FullText, Study


class NotYours(Refused):
    """Somebody else's assessment, or a gesture this role does not have."""

    status = 403


class Incomplete(Refused):
    """Something is still to be answered or judged, or a second assessment is missing."""


class AlreadySettled(Refused):
    """Too late: the assessment is complete, or the study has its consensus."""


class NeedsReason(Refused):
    """A judgement that differs from the tool's proposal says why."""


class BadTool(Refused):
    """A tool of one's own, or the choice of tools, that cannot be as given."""


def lock(study: Study) -> None:
    """Whoever starts, changes or settles an assessment of this study waits for the one before."""
    Study.objects.select_for_update().get(pk=study.pk)


def own(assessment: Assessment, by: User) -> Assessment:
    """The assessment as it is now, locked; refused unless it is the independent one of ``by``."""
    lock(assessment.study)
    fresh = Assessment.objects.select_related("study", "review", "assessor", "outcome")
    assessment = fresh.prefetch_related("judgements", "answers").get(pk=assessment.pk)
    if assessment.is_consensus:
        raise NotYours("A consensus is changed on the page that compares the assessments.")
    if assessment.assessor_id != by.pk:
        raise NotYours(f"Only {assessment.assessor} may change this assessment.")
    return assessment


def own_draft(assessment: Assessment, by: User) -> Assessment:
    assessment = own(assessment, by)
    require_draft(assessment)
    return assessment


def require_draft(assessment: Assessment) -> None:
    if assessment.is_complete:
        raise AlreadySettled("This assessment is complete. Reopen it to change it.")
    agreed = Assessment.objects.alike(assessment).consensus()
    if agreed.filter(tool_version__gte=assessment.tool_version).exists():
        raise AlreadySettled(f"The risk of bias of {assessment.about} was agreed on without this draft.")


def domain_of(tool: Tool, key: str) -> Domain:
    try:
        return tool.domain(key)
    except KeyError:
        known = ", ".join(domain.key for domain in tool.domains)
        raise UnknownInstrument(f"{tool.name} has no domain '{key}'. Its domains: {known}.") from None


def check_level(tool: Tool, domain: str, value: str) -> None:
    """Refuse a level that cannot be chosen for this domain, or overall; "" is none."""
    if domain == Judgement.OVERALL:
        if not tool.judges_overall:
            raise UnknownInstrument(f"{tool.name} has no overall judgement.")
        place, known = "the overall judgement", {level.key for level in tool.overall_choices}
    else:
        found = domain_of(tool, domain)
        place, known = found.label.lower(), {level.key for level in tool.levels_of(found)}
    if value and value not in known:
        raise UnknownInstrument(
            f"'{value}' is not a judgement of {place} in {tool.name}. Choose one of: {', '.join(sorted(known))}."
        )


def check_answer(tool: Tool, question: str, value: str) -> None:
    """Refuse a question the tool does not have or an answer it does not offer; "" is none."""
    try:
        asked = tool.question(question)
    except KeyError:
        known = ", ".join(each.key for each in tool.questions) or "none; it is judged domain by domain"
        raise UnknownInstrument(
            f"{tool.name} has no question '{question}'. Its questions: {known}."
        ) from None
    offered = [code for code, _ in asked.choices]
    if value and value not in offered:
        raise UnknownInstrument(
            f"'{value}' is not an answer to question {question} of {tool.name}. Choose one of: {', '.join(offered)}."
        )


def check_direction(tool: Tool, direction: str) -> None:
    """Refuse a direction of bias that is unknown, or where the tool asks for none; "" is none."""
    if not direction:
        return
    if not tool.per_result:
        raise UnknownInstrument(f"{tool.name} does not ask for the direction of bias.")
    if direction not in Judgement.Direction.values:
        raise UnknownInstrument(
            f"'{direction}' is not a direction. Choose one of: {', '.join(Judgement.Direction.values)}."
        )


def check_full_text(study: Study, full_text: FullText | None) -> None:
    """A quote stands in a report of the very study."""
    if full_text and not study.reports.filter(record=full_text.record_id).exists():
        raise Refused(
            f"That report does not belong to {study}. Choose one of its own reports.", field="full_text"
        )
