"""manage.py figure --review SLUG --run ID [--figure funnel --out FILE] [--set JSON | --reset] [--json]."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from analysis.drawn import draw, drawing_for, figures_of
from analysis.management.commands.what_if import find_run
from analysis.models import FigureSettings, Run
from analysis.services import set_figure
from reviews.command import ServiceCommand, find_actor, write_whole
from reviews.figures.files import FORMATS, RESOLUTIONS, WIDTHS, figure_bytes
from reviews.figures.layout import LayoutError
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "List the figures of a run, set how one is drawn in every run of the plan, write it to a file."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--run", required=True, type=int, metavar="ID")
        parser.add_argument("--figure", metavar="NAME", help="Such as forest; all are listed if not given.")
        parser.add_argument("--out", metavar="FILE", help=f"Ends with .{', .'.join(FORMATS)}.")
        parser.add_argument("--width", choices=list(WIDTHS), help="A journal's column or page, or a slide.")
        parser.add_argument("--dpi", type=int, choices=RESOLUTIONS, default=300, help="Of PNG and TIFF.")
        change = parser.add_mutually_exclusive_group()
        change.add_argument(
            "--set",
            metavar="JSON",
            help="All settings that are to differ from the defaults, kept with the plan.",
        )
        change.add_argument("--reset", action="store_true", help="Draw it as at first.")
        parser.add_argument("--by", metavar="EMAIL", help="Who sets it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        run, name = find_run(options["review"], options["run"]), options["figure"]
        if not name:
            return _listed(run)
        drawing = drawing_for(run, name)
        if options["set"] or options["reset"]:
            _set(run, name, options)
        kept = FigureSettings.objects.filter(plan=run.plan, figure=name).first()
        data: dict[str, Any] = {"run": run.pk, "figure": name, "settings": kept.settings if kept else {}}
        told = f"{drawing.title} of run {run.pk}: {json.dumps(data['settings']) if kept else 'as at first'}."
        if options["out"]:
            data |= _written(run, name, options)
            told += f" Wrote {options['out']}"
        return data, told


def _listed(run: Run) -> tuple[dict, str]:
    assert run.result is not None, "find_run gives runs with a result"
    found = [
        {"figure": one.key, "title": one.title, "why_not": one.why_not(run.snapshot, run.result)}
        for one in figures_of(run)
    ]
    lines = [
        f"{one['figure']}: {one['title']}{'. ' + one['why_not'] if one['why_not'] else ''}" for one in found
    ]
    return {"run": run.pk, "figures": found}, "\n".join(lines)


def _set(run: Run, name: str, options: dict[str, Any]) -> None:
    try:
        settings = json.loads(options["set"] or "{}")
    except ValueError as error:
        raise CommandError(f'--set: this is not JSON ({error}). Write it as {{"style": "bmj"}}.') from error
    if not isinstance(settings, dict):
        raise CommandError('--set: write an object of settings, such as {"style": "bmj"}.')
    by = find_actor(run.review, options["by"], Permission.ANALYSE)
    seen = FigureSettings.objects.filter(plan=run.plan, figure=name).values_list("version", flat=True).first()
    set_figure(plan=run.plan, figure=name, settings=settings, seen_version=seen or 0, by=by)


def _written(run: Run, name: str, options: dict[str, Any]) -> dict[str, Any]:
    extension, width = Path(options["out"]).suffix.removeprefix(".").lower(), options["width"] or ""
    if extension not in FORMATS:
        raise CommandError(f"--out: {options['out']} should end with .{', .'.join(FORMATS)}.")
    try:
        drawn = draw(run, name, width=width)
        content = figure_bytes(drawn, extension, mm=WIDTHS.get(width), dpi=options["dpi"])
    except LayoutError as error:
        raise CommandError(str(error)) from error
    return {"out": options["out"], "sha256": write_whole(options["out"], [content])}
