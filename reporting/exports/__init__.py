"""What a team takes out of the review: one module per subject, each giving rows or text from a membership.

Blinding is inherited: votes come through ``Decision.objects.visible_to(membership)`` alone.
"""

from reporting.exports.catalogue import EXPORTS, Export, UnknownExport, build_export, export_name

__all__ = ["EXPORTS", "Export", "UnknownExport", "build_export", "export_name"]
