"""Every box that opens a list of records; the keys are the ids of the boxes in the diagram and its links."""

from typing import NamedTuple


class Box(NamedTuple):
    """One number of the diagram and what it is called above the list of its records."""

    key: str
    label: str


BOXES: dict[str, Box] = {
    key: Box(key, label)
    for key, label in {
        "databases": "Records identified from databases",
        "registers": "Records identified from registers",
        "duplicates": "Duplicate records removed before screening",
        "automation": "Records marked as ineligible by automation tools",
        "taken_up": "Records of the version before, screened again",
        "screened": "Records screened",
        "awaiting_screening": "Records awaiting screening",
        "excluded": "Records excluded",
        "excluded_with_tool": "Records excluded, with a vote of an automation tool",
        "excluded_automatically": "Records excluded by automation tools alone",
        "sought": "Reports sought for retrieval",
        "not_retrieved": "Reports not retrieved",
        "assessed": "Reports assessed for eligibility",
        "awaiting_full_text": "Reports awaiting full-text assessment",
        "excluded_reports": "Reports excluded",
        "awaiting_classification": "Reports awaiting classification",
        "ongoing": "Reports of ongoing studies",
        "not_sought": "Reports not sought",
        "websites": "Records identified from websites",
        "organisations": "Records identified from organisations",
        "citations": "Records identified by citation searching",
        "other_sources": "Records identified from other sources",
        "other_duplicates": "Duplicate records (other methods)",
        "other_automation": "Records marked as ineligible by automation tools (other methods)",
        "other_taken_up": "Records of the version before, looked at again (other methods)",
        "other_excluded": "Records excluded (other methods)",
        "other_excluded_with_tool": "Records excluded, with a vote of an automation tool (other methods)",
        "other_excluded_automatically": "Records excluded by automation tools alone (other methods)",
        "other_awaiting_screening": "Records awaiting screening (other methods)",
        "other_sought": "Reports sought (other methods)",
        "other_not_retrieved": "Reports not retrieved (other methods)",
        "other_assessed": "Reports assessed (other methods)",
        "other_awaiting_full_text": "Awaiting full text (other)",
        "other_excluded_reports": "Reports excluded (other methods)",
        "other_awaiting_classification": "Reports awaiting classification (other methods)",
        "other_ongoing": "Reports of ongoing studies (other methods)",
        "other_not_sought": "Reports not sought (other methods)",
        "included": "Reports of included studies",
        "previous_reports": "Reports of studies included before",
        "carried": "Reports that came in at full text",
        "other_carried": "Reports that came in at full text (other methods)",
        "excluded_before": "Records excluded before",
    }.items()
}

#: Lines of a box that name an exclusion reason, and the box they belong to.
REASONS = {"reasons": "excluded_reports", "other_reasons": "other_excluded_reports"}
