"""The nouns of this room."""

from certainty.models.findings import Finding
from certainty.models.grades import Grade, Step

__all__ = ["Finding", "Grade", "Step"]
