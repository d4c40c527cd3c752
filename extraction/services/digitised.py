"""Digitised figures: take in the points, say how pixels become units, let a result name the figure."""

from collections.abc import Iterable
from dataclasses import asdict

from django.db import transaction

from extraction.digitised import Axis, NotAnAxis, NotPoints, Point, read_points
from extraction.models import DigitisedFigure, Result, Source
from extraction.services.errors import NotOfThisStudy, NotPossible
from extraction.services.sources import add_source
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import User
from reviews.tables import text_of
from screening.models import FullText, Study
from screening.pdf_text import plain


class BadPoints(Refused):
    """A file that cannot be read as points, or an axis that leads nowhere."""


def add_figure(
    *, study: Study, name: str, file_name: str, data: bytes, by: User, full_text: FullText | None = None
) -> DigitisedFigure:
    """Keep the points of a digitiser's CSV file as the figure ``name`` ("Figure 2") of ``study``.

    Raises BadPoints (where the file is wrong), NotPossible or NotOfThisStudy.
    """
    name = " ".join(plain(name).split())
    if not name or len(name) > 200:
        raise NotPossible("Name the figure as the report does, for example Figure 2.", field="name")
    if full_text and not study.reports.filter(record=full_text.record_id).exists():
        raise NotOfThisStudy(f"This is not a report of {study}.", field="full_text")
    try:
        points = read_points(file_name, text_of(file_name, data))
    except NotPoints as fault:
        raise BadPoints(str(fault), field="file") from fault
    with transaction.atomic():
        figure = DigitisedFigure.objects.create(
            study=study,
            full_text=full_text,
            name=name,
            file_name=file_name[-255:],
            points=[asdict(point) for point in points],
            made_by=by,
        )
        _tell(
            figure, "extraction.figure_digitised", by, f"took in {len(points)} points of {name} of {study}."
        )
    return figure


def scale_figure(
    *, figure: DigitisedFigure, x: Axis, y: Axis, by: User, seen: dict | None = None
) -> DigitisedFigure:
    """Say how its pixels become units. ``seen``: the scaling the person looked at; another one is a Conflict."""
    for name, axis in (("x", x), ("y", y)):
        try:
            axis.check()
        except NotAnAxis as fault:
            raise BadPoints(str(fault), field=f"{name}_{fault.which}") from fault
        if len(axis.unit) > 60:
            raise NotPossible("A unit has at most 60 characters.", field=f"{name}_unit")
    new = {"x": x.write(), "y": y.write()}
    with transaction.atomic():
        found = DigitisedFigure.objects.select_for_update().get(pk=figure.pk)
        if seen is not None and seen != found.scaling:
            raise Conflict(
                "Somebody scaled this figure in the meantime. Nothing was overwritten; look again."
            )
        if found.scaling != new:
            old, found.scaling = found.scaling, new
            found.save(update_fields=["scaling"])
            _tell(found, "extraction.figure_scaled", by, f"scaled {found}.", old=old, new=new)
    return found


def remove_figure(*, figure: DigitisedFigure, by: User) -> None:
    """Throw the points away; results that took values from them keep what they say of it."""
    with transaction.atomic():
        facts = {"points": figure.points, "scaling": figure.scaling}
        _tell(figure, "extraction.figure_removed", by, f"removed the points of {figure}.", old=facts)
        figure.delete()


def cite_figure(*, result: Result, figure: DigitisedFigure, fields: Iterable[str], by: User) -> list[Source]:
    """Make the figure the source of these numbers of a result of its study."""
    if result.study_id != figure.study_id:
        raise NotOfThisStudy(f"{figure} is not of this study.")
    return [
        add_source(
            by=by,
            result=result,
            field=field,
            full_text=figure.full_text,
            locator=f"{figure.name}, digitised"[:120],
        )
        for field in fields
    ]


def points_of(figure: DigitisedFigure) -> list[Point]:
    """As in the file."""
    return [Point(**point) for point in figure.points]


def axes_of(figure: DigitisedFigure) -> tuple[Axis, Axis]:
    return Axis.read(figure.scaling.get("x", {})), Axis.read(figure.scaling.get("y", {}))


def _tell(figure: DigitisedFigure, verb: str, by: User, sentence: str, **detail) -> None:
    record_event(
        review=figure.study.review, actor=by, verb=verb, target=figure, sentence=sentence, detail=detail
    )
