"""What a team takes out of the review: one module per subject, each giving rows or text from a membership.

Blinding is inherited: votes come through ``Decision.objects.visible_to(membership)`` alone.
"""

from reporting.exports.catalogue import EXPORTS, build_export, export_name, find_export
from reporting.exports.shape import Export, Option, UnknownExport, UnknownOption

__all__ = [
    "EXPORTS",
    "Export",
    "Option",
    "UnknownExport",
    "UnknownOption",
    "build_export",
    "export_name",
    "find_export",
]
