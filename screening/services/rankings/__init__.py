"""Orders learned from decisions: learning them, asking for them, when one is due, and as files.

known.py     what a person may be shown the consequences of: outcomes told to everybody, and one's own votes
corpus.py    the words of a review's records as numbers, kept in a file between two trainings
learning.py  one ranking
asking.py    rankings in the background: on request, and as decisions come
files.py     rankings written to a file and taken from one
"""

from screening.services.rankings.asking import (
    TASK,
    RankingsDue,
    after_order_changed,
    learn_for,
    rank_due,
    rank_now,
    request_ranking,
)
from screening.services.rankings.files import export_ranking, import_ranking
from screening.services.rankings.known import Known, known_to
from screening.services.rankings.learning import learn

__all__ = [
    "TASK",
    "Known",
    "RankingsDue",
    "after_order_changed",
    "export_ranking",
    "import_ranking",
    "known_to",
    "learn",
    "learn_for",
    "rank_due",
    "rank_now",
    "request_ranking",
]
