"""Studies to draw: few, many, with long names, with effects on the scale of a logarithm."""

import math
from random import Random

from analysis.figures.baujat import BaujatPoint, baujat
from analysis.figures.bubble import Bubble, Panel, Prediction, bubble_plot
from analysis.figures.cumulative import cumulative
from analysis.figures.drapery import Curve, drapery
from analysis.figures.funnel import FunnelPoint, funnel
from analysis.figures.galbraith import RadialPoint, Slope, galbraith
from analysis.figures.interval_rows import IntervalRow
from analysis.figures.labbe import LabbePoint, labbe
from analysis.figures.leave_one_out import leave_one_out
from analysis.figures.plot_frame import Reading
from analysis.figures.plot_settings import (
    BaujatSettings,
    BubbleSettings,
    CumulativeSettings,
    DraperySettings,
    FunnelSettings,
    GalbraithSettings,
    LabbeSettings,
    LeaveOneOutSettings,
)

LONG = "A consortium with an exceptionally long name for the evaluation of treatments in primary care, 2019 "
RATIO = Reading(log=True)
GROUPS = [f"{LONG}{i}" for i in range(3)] + [f"Group {i}" for i in range(7)]


def name(i, long):
    return f"{LONG * 2}{i}" if long else f"Study {i}"


def studies(k, seed=7):
    """(effect, standard error) of k studies."""
    random = Random(seed)
    return [(random.gauss(-0.5, 0.6), math.exp(random.uniform(-3, 0))) for _ in range(k)]


def a_funnel(k, long, width, **more):
    settings = {"contours": True, "filled": True, "names": "all", "width": width} | more
    points = [
        FunnelPoint(
            label=name(i, long),
            effect=y,
            se=se,
            n=round(4 / se**2),
            group=GROUPS[i % 10 if long else 3 + i % 7],
            href=f"/{i}/",
        )
        for i, (y, se) in enumerate(studies(k))
    ]
    return funnel(
        points,
        measure_label=LONG if long else "Odds ratio",
        centre=-0.5,
        filled=[FunnelPoint(label="Filled 1", effect=0.6, se=0.7)],
        adjusted=-0.4,
        groups=GROUPS if long else GROUPS[3:],
        reading=RATIO,
        look=FunnelSettings(**settings),
    )


def a_baujat(k, long, width, **more):
    points = [
        BaujatPoint(label=name(i, long), x=y**2 / se, y=abs(y) ** 3) for i, (y, se) in enumerate(studies(k))
    ]
    return baujat(points, look=BaujatSettings(**{"names": "all", "width": width} | more))


def a_galbraith(k, long, width, **more):
    points = [
        RadialPoint(label=name(i, long), x=1 / se, y=y / se, href=f"/{i}/")
        for i, (y, se) in enumerate(studies(k))
    ]
    slope = Slope(estimate=-0.5, ci_low=-0.8, ci_high=-0.2, margin=1.96)
    look = GalbraithSettings(**{"names": "all", "width": width} | more)
    label = LONG if long else "Odds ratio"
    return galbraith(points, slope, measure_label=label, reading=RATIO, look=look)


def a_labbe(k, long, width, **more):
    random = Random(3)
    points = [
        LabbePoint(
            label=name(i, long), x=random.random(), y=random.random() * 0.7, size=random.uniform(10, 900)
        )
        for i in range(k)
    ]
    line = [(i / 20, 0.6 * i / 20) for i in range(21)]
    groups = (LONG, LONG) if long else ("therapy", "control")
    return labbe(points, line, groups=groups, look=LabbeSettings(**{"names": "all", "width": width} | more))


def a_bubble(k, long, width, **more):
    """A number, few categories, and more categories than can be named below an axis."""
    line = [
        Prediction(x=x, estimate=-x / 40, ci_low=-x / 40 - 0.3, ci_high=0.3 - x / 40, pi_low=-3, pi_high=2)
        for x in range(0, 50, 5)
    ]
    numbers = [
        Bubble(label=name(i, long), x=float(i % 50), y=y, weight=1 / se**2)
        for i, (y, se) in enumerate(studies(k))
    ]
    panels = [Panel(name=LONG if long else "Dose", bubbles=numbers, line=line)]
    for count in (3, 20):
        levels = [name(i, long) for i in range(count)]
        grouped = [
            Bubble(label=name(i, long), x=levels[i % count], y=y) for i, (y, _) in enumerate(studies(k))
        ]
        bars = [Prediction(x=level, estimate=-0.3, ci_low=-0.7, ci_high=0.1) for level in levels]
        panels.append(Panel(name="Design", bubbles=grouped, line=bars, is_number=False))
    look = BubbleSettings(**{"names": "all", "width": width} | more)
    return bubble_plot(panels, measure_label=LONG if long else "Odds ratio", reading=RATIO, look=look)


def rows(k, long):
    """Fits, one of them not defined and one with an interval far beyond the others."""
    found = [
        IntervalRow(
            label=name(i, long), estimate=y, ci_low=y - se, ci_high=y + se, i2=62.3, tau2=0.12, href=f"/{i}/"
        )
        for i, (y, se) in enumerate(studies(k))
    ]
    found[0] = IntervalRow(label=name(0, long), estimate=None, reason=f"No events in one arm. {LONG}")
    found[1] = IntervalRow(label=name(1, long), estimate=-0.4, ci_low=-30.0, ci_high=29.0, i2=0.0, tau2=0.0)
    return found


TOTAL = IntervalRow(label="All studies", estimate=-0.5, ci_low=-0.8, ci_high=-0.2, i2=61.0, tau2=0.11)


def a_leave_one_out(k, long, width, **more):
    look = LeaveOneOutSettings(**{"width": width} | more)
    label = LONG if long else "Odds ratio"
    return leave_one_out(rows(k, long), TOTAL, measure_label=label, reading=RATIO, look=look)


def a_cumulative(k, long, width, **more):
    look = CumulativeSettings(**{"width": width} | more)
    label = LONG if long else "Odds ratio"
    return cumulative(rows(k, long), TOTAL, measure_label=label, reading=RATIO, look=look)


def a_drapery(k, long, width, **more):
    zs = [i * 0.1 for i in range(39)]
    p = [math.erfc(z / math.sqrt(2)) for z in zs]

    def curve(label, centre, se):
        return Curve(
            label=label, low=[centre - z * se for z in zs], high=[centre + z * se for z in zs], href="/1/"
        )

    return drapery(
        p,
        curve("Pooled effect", -0.5, 0.1),
        [curve(name(i, long), y, se) for i, (y, se) in enumerate(studies(k))],
        measure_label=LONG if long else "Odds ratio",
        prediction=curve("Prediction", -0.5, 0.6),
        reading=RATIO,
        look=DraperySettings(**{"width": width} | more),
    )


PLOTS = {
    "funnel": a_funnel,
    "baujat": a_baujat,
    "galbraith": a_galbraith,
    "labbe": a_labbe,
    "bubble": a_bubble,
    "leave-one-out": a_leave_one_out,
    "cumulative": a_cumulative,
    "drapery": a_drapery,
}
