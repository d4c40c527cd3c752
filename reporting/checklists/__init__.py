"""Reporting checklists: what each asks, in our own short words, with the official numbers. No Django in the data.

    CHECKLISTS["prisma2020"].items      # what is asked
    filled(review, checklist)           # each item with what is known here, and where the team says it is reported

The official wording is behind each checklist's link.
"""

from reporting.checklists.abstracts import ABSTRACTS
from reporting.checklists.accuracy import ACCURACY
from reporting.checklists.base import Checklist, Item
from reporting.checklists.networks import NETWORKS
from reporting.checklists.prisma2020 import PRISMA2020
from reporting.checklists.scoping import SCOPING
from reporting.checklists.searches import SEARCHES

CHECKLISTS: dict[str, Checklist] = {
    one.key: one for one in (PRISMA2020, ABSTRACTS, SEARCHES, SCOPING, NETWORKS, ACCURACY)
}

__all__ = ["CHECKLISTS", "Checklist", "Item"]
