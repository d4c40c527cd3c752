"""Which row of the CSV holds which number or label of ours. No Django."""

from __future__ import annotations

from reporting.prisma2020.rows import HEADER, ROWS

#: First column of a row -> number of FlowCounts.
NUMBERS: dict[str, str] = {
    "previous_studies": "previous_studies",
    "previous_reports": "previous_reports",
    "website_results": "websites",
    "organisation_results": "organisations",
    "citations_results": "citations",
    "duplicates": "duplicates",
    "excluded_automatic": "automation",
    "excluded_other": "other_removed",
    "records_screened": "screened",
    "records_excluded": "excluded",
    "dbr_sought_reports": "sought",
    "dbr_notretrieved_reports": "not_retrieved",
    "other_sought_reports": "other_sought",
    "other_notretrieved_reports": "other_not_retrieved",
    "dbr_assessed": "assessed",
    "other_assessed": "other_assessed",
    "new_studies": "studies",
    "new_reports": "reports",
    "total_studies": "total_studies",
    "total_reports": "total_reports",
    "total_studies_ma": "studies_in_analysis",
    "total_reports_ma": "reports_in_analysis",
}
#: First column of a row -> list of FlowCounts, as "name, n; name, n".
LISTS: dict[str, str] = {
    "database_specific_results": "databases",
    "register_specific_results": "registers",
    "dbr_excluded": "reasons",
    "other_excluded": "other_reasons",
}
#: First column of a row -> list of FlowCounts whose sum it is.
TOTALS: dict[str, str] = {"database_results": "databases", "register_results": "registers"}
#: Where a total without names goes: the list's line that is named so.
UNNAMED: dict[str, str] = {
    "databases": "Other databases",
    "registers": "Other registers",
    "reasons": "No reason given",
    "other_reasons": "No reason given",
}
#: Rows that are only shown with previous studies, with other methods, with a meta-analysis.
PREVIOUS = ("previous_studies", "previous_reports")
OTHER = (
    "website_results",
    "organisation_results",
    "citations_results",
    "other_sought_reports",
    "other_notretrieved_reports",
    "other_assessed",
    "other_excluded",
)
ANALYSIS = ("total_studies_ma", "total_reports_ma")

#: First column of a row -> key of the label it prints (reporting.flow.labels.LABELS).
LABELS: dict[str, str] = {
    **NUMBERS,
    "database_results": "databases",
    "register_results": "registers",
    "dbr_excluded": "excluded_reports",
    "other_excluded": "other_excluded_reports",
    "identification": "stage_identification",
    "screening": "stage_screening",
    "included": "stage_included",
}
#: Third column of a title row, whose first is NA -> key of the label.
TITLES: dict[str, str] = {"prevstud": "previous_header", "newstud": "header", "othstud": "other_header"}

KNOWN = {row[0] for row in ROWS} - {"NA"}
_TEXT = HEADER.index("boxtext")
#: What the package itself prints, by the key of the label.
PACKAGE_LABELS: dict[str, str] = {
    **{LABELS[row[0]]: row[_TEXT] for row in ROWS if row[0] in LABELS},
    **{TITLES[row[2]]: row[_TEXT] for row in ROWS if row[0] == "NA"},
}
