"""Facts on what came out: the flow, the studies, their bias and results, syntheses and certainty."""

from analysis.standing import Standing
from appraisal.models import Assessment
from certainty.models import Finding, Grade
from extraction.models import Characteristic, Result
from reporting.checklists.fact import Fact, Sources, listed, number
from reporting.prisma import flow_counts
from screening.models import Stage, Verdict

NOTHING_POOLED = "No analysis is finished yet."


def flow(of: Sources) -> Fact:
    counts, href = flow_counts(of.review), of.href("reporting:prisma")
    if not counts.identified and not counts.other_identified:
        return Fact("Nothing is imported yet.", href, lacking=True)
    unread = counts.automation + counts.other_automation
    tools = f"{unread:,} marked as ineligible by automation tools, " if unread else ""
    said = (
        f"{number(counts.identified + counts.other_identified, 'record')} found, {tools}"
        f"{counts.screened:,} screened, "
        f"{number(counts.assessed + counts.other_assessed, 'report')} assessed, "
        f"{number(counts.total_studies, 'study', 'studies')} included."
    )
    return Fact(said + (" Not complete yet." if counts.pending else ""), href, lacking=bool(counts.pending))


def excluded(of: Sources) -> Fact:
    gone = Verdict.objects.told().filter(
        review=of.review, stage=Stage.FULL_TEXT, state=Verdict.State.EXCLUDED
    )
    count = gone.count()
    if not count:
        return Fact("No report is excluded at full text.", of.href("reporting:prisma"))
    bare = gone.filter(reason=None).count()
    without = f", {bare:,} without a reason" if bare else " with their reasons"
    return Fact(
        f"{number(count, 'report')} excluded{without}.", of.href("reporting:prisma"), lacking=bool(bare)
    )


def studies(of: Sources) -> Fact:
    href = of.href("screening:studies")
    if not of.studies:
        return Fact("No study is included yet.", href, lacking=True)
    told = Characteristic.objects.filter(study__in=of.studies).values("study").distinct().count()
    said = f"{number(len(of.studies), 'study', 'studies')}, {told:,} with characteristics."
    return Fact(said, href, lacking=told < len(of.studies))


def bias(of: Sources) -> Fact:
    href = of.href("appraisal:figures")
    if not of.studies:
        return Fact("No study is included yet.", href, lacking=True)
    rows = Assessment.objects.consensus().filter(review=of.review, study__in=of.studies)
    judged = rows.values("study").distinct().count()
    said = f"Agreed for {judged:,} of {number(len(of.studies), 'study', 'studies')}."
    return Fact(said, href, lacking=judged < len(of.studies))


def results(of: Sources) -> Fact:
    href = of.href("extraction:overview")
    rows = Result.objects.current().filter(review=of.review, study__in=of.studies)
    count, told = rows.count(), rows.values("study").distinct().count()
    if not count:
        return Fact("Nothing is extracted yet.", href, lacking=True)
    return Fact(f"{number(count, 'result')} of {number(told, 'study', 'studies')}.", href)


def estimates(of: Sources) -> Fact:
    href = of.href("analysis:plans")
    if not of.results:
        return Fact(NOTHING_POOLED, href, lacking=True)
    stale = [one.plan.name for one in of.results if one.stale]
    old = f" Out of date: {listed(stale)}." if stale else ""
    return Fact(f"{'; '.join(map(_estimate, of.results[:6]))}.{old}", href, lacking=bool(stale))


def _estimate(one: Standing) -> str:
    if not one.pooled:
        return f"{one.plan.name}: {one.in_short or number(one.k or 0, 'study', 'studies')}"
    studies = number(one.k or 0, "study", "studies")
    return f"{one.plan.name}: {one.scale.label} {one.estimate} ({one.interval}), {studies}"


def _part(of: Sources, name: str, *names: str) -> list[str]:
    """The plans whose result has one of these parts, and not only the reason why there is none."""

    def has(one: Standing) -> bool:
        parts = [(one.result or {}).get(part) for part in (name, *names)]
        return any(part and not (isinstance(part, dict) and "reason" in part) for part in parts)

    return [f"“{one.plan.name}”" for one in of.results if has(one)]


def _found(of: Sources, having: list[str], words: str, nothing: str, *, needed: bool = True) -> Fact:
    href = of.href("analysis:plans")
    if not of.results:
        return Fact(NOTHING_POOLED, href, lacking=True)
    return Fact(f"{words} {listed(having)}.", href) if having else Fact(nothing, href, lacking=needed)


def explored(of: Sources) -> Fact:
    having = _part(of, "subgroups", "regression")
    nothing = "No finished analysis has subgroups or a meta-regression."
    return _found(of, having, "Subgroups or meta-regression in", nothing)


def sensitivity_found(of: Sources) -> Fact:
    having = _part(of, "sensitivity")
    return _found(of, having, "Sensitivity analyses of", "No finished analysis has sensitivity analyses.")


def small_study_found(of: Sources) -> Fact:
    nothing = "No analysis has the ten studies that a test of small-study effects needs."
    return _found(of, _part(of, "small_study"), "Tests of small-study effects of", nothing, needed=False)


def networks_found(of: Sources) -> Fact:
    return _found(of, _part(of, "league"), "The network of", "No network meta-analysis is finished.")


def grades(of: Sources) -> Fact:
    href = of.href("certainty:findings")
    every = Finding.objects.live().filter(review=of.review)
    count = every.count()
    if not count:
        return Fact("No finding is rated by GRADE yet.", href, lacking=True)
    agreed = Grade.objects.agreed().filter(finding__in=every).count()
    said = f"Agreed for {agreed:,} of {number(count, 'finding')}."
    return Fact(said, href, lacking=agreed < count)
