"""Study data for RevMan's study-centric import: references as RIS and CSV files in one ZIP, with the order of steps.

    package(membership) -> bytes        the ZIP
    as_zip                              the same for the catalogue of exports

Formats: https://documentation.cochrane.org/revman-kb/data-extraction-templates-260702375.html
"""

from reporting.exports.revman.package import as_zip, package

__all__ = ["as_zip", "package"]
