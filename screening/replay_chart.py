"""Curves of recall of the runs of a replay, as plain numbers for a template, and rows for the tables beside it."""

from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from screening.services.replays import SHARES, share_of
from screening.stopping_words import Rule

WIDTH, HEIGHT = 640.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 14.0, 10.0, 42.0
MARKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Share:
    """After ``read`` percent of the records, the recall in percent: mean, least and most of the runs."""

    read: int
    mean: float
    least: float
    most: float


@dataclass(frozen=True)
class Stop:
    """Where a rule would have stopped: the median share read, recall, and in how many runs it reached 95 %."""

    rule: str
    never: int
    read: float
    mean: float
    least: float
    reached: int


@dataclass(frozen=True)
class Chart:
    """``lines`` are the points of a polyline for each run; ``marks`` are (place, percent) along the axes."""

    lines: list[str]
    even: str
    target: float
    marks_x: list[tuple[float, int]]
    marks_y: list[tuple[float, int]]
    shares: list[Share]
    stops: list[Stop]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    base: float = HEIGHT - BOTTOM
    middle: float = (LEFT + WIDTH - RIGHT) / 2


def chart(result: dict[str, Any]) -> Chart:
    """From ``Replay.result``."""
    runs = result["runs"]
    return Chart(
        lines=[" ".join(f"{_x(across)},{_y(up)}" for across, up in _percent(run)) for run in runs],
        even=f"{_x(0)},{_y(0)} {_x(100)},{_y(100)}",
        target=_y(95),
        marks_x=[(_x(mark), mark) for mark in MARKS],
        marks_y=[(_y(mark), mark) for mark in MARKS],
        shares=[_share(runs, read) for read in SHARES],
        stops=[_stop(runs, rule) for rule in runs[0]["stops"]],
    )


def _x(percent: float) -> float:
    return round(LEFT + percent / 100 * (WIDTH - LEFT - RIGHT), 1)


def _y(percent: float) -> float:
    return round(HEIGHT - BOTTOM - percent / 100 * (HEIGHT - TOP - BOTTOM), 1)


def _percent(run: dict[str, Any]) -> list[tuple[float, float]]:
    return [(100 * read / run["n"], 100 * found / run["included"]) for read, found in run["curve"]]


def _share(runs: list[dict[str, Any]], read: int) -> Share:
    """By the last point of each curve that is not beyond the share, of which each curve has one."""
    recalls = []
    for run in runs:
        depth = share_of(run["n"], read)
        recalls.append(100 * max(found for after, found in run["curve"] if after <= depth) / run["included"])
    return Share(read, fmean(recalls), min(recalls), max(recalls))


def _stop(runs: list[dict[str, Any]], rule: str) -> Stop:
    stops = [run["stops"][rule] for run in runs]
    recalls = [stop["recall"] for stop in stops]
    return Stop(
        rule=Rule(rule).label if rule in Rule.values else rule,
        never=sum(stop["stopped_at"] is None for stop in stops),
        read=median(stop["read"] for stop in stops),
        mean=fmean(recalls),
        least=min(recalls),
        reached=sum(recall >= 95 for recall in recalls),
    )
