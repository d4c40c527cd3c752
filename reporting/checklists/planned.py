"""Facts on what was to be done: title, protocol, searches, and the methods of every step."""

from collections import Counter

from django.utils.formats import date_format

from analysis.choices import SMALL_STUDY_TESTS, model_label, short
from analysis.engine.methods import INVERSE_VARIANCE, METHOD_NAMES
from analysis.models import Plan
from analysis.wording.methods import SENSITIVITY_WORDS
from appraisal.models import Assessment
from appraisal.registry import tool_at
from certainty.models import Finding
from extraction.form_choice import forms_of
from extraction.form_schema import read_schema
from extraction.models import AuthorContact, ExtractionSettings, Result
from reporting import automation
from reporting.checklists.fact import Fact, Sources, listed, number
from reviews.models import AuditEvent, Criterion
from reviews.services.protocol import AMENDMENT
from screening.models import StageSettings

KIND = Plan.Kind
DISPLAY = {
    KIND.PAIRWISE: "forest plots",
    KIND.NETWORK: "a network graph and a league table",
    KIND.NARRATIVE: "an effect direction plot",
}


def titled(*wanted: str):
    """A fact on whether the title names the kind of review."""

    def fact(of: Sources) -> Fact:
        title, href = of.review.title, of.href("reviews:protocol")
        if missing := [word for word in wanted if word not in title.casefold()]:
            return Fact(f"The title “{title}” does not say “{missing[0]}”.", href, lacking=True)
        return Fact(f"Title: “{title}”.", href)

    return fact


def objectives(of: Sources) -> Fact:
    review, href = of.review, of.href("reviews:protocol")
    parts = (review.population, review.intervention, review.comparator)
    if not review.question.strip() and not all(map(str.strip, parts)):
        return Fact("The protocol has no question yet.", href, lacking=True)
    return Fact(review.question.strip() or f"By elements: {'; '.join(parts)}.", href)


def eligibility(of: Sources) -> Fact:
    kinds = Counter(
        Criterion.objects.filter(review=of.review, retired_at=None).values_list("kind", flat=True)
    )
    href = of.href("reviews:protocol")
    if not kinds:
        return Fact("The protocol has no criteria yet.", href, lacking=True)
    return Fact(
        f"{number(kinds['include'], 'criterion', 'criteria')} for inclusion, {kinds['exclude']} for exclusion.",
        href,
    )


def sources(of: Sources) -> Fact:
    found, href = [source.search for source in of.appendix.sources], of.href("records:search_report")
    if not found:
        return Fact("No search is described yet.", href, lacking=True)
    said = [
        f"{search} ({date_format(search.searched_on, 'j F Y') if search.searched_on else 'no date'})"
        for search in found
    ]
    undated = any(search.searched_on is None for search in found)
    return Fact(f"{number(len(found), 'source')}: {listed(said, 8)}.", href, lacking=undated)


def strategies(of: Sources) -> Fact:
    href = of.href("records:search_report")
    found = [source.search for source in of.appendix.sources]
    full = [search for search in found if search.query.strip()]
    if not found:
        return Fact("No search is described yet.", href, lacking=True)
    said = f"The full strategy is kept for {len(full)} of {number(len(found), 'source')}."
    return Fact(said, href, lacking=len(full) < len(found))


def search_item(place: int):
    """A fact on item ``place`` of PRISMA-S, as the report of the searches has it."""

    def fact(of: Sources) -> Fact:
        item = of.appendix.items[place - 1]
        return Fact(item.said, of.href("records:search_report"), lacking=item.lacking)

    return fact


def selection(of: Sources) -> Fact:
    review = of.review
    rules = {one.stage: one.get_agreement_display() for one in StageSettings.objects.filter(review=review)}
    default = StageSettings.Agreement.ALL.label
    said = "; ".join(
        f"{words}: {number(quorum, 'person', 'people')}, {rules.get(stage, default).lower()}"
        for words, stage, quorum in (
            ("titles and abstracts", "title_abstract", review.quorum_title_abstract),
            ("full texts", "full_text", review.quorum_full_text),
        )
    )
    alone = min(review.quorum_title_abstract, review.quorum_full_text) == 1
    blinded = "" if alone else " Votes stay hidden until a record has them all."
    tools = "; ".join(automation.in_short(review))
    helped = f" Automation: {tools}." if tools else ""
    return Fact(f"{said.capitalize()}.{blinded}{helped}", of.href("screening:settings"))


def collection(of: Sources) -> Fact:
    found = ExtractionSettings.objects.filter(review=of.review).first() or ExtractionSettings(
        review=of.review
    )
    asked = AuthorContact.objects.filter(study__review=of.review).exclude(sent_at=None)
    people = asked.values("study").distinct().count()
    authors = f" Authors of {number(people, 'study', 'studies')} were asked." if people else ""
    return Fact(f"{found.get_mode_display()}.{authors}", of.href("extraction:settings"))


def outcomes(of: Sources) -> Fact:
    found, href = list(of.review.outcomes.all()), of.href("reviews:protocol")
    if not found:
        return Fact("The protocol has no outcomes yet.", href, lacking=True)
    return Fact(f"{number(len(found), 'outcome')}: {listed((one.name for one in found), 8)}.", href)


def choosing(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    if not of.plans:
        return Fact("There is no analysis plan yet.", href, lacking=True)
    ruled = sum(bool(plan.selection) for plan in of.plans)
    rest = len(of.plans) - ruled
    said = [
        f"{number(ruled, 'plan')} with rules on eligible results" if ruled else "",
        f"{number(rest, 'plan')} with the result that extraction marks" if rest else "",
    ]
    return Fact(f"{listed(said)}.".capitalize(), href)


def variables(of: Sources) -> Fact:
    href = of.href("extraction:forms")
    forms = {version.pk: version for version in forms_of(of.review, of.studies).values() if version}
    if not forms:
        return Fact("No extraction form is published yet.", href, lacking=True)
    fields = sum(len(read_schema(version.schema).by_key) for version in forms.values())
    names = listed(sorted(version.form.name for version in forms.values()))
    return Fact(f"{number(fields, 'field')} in the form {names}.", href)


def bias_tools(of: Sources) -> Fact:
    """By what was agreed: a draft is its author's own."""
    href = of.href("appraisal:overview")
    rows = Assessment.objects.consensus().filter(review=of.review).order_by()
    used = sorted(set(rows.values_list("instrument", "tool_version")))
    if not used:
        return Fact("No assessment is agreed yet.", href, lacking=True)
    names = listed(tool_at(of.review.pk, key, version).name for key, version in used)
    return Fact(f"{names}. Judgements were brought to a consensus.", href)


def measures(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    if not of.plans:
        return Fact("There is no analysis plan yet.", href, lacking=True)
    return Fact(f"{listed((f'{plan.outcome.name}: {short(plan.measure)}' for plan in of.plans), 8)}.", href)


def conversions(of: Sources) -> Fact:
    rows = Result.objects.current().filter(review=of.review)
    derived, every = rows.filter(derived=True).count(), rows.count()
    href = of.href("extraction:overview")
    if not every:
        return Fact("Nothing is extracted yet.", href, lacking=True)
    return Fact(
        f"{derived:,} of {number(every, 'result')} converted or derived, each with its formula.", href
    )


def display(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    if not of.plans:
        return Fact("There is no analysis plan yet.", href, lacking=True)
    kinds = [DISPLAY[KIND(plan.kind)] for plan in of.plans]
    return Fact(f"Tables of studies and results; {listed(kinds)}.", href)


def synthesis(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    if not of.plans:
        return Fact("There is no analysis plan yet.", href, lacking=True)
    return Fact(f"{listed(map(_model, of.plans), 4)}.", href)


def _model(plan: Plan) -> str:
    if plan.kind == KIND.NARRATIVE:
        return "synthesis without meta-analysis"
    if plan.method != INVERSE_VARIANCE:
        return METHOD_NAMES[plan.method]
    label = model_label(plan.tau2_method, plan.test)
    return f"network meta-analysis ({plan.tau2_method})" if plan.kind == KIND.NETWORK else label


def exploring(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    subgroups = [plan.subgroup_by for plan in of.plans if plan.subgroup_by]
    moderators = [one["name"] for plan in of.plans for one in plan.moderators]
    said = [
        f"subgroups by {listed(subgroups)}" if subgroups else "",
        f"meta-regression on {listed(moderators)}" if moderators else "",
    ]
    if not any(said):
        return Fact("No plan has subgroups or a meta-regression.", href, lacking=True)
    return Fact(f"{listed(said)}.".capitalize(), href)


def sensitivity(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    pairwise = [plan for plan in of.plans if plan.kind == KIND.PAIRWISE]
    keys = {
        key
        for plan in pairwise
        for key in (SENSITIVITY_WORDS if plan.sensitivity is None else plan.sensitivity)
    }
    if not keys:
        return Fact("No plan has sensitivity analyses.", href, lacking=True)
    words = [said for key, said in SENSITIVITY_WORDS.items() if key in keys]
    return Fact(f"{listed(words, 9)}.".capitalize(), href)


def small_study(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    pairwise = [plan for plan in of.plans if plan.kind == KIND.PAIRWISE]
    if not pairwise:
        return Fact("No plan of two groups, so no test of small-study effects.", href, lacking=True)
    own = [SMALL_STUDY_TESTS[key].partition(":")[0] for plan in pairwise for key in plan.small_study_tests]
    tests = listed(own) or "the test proposed for each measure"
    return Fact(f"Funnel plots and {tests}, from ten studies on.", href)


def certainty(of: Sources) -> Fact:
    href = of.href("certainty:findings")
    count = Finding.objects.live().filter(review=of.review).count()
    if not count:
        return Fact("No finding is rated by GRADE yet.", href, lacking=True)
    return Fact(f"GRADE, for {number(count, 'finding')}.", href)


def network(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    if not any(plan.kind == KIND.NETWORK for plan in of.plans):
        return Fact("There is no plan of a network yet.", href, lacking=True)
    return Fact(
        "Network graph; design-by-treatment interaction and node splitting; comparison-adjusted funnel.", href
    )


def registration(of: Sources) -> Fact:
    review, href = of.review, of.href("reviews:protocol")
    if not review.registration:
        return Fact("The protocol names no registration.", href, lacking=True)
    return Fact(f"{f'{review.registry}: ' if review.registry else ''}{review.registration}.", href)


def protocol(of: Sources) -> Fact:
    review, href = of.review, of.href("reviews:protocol")
    if not review.protocol_url:
        return Fact("No address of the protocol is given.", href, lacking=True)
    return Fact(review.protocol_url, href)


def amendments(of: Sources) -> Fact:
    changes = AuditEvent.objects.filter(review=of.review, verb=AMENDMENT).count()
    later = sum(one.post_hoc for one in of.standings)
    said = (
        f"Version {of.review.protocol_version} of the protocol; {number(changes, 'amendment')} in the history"
    )
    plans = f"; {number(later, 'change')} of plans after results were known" if later else ""
    return Fact(f"{said}{plans}.", of.href("reviews:history"))


def availability(of: Sources) -> Fact:
    return Fact(
        "Data, forms, and scripts that compute the results again can be exported.",
        of.href("reporting:exports"),
    )
