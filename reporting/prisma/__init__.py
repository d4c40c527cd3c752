"""The PRISMA counts, derived by query and stored nowhere: every number can hand out the rows behind it.

``reporting.tally`` says which box a record is in; here its facts are read: as they are (``present``), or as they
were at a moment (``past``).
"""

from reporting.prisma.boxes import BOXES, REASONS, Box
from reporting.prisma.counting import flow_counts, rows_behind, since_which
from reporting.tally import NO_REASON

__all__ = ["BOXES", "NO_REASON", "REASONS", "Box", "flow_counts", "rows_behind", "since_which"]
