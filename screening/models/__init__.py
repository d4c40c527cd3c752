"""Votes, their outcome, full texts, and the studies that come of them."""

from screening.models.common import IN_REVIEW, Stage
from screening.models.intakes import Intake, IntakeQuerySet
from screening.models.labels import COLOURS, Label, Labelling, LabellingQuerySet, LabelQuerySet
from screening.models.notes import Mention, MentionQuerySet, Note, NoteQuerySet
from screening.models.priority import (
    AutomaticRemoval,
    AutomaticRemovalQuerySet,
    Ranking,
    RankingQuerySet,
    RemovedRecord,
    RemovedRecordQuerySet,
    Replay,
    left_unread,
)
from screening.models.reasons import ReasonMerge
from screening.models.remarks import SavedSearch, VoteLot
from screening.models.reports import (
    FullText,
    FullTextQuerySet,
    PdfUpload,
    PdfUploadQuerySet,
    Report,
    Retraction,
    RetractionList,
    RetractionQuerySet,
    Study,
    StudyQuerySet,
)
from screening.models.rounds import CheckVote, Round, RoundQuerySet, RoundRecord
from screening.models.settings import StageSettings
from screening.models.sharing_out import Allocation, Assignment, AssignmentQuerySet, Claim, Postponement
from screening.models.terms import TermList, TermListQuerySet
from screening.models.votes import (
    Adjudication,
    AdjudicationQuerySet,
    Decision,
    DecisionQuerySet,
    Placement,
    PlacementQuerySet,
    Verdict,
    VerdictQuerySet,
)

__all__ = [
    "COLOURS",
    "IN_REVIEW",
    "Adjudication",
    "AdjudicationQuerySet",
    "Allocation",
    "Assignment",
    "AssignmentQuerySet",
    "AutomaticRemoval",
    "AutomaticRemovalQuerySet",
    "CheckVote",
    "Claim",
    "Decision",
    "DecisionQuerySet",
    "FullText",
    "FullTextQuerySet",
    "Intake",
    "IntakeQuerySet",
    "Label",
    "LabelQuerySet",
    "Labelling",
    "LabellingQuerySet",
    "Mention",
    "MentionQuerySet",
    "Note",
    "NoteQuerySet",
    "PdfUpload",
    "PdfUploadQuerySet",
    "Placement",
    "PlacementQuerySet",
    "Postponement",
    "Ranking",
    "RankingQuerySet",
    "ReasonMerge",
    "RemovedRecord",
    "RemovedRecordQuerySet",
    "Replay",
    "Report",
    "Retraction",
    "RetractionList",
    "RetractionQuerySet",
    "Round",
    "RoundQuerySet",
    "RoundRecord",
    "SavedSearch",
    "Stage",
    "StageSettings",
    "Study",
    "StudyQuerySet",
    "TermList",
    "TermListQuerySet",
    "Verdict",
    "VerdictQuerySet",
    "VoteLot",
    "left_unread",
]
