"""Taking values of a digitised figure over into the form of a new result."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from extraction.digitised import Point
from extraction.models import DigitisedFigure, Result, Source
from extraction.services.digitised import axes_of, cite_figure, points_of
from extraction.values import FIELDS
from reviews.models import User
from screening.models import Study


def rows_of(figure: DigitisedFigure) -> list[tuple[int, Point, str, str]]:
    """(number from 1, the point as in the file, x and y in units as text)."""
    x, y = axes_of(figure)
    return [
        (number, point, f"{x.value(point.x):.5g}", f"{y.value(point.y):.5g}")
        for number, point in enumerate(points_of(figure), 1)
    ]


def query_of(figure: DigitisedFigure, chosen: Mapping[str, int], outcome: int | str = "") -> QueryDict:
    """What opens the form of a new result with these values: {number of the result: point from 1}."""
    query = QueryDict(mutable=True)
    query["digitised"] = str(figure.pk)
    if outcome:
        query["outcome"] = str(outcome)
    heights = {number: y for number, _, _, y in rows_of(figure)}
    for name, number in chosen.items():
        query[name] = heights[number]
    return query


def prefill(study: Study, query: QueryDict) -> dict[str, Any]:
    """What the form of a new result starts with, when it was opened from a digitised figure; else nothing."""
    figure = figure_named(study, query)
    if figure is None:
        return {}
    names = {field.name for fields in FIELDS.values() for field in fields}
    how = f"Digitised from {figure.name}" + (f" ({figure.file_name})" if figure.file_name else "")
    given = {name: query[name] for name in query if name in names}
    return given | {"derived": True, "basis": f"{how}.", "source": figure.name}


def cite(study: Study, query: QueryDict, result: Result, by: User) -> list[Source]:
    """After the form: the figure becomes the source of the values that still are as they were taken over."""
    figure = figure_named(study, query)
    if figure is None:
        return []
    kept = [
        name
        for name, value in result.values.items()
        if name in query and value is not None and f"{value:.5g}" == f"{_number(str(query[name])):.5g}"
    ]
    return cite_figure(result=result, figure=figure, fields=kept, by=by)


def figure_named(study: Study, query: QueryDict) -> DigitisedFigure | None:
    pk = query.get("digitised", "")
    known = pk.isdecimal() and len(pk) < 19
    return DigitisedFigure.objects.filter(study=study, pk=int(pk)).first() if known else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
