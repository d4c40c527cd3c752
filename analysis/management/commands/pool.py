"""manage.py pool DATA.csv --measure SMD [--tau2 REML] [--test z|knha|t|adhoc] [--level 95] [--by COLUMN] [--json]"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.pooling_file import PoolingFileError, as_text, pool_file
from analysis.stats import ESTIMATORS, MEASURES, TESTS


class Command(BaseCommand):
    help = "Pool the trials of a CSV file whose columns are named as in R metafor's escalc."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="CSV file with a header line")
        parser.add_argument("--measure", required=True, help=", ".join(MEASURES))
        parser.add_argument("--tau2", default="REML", help=f"{', '.join(ESTIMATORS)} (default REML)")
        parser.add_argument("--test", default="z", help=f"{', '.join(TESTS)} (default z)")
        parser.add_argument(
            "--level", type=float, default=95.0, help="confidence level in percent (default 95)"
        )
        parser.add_argument(
            "--by", metavar="COLUMN", help="pool each level of this column and test the differences"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["level"] < 100:
            raise CommandError(
                f"--level is {options['level']:g}; give a percentage from 1 to below 100, such as 95."
            )
        try:
            result = pool_file(
                options["file"],
                measure=options["measure"],
                tau2=options["tau2"],
                test=options["test"],
                level=options["level"] / 100,
                by=options["by"],
            )
        except PoolingFileError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result.to_dict(), ensure_ascii=False, allow_nan=False))
        else:
            self.stdout.write(as_text(result))
