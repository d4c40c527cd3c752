"""A finished run as one archive that computes it again: what the page, programs and the command give."""

from django.utils.text import slugify

from analysis.drawn import NotDrawn, draw, figures_of
from analysis.models import Run
from analysis.reports import report_by_kind
from analysis.reproduce import About, archive_of, files_of
from reviews.errors import Refused
from reviews.figures.layout import LayoutError
from reviews.figures.render import render_svg


class NothingToReproduce(Refused):
    """The run has no result."""


def reproduction_of(run: Run) -> tuple[str, bytes]:
    """Name and bytes of the ZIP: data, scripts for R and Python, numbers, figures, sums. The same run with the same
    settings of its figures gives the same bytes.

    Raises NothingToReproduce.
    """
    if run.result is None:
        raise NothingToReproduce(f"Run {run.pk} has no result yet, so there is nothing to reproduce.")
    report = report_by_kind(run)
    told = [report.headline, getattr(report, "heterogeneity", ""), getattr(report, "prediction", "")]
    about = About(
        review=run.review.title,
        plan=run.plan.name,
        run=run.pk,
        input_hash=run.input_hash,
        engine=run.engine_version,
        in_words=[sentence for sentence in told if sentence],
        methods=report.methods,
        figures=_figures(run),
    )
    name = f"{run.review.slug}-{slugify(run.plan.slug)}-run-{run.pk}-reproduce.zip"
    return name, archive_of(files_of(run.snapshot, run.result, about))


def _figures(run: Run) -> dict[str, str]:
    """The figures that this result has, as its plan draws them, without links into the application; and why others
    are missing."""
    files, missing = {}, []
    for drawing in figures_of(run):
        try:
            files[f"{drawing.key}.svg"] = str(render_svg(draw(run, drawing.key)))
        except (NotDrawn, LayoutError) as error:
            missing.append(f"{drawing.title}: {error}\n")
    return files | ({"not-drawn.txt": "".join(missing)} if missing else {})
