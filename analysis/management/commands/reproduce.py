"""manage.py reproduce --run ID --out FILE.zip [--json]: a run with scripts that compute it again."""

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from analysis.models import Run
from analysis.reproduction import reproduction_of
from reviews.command import ServiceCommand


class Command(ServiceCommand):
    help = "Write a run as a ZIP: data, R and Python scripts that compute it again, numbers, figures, sums."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--run", required=True, type=int, metavar="ID")
        parser.add_argument(
            "--out", required=True, metavar="FILE.zip", help="An existing file is not overwritten."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        run = Run.objects.select_related("plan__outcome", "review").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(
                f"There is no run {options['run']}. 'analyse --json' prints the number of a run."
            )
        _, body = reproduction_of(run)
        path = Path(options["out"])
        try:
            with path.open("xb") as file:
                file.write(body)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}. Name another file.") from error
        told = {
            "run": run.pk,
            "file": str(path),
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        return told, f"Wrote run {run.pk} of “{run.plan.name}” to {path} ({len(body):,} bytes)."
