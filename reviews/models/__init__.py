from reviews.models.audit import AuditEvent
from reviews.models.job import Job
from reviews.models.people import Invitation, Membership, User
from reviews.models.review import Criterion, ExclusionReason, Outcome, Review

__all__ = [
    "AuditEvent",
    "Criterion",
    "ExclusionReason",
    "Invitation",
    "Job",
    "Membership",
    "Outcome",
    "Review",
    "User",
]
