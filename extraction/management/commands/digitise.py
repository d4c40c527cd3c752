"""Digitised figures: take in a CSV, scale it, print the points in units, cite it."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction.api.digitised import FigureOut
from extraction.digitised import Axis, NotAnAxis
from extraction.digitising import rows_of
from extraction.models import DigitisedFigure, Result
from extraction.services.digitised import add_figure, axes_of, cite_figure, remove_figure, scale_figure
from reviews.command import ServiceCommand, find_member, find_review, read_whole
from reviews.models import Membership
from reviews.permissions import Permission
from screening.models import FullText, Study


class Command(ServiceCommand):
    help = "Take in the CSV of a digitiser for a --study, say how its pixels become units, print its points; "
    help += "list the figures without either."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", nargs="?", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--study", metavar="LABEL", help="With a file: the study it is of.")
        parser.add_argument("--name", default="", help="With a file: as the report names it, Figure 2.")
        parser.add_argument("--report", type=int, metavar="RECORD", help="With a file: the report's record.")
        parser.add_argument("--figure", type=int, metavar="ID", help="A figure taken in before.")
        for name in "xy":
            parser.add_argument(
                f"--{name}-marks", nargs=4, type=float, metavar=("PIXEL", "VALUE", "PIXEL2", "VALUE2")
            )
            parser.add_argument(f"--{name}-line", nargs=2, type=float, metavar=("FACTOR", "OFFSET"))
            parser.add_argument(f"--{name}-unit", default="")
            parser.add_argument(f"--{name}-log", action="store_true", help=f"The {name} axis is logarithmic.")
        parser.add_argument("--cite", type=int, metavar="RESULT", help="The source of --fields of a result.")
        parser.add_argument("--fields", nargs="+", default=[], metavar="NUMBER")
        parser.add_argument("--remove", action="store_true", help="Remove the figure.")

    def act(self, **options: Any) -> tuple[dict, str]:
        member = find_member(find_review(options["review"]), options["by"], Permission.EXTRACT)
        if options["file"]:
            figure = _taken_in(member, options)
        elif options["figure"] is not None:
            figure = _figure(member, options["figure"])
        else:
            found = DigitisedFigure.objects.filter(study__review=member.review).select_related("study")
            lines = [f"{one.pk}, {one}: {len(one.points)} points" for one in found]
            return {"figures": [_data(one) for one in found]}, "\n".join(lines) or "There are no figures."
        if options["remove"]:
            data = _data(figure)
            remove_figure(figure=figure, by=member.user)
            return data, f"The points of {figure.name} were removed."
        if any(options[f"{name}_{way}"] for name in "xy" for way in ("marks", "line", "unit", "log")):
            x, y = (_axis(options, name, old) for name, old in zip("xy", axes_of(figure), strict=True))
            figure = scale_figure(figure=figure, x=x, y=y, by=member.user)
        if options["cite"] is not None:
            cite_figure(
                result=_result(member, options["cite"]),
                figure=figure,
                fields=options["fields"],
                by=member.user,
            )
        lines = [f"{number}\t{point.series}\t{across}\t{up}" for number, point, across, up in rows_of(figure)]
        return _data(figure), "\n".join([f"{figure.pk}, {figure}", *lines])


def _taken_in(member: Membership, options: dict[str, Any]) -> DigitisedFigure:
    study = Study.objects.filter(review=member.review, label=options["study"] or "").first()
    if study is None:
        raise CommandError(
            f"There is no study '{options['study'] or ''}' in '{member.review.slug}'; --study says which."
        )
    report = None
    if options["report"] is not None:
        report = FullText.objects.filter(review=member.review, record=options["report"]).first()
        if report is None:
            raise CommandError(f"There is no full text of record {options['report']} in this review.")
    return add_figure(
        study=study,
        name=options["name"],
        file_name=Path(options["file"]).name,
        data=read_whole(options["file"]),
        full_text=report,
        by=member.user,
    )


def _axis(options: dict[str, Any], name: str, old: Axis) -> Axis:
    marks, line = options[f"{name}_marks"], options[f"{name}_line"]
    more = {"unit": options[f"{name}_unit"] or old.unit, "log": options[f"{name}_log"]}
    try:
        if marks:
            return Axis.through((marks[0], marks[1]), (marks[2], marks[3]), **more)
        if line:
            return Axis(line[0], line[1], **more).check()
    except NotAnAxis as fault:
        raise CommandError(f"--{name}-{'marks' if marks else 'line'}: {fault}") from fault
    return Axis(old.factor, old.offset, more["unit"], more["log"] or old.log, old.references)


def _figure(member: Membership, pk: int) -> DigitisedFigure:
    found = DigitisedFigure.objects.filter(study__review=member.review, pk=pk).first()
    if found is None:
        raise CommandError(f"There is no digitised figure {pk} in '{member.review.slug}'.")
    return found


def _result(member: Membership, pk: int) -> Result:
    found = Result.objects.visible_to(member).filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no result {pk} in '{member.review.slug}' that {member.user} may see.")
    return found


def _data(figure: DigitisedFigure) -> dict:
    return dict(FigureOut(figure).data) | {"made_at": figure.made_at.isoformat()}
