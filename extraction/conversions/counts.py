"""Counts: clusters, 2 by 2 tables, proportions and diagnostic tables. No Django here."""

from __future__ import annotations

from math import exp, floor, log, sqrt

from screening.agreement import raw_agreement

from .base import HANDBOOK, Group, Input, Values, require
from .spread import LEVEL, N1, N2
from .tails import z_of_level

conversion = Group()

ICC = Input("intracluster correlation", "proportion")
EVENTS1 = Input("events in group 1", "count")
EVENTS2 = Input("events in group 2", "count")
SIZE = Input("mean number of people per cluster", "at least one")
BORROWED = "The intracluster correlation is often borrowed: repeat the analysis with others."


@conversion(
    "cluster.dichotomous",
    inputs={
        "events1": EVENTS1,
        "n1": N1,
        "clusters1": Input("clusters in group 1", "size"),
        "events2": EVENTS2,
        "n2": N2,
        "clusters2": Input("clusters in group 2", "size"),
        "icc": ICC,
    },
    outputs={
        "mean_cluster_size": "mean number of people per cluster",
        "design_effect": "design effect",
        "events1": "effective events in group 1",
        "n1": "effective people in group 1",
        "events2": "effective events in group 2",
        "n2": "effective people in group 2",
    },
    formula="mean_cluster_size = (n1 + n2) / (clusters1 + clusters2); "
    "design_effect = 1 + (mean_cluster_size - 1) * icc; every number divided by design_effect",
    source=HANDBOOK + "23.1.4 and 23.1.5",
    caution=BORROWED,
)
def cluster_dichotomous(
    events1: int, n1: int, clusters1: int, events2: int, n2: int, clusters2: int, icc: float
) -> Values:
    """Effective events and totals of a cluster trial analysed as if individually randomised."""
    require(
        events1 <= n1 and events2 <= n2, "a group has more events than people. Check events and n.", "events1"
    )
    require(clusters1 <= n1 and clusters2 <= n2, "a group has more clusters than people.", "clusters1")
    size = (n1 + n2) / (clusters1 + clusters2)
    effect = 1 + (size - 1) * icc
    return {
        "mean_cluster_size": size,
        "design_effect": effect,
        "events1": events1 / effect,
        "n1": n1 / effect,
        "events2": events2 / effect,
        "n2": n2 / effect,
    }


@conversion(
    "cluster.de",
    inputs={
        "mean_cluster_size": SIZE,
        "icc": ICC,
        "n": Input("people", "size"),
        "se": Input("standard error that ignores the clusters", "positive"),
    },
    outputs={
        "design_effect": "design effect",
        "effective_n": "effective number of people",
        "se_inflated": "standard error that minds the clusters",
    },
    formula="design_effect = 1 + (mean_cluster_size - 1) * icc; effective_n = n / design_effect; "
    "se_inflated = se * sqrt(design_effect)",
    source=HANDBOOK + "23.1.4",
    caution=BORROWED,
)
def cluster_de(mean_cluster_size: float, icc: float, n: int, se: float) -> Values:
    """Design effect, effective sample size and standard error of a cluster trial."""
    effect = 1 + (mean_cluster_size - 1) * icc
    return {"design_effect": effect, "effective_n": n / effect, "se_inflated": se * sqrt(effect)}


@conversion(
    "cluster.de_unequal",
    inputs={
        "mean_cluster_size": SIZE,
        "cv": Input("coefficient of variation of the cluster sizes", "not negative"),
        "icc": ICC,
    },
    outputs={"design_effect": "design effect"},
    formula="design_effect = 1 + ((cv^2 + 1) * mean_cluster_size - 1) * icc",
    source="Eldridge, Ashby & Kerry 2006, Int J Epidemiol 35:1292",
    caution=BORROWED,
)
def cluster_de_unequal(mean_cluster_size: float, cv: float, icc: float) -> Values:
    """Design effect with clusters of unequal size."""
    return {"design_effect": 1 + ((cv**2 + 1) * mean_cluster_size - 1) * icc}


CELLS = {
    "a": "group 1, event",
    "b": "group 1, no event",
    "c": "group 2, event",
    "d": "group 2, no event",
}


@conversion(
    "twobytwo.from_percent",
    inputs={
        "percent1": Input("percent with the event in group 1", "percent"),
        "n1": N1,
        "percent2": Input("percent with the event in group 2", "percent"),
        "n2": N2,
    },
    outputs={**CELLS, "back_percent": "the percents these counts give: they must print as reported"},
    formula="a = whole number nearest to n1 * percent1 / 100; b = n1 - a; "
    "c = whole number nearest to n2 * percent2 / 100; d = n2 - c",
    source=HANDBOOK + "6.4.2",
)
def table_from_percent(percent1: float, n1: int, percent2: float, n2: int) -> Values:
    """A 2 by 2 table from percents."""
    a, c = floor(n1 * percent1 / 100 + 0.5), floor(n2 * percent2 / 100 + 0.5)
    return {"a": a, "b": n1 - a, "c": c, "d": n2 - c, "back_percent": (100 * a / n1, 100 * c / n2)}


@conversion(
    "twobytwo.from_or_margins",
    inputs={
        "or": Input("unadjusted odds ratio", "positive"),
        "n1": N1,
        "n2": N2,
        "events_total": Input("people with the event in both groups together", "count"),
    },
    outputs=CELLS,
    formula="a * (n2 - events_total + a) = or * (n1 - a) * (events_total - a) (quadratic); b = n1 - a; "
    "c = events_total - a; d = n2 - c",
    source="Bonett 2007, Psychol Methods 12:254",
    caution="The counts are not whole; an adjusted odds ratio gives a table that never was.",
)
def table_from_or_margins(or_: float, n1: int, n2: int, events_total: int) -> Values:
    """A 2 by 2 table from an odds ratio, group sizes and the total of events."""
    require(events_total <= n1 + n2, "there are more events than people. Check events_total.", "events_total")
    # (1 - or) a^2 + middle a - or n1 e = 0; the root between 0 and min(n1, e), in the form that cancels nothing
    lead, middle, last = 1 - or_, n2 - events_total + or_ * (n1 + events_total), or_ * n1 * events_total
    root = sqrt(max(0.0, middle**2 + 4 * lead * last))
    a = 2 * last / (middle + root) if middle > 0 else (root - middle) / (2 * lead)
    return {"a": a, "b": n1 - a, "c": events_total - a, "d": n2 - events_total + a}


def wilson(x: int, n: int, level: float) -> tuple[float, float]:
    """Wilson's interval of x of n, as the screening room computes it for x agreeing records of n."""
    found = raw_agreement(((x, n - x), (0, 0)), level)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@conversion(
    "proportion_ci.p",
    inputs={"x": Input("people with the event", "count"), "n": Input("people", "size"), "level": LEVEL},
    outputs={
        "wilson": "Wilson's score interval",
        "clopper_pearson": "Clopper-Pearson (exact) interval",
        "agresti_coull": "Agresti-Coull interval, not cut at 0 and 1",
        "wald": "Wald interval, not cut at 0 and 1",
    },
    formula="wilson = (p + z^2/(2*n) -+ z*sqrt(p*(1 - p)/n + z^2/(4*n^2))) / (1 + z^2/n) with p = x/n, z = z(level); "
    "clopper_pearson = beta quantiles; agresti_coull = Wald with z^2/2 added to x and z^2 to n; "
    "wald = p -+ z*sqrt(p*(1 - p)/n)",
    source="Wilson 1927; Clopper & Pearson 1934; Agresti & Coull 1998; Newcombe 1998, Stat Med 17:857",
)
def proportion_ci(x: int, n: int, level: float) -> Values:
    """Confidence intervals of a proportion."""
    from scipy.special import betaincinv

    require(x <= n, f"there are more events ({x}) than people ({n}). Check x and n.", "x")
    z, tail = z_of_level(level), (1 - level) / 2
    more, middle = n + z * z, (x + z * z / 2) / (n + z * z)
    coull, wald = z * sqrt(middle * (1 - middle) / more), z * sqrt(x / n * (1 - x / n) / n)
    return {
        "wilson": wilson(x, n, level),
        "clopper_pearson": (
            float(betaincinv(x, n - x + 1, tail)) if x else 0.0,
            float(betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0,
        ),
        "agresti_coull": (middle - coull, middle + coull),
        "wald": (x / n - wald, x / n + wald),
    }


@conversion(
    "diagnostic.table",
    inputs={
        "tp": Input("diseased, test positive", "count"),
        "fp": Input("not diseased, test positive", "count"),
        "fn": Input("diseased, test negative", "count"),
        "tn": Input("not diseased, test negative", "count"),
        "level": LEVEL,
    },
    outputs={
        "sens": "sensitivity",
        "sens_wilson": "its interval (Wilson)",
        "spec": "specificity",
        "spec_wilson": "its interval (Wilson)",
        "ppv": "positive predictive value; not defined without a positive test",
        "npv": "negative predictive value; not defined without a negative test",
        "lr_pos": "positive likelihood ratio; not defined when fp is 0",
        "lr_pos_ci": "its interval; not defined when tp or fp is 0",
        "lr_neg": "negative likelihood ratio; not defined when tn is 0",
        "lr_neg_ci": "its interval; not defined when fn or tn is 0",
        "dor": "diagnostic odds ratio; not defined when fp or fn is 0",
        "youden": "Youden's index",
    },
    formula="sens = tp / (tp + fn); spec = tn / (tn + fp); ppv = tp / (tp + fp); npv = tn / (tn + fn); "
    "lr_pos = sens / (1 - spec); lr_neg = (1 - sens) / spec; dor = tp * tn / (fp * fn); youden = sens + spec - 1; "
    "intervals of the ratios: exp(ln LR -+ z(level) * sqrt(1/x - 1/(tp + fn) + 1/y - 1/(fp + tn)))",
    source="Deeks & Altman 2004, BMJ 329:168; Simel et al. 1991, J Clin Epidemiol 44:763",
)
def diagnostic_table(tp: int, fp: int, fn: int, tn: int, level: float) -> Values:
    """Accuracy of a diagnostic test from its 2 by 2 table."""
    sick, well = tp + fn, fp + tn
    require(sick > 0, "nobody has the disease, so there is no sensitivity. Check tp and fn.", "tp")
    require(well > 0, "nobody is free of the disease, so there is no specificity. Check fp and tn.", "tn")
    sens, spec = tp / sick, tn / well
    return {
        "sens": sens,
        "sens_wilson": wilson(tp, sick, level),
        "spec": spec,
        "spec_wilson": wilson(tn, well, level),
        "ppv": tp / (tp + fp) if tp + fp else None,
        "npv": tn / (tn + fn) if tn + fn else None,
        "lr_pos": sens / (fp / well) if fp else None,
        "lr_pos_ci": _ratio_ci(tp, sick, fp, well, level),
        "lr_neg": (fn / sick) / spec if tn else None,
        "lr_neg_ci": _ratio_ci(fn, sick, tn, well, level),
        "dor": tp * tn / (fp * fn) if fp and fn else None,
        "youden": sens + spec - 1,
    }


def _ratio_ci(x: int, n: int, y: int, m: int, level: float) -> tuple[float, float] | None:
    """Interval of the ratio of two proportions, x of n and y of m, by its logarithm."""
    if not x or not y:
        return None
    centre, half = log(x / n * m / y), z_of_level(level) * sqrt(1 / x - 1 / n + 1 / y - 1 / m)
    return exp(centre - half), exp(centre + half)
