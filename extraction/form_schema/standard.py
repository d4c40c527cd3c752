"""Ready-made sections with what most reviews ask of every study. No Django here.

What is asked follows the Cochrane Handbook (version 6, section 5.3 and table 5.3.a: what to collect from reports) and
its chapter 7.8 on funding and conflicts of interest. A team changes them like its own.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any


def _field(key: str, kind: str, label: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": label, **more}


def _choice(key: str, label: str, options: str, kind: str = "choice", **more: Any) -> dict[str, Any]:
    pairs = [one.strip().partition("=")[::2] for one in options.split(";")]
    return _field(
        key, kind, label, options=[{"key": a.strip(), "label": b.strip()} for a, b in pairs], **more
    )


def _when(field: str, value: Any, op: str = "is") -> dict[str, Any]:
    return {"join": "all", "tests": [{"field": field, "op": op, "value": value}]}


_CHARACTERISTICS = [
    _field("country", "text", "Country or countries", characteristic="Country"),
    _choice(
        "setting",
        "Setting",
        "primary=Primary care; outpatient=Outpatient clinic; hospital=Hospital; community=Community; "
        "school=School or university; work=Workplace; online=Online; several=Several; other=Another",
        characteristic="Setting",
    ),
    _field("setting_other", "text", "Which setting?", shown_when=_when("setting", "other")),
    _field("sites", "number", "Number of sites", min=1, decimals=0),
    _field("recruited_from", "date", "Recruitment began", help="Year and month are enough."),
    _field("recruited_until", "date", "Recruitment ended"),
    _field("follow_up", "number", "Longest follow-up", unit="weeks", min=0, decimals=1),
    _field("aim", "long_text", "Aim of the study, as its authors put it"),
    _field("eligibility", "long_text", "Criteria for taking part"),
]
_PARTICIPANTS = [
    _field(
        "n_randomised_total",
        "number",
        "People enrolled or randomised",
        unit="people",
        min=1,
        decimals=0,
        required=True,
    ),
    _field("n_analysed_total", "number", "People analysed", unit="people", min=0, decimals=0),
    _field(
        "share_lost",
        "calculated",
        "Lost to the analysis",
        formula="100 * (n_randomised_total - n_analysed_total) / n_randomised_total",
        unit="%",
        decimals=1,
    ),
    _field("condition", "text", "Condition, and how it was diagnosed"),
    _field("age_mean", "number", "Mean age", unit="years", min=0, max=120),
    _field("age_sd", "number", "SD of age", unit="years", min=0, max=60),
    _field("age_range", "text", "Range of age", help="If the report gives it: 18 to 65 years."),
    _field("female", "number", "Women and girls", unit="people", min=0, decimals=0),
    _field(
        "female_share",
        "calculated",
        "Women and girls, share",
        formula="100 * female / n_randomised_total",
        unit="%",
        decimals=1,
        characteristic="Women, %",
    ),
    _field("ethnicity", "text", "Ethnicity, as reported"),
    _field("severity", "text", "Severity at the start"),
    _field("comorbidity", "long_text", "Other conditions"),
]
_INTERVENTIONS = [
    {
        "key": "interventions",
        "type": "group",
        "label": "Interventions and comparators",
        "help": "A row for each arm, in enough detail to do it again (the items of TIDieR).",
        "at_least": 2,
        "at_most": 12,
        "fields": [
            _field("intervention_name", "text", "Name of the arm", required=True),
            _choice(
                "intervention_role",
                "Role",
                "experimental=Experimental; active=Active comparator; placebo=Placebo or sham; usual=Usual care; "
                "waiting=Waiting list; nothing=No treatment",
                required=True,
            ),
            _field("intervention_n", "number", "People in the arm", unit="people", min=0, decimals=0),
            _field("intervention_what", "long_text", "What was done or given"),
            _field("intervention_who", "text", "By whom"),
            _field("intervention_how", "text", "How: in person, by phone, online; alone or in groups"),
            _field("intervention_dose", "text", "Dose, sessions, intensity"),
            _field("intervention_weeks", "number", "Duration", unit="weeks", min=0, decimals=1),
            _field("intervention_adherence", "text", "Adherence and fidelity"),
        ],
    },
    _field(
        "n_all_arms",
        "calculated",
        "People in all arms",
        formula="sum(intervention_n)",
        unit="people",
        decimals=0,
        help="Empty until every arm has its number.",
    ),
    _field("co_interventions", "long_text", "What else everyone received"),
]
_METHODS = [
    _choice(
        "unit_of_allocation",
        "Unit of allocation",
        "person=Person; cluster=Cluster (school, ward, practice); part=Part of the body; period=Period (crossover)",
    ),
    _field(
        "clusters",
        "number",
        "Number of clusters",
        min=1,
        decimals=0,
        shown_when=_when("unit_of_allocation", "cluster"),
    ),
    _field(
        "icc",
        "number",
        "Intracluster correlation",
        min=-1,
        max=1,
        shown_when=_when("unit_of_allocation", "cluster"),
    ),
    _field("washout", "text", "Washout between periods", shown_when=_when("unit_of_allocation", "period")),
    _choice(
        "analysis_set",
        "Who was analysed",
        "itt=Everyone as allocated (intention to treat); modified=Modified intention to treat; "
        "per_protocol=Per protocol; treated=As treated; several=Several; unclear=Unclear",
    ),
    _field("missing_data", "long_text", "How missing data were handled"),
    _field("sample_size_reason", "yes_no", "Was the sample size worked out beforehand?"),
]
_FUNDING = [
    _choice(
        "funding_source",
        "Who paid for the study",
        "public=Public money (state, university); charity=Charity or foundation; industry=Industry; own=The authors; "
        "none=No funding, as stated",
        "choices",
        required=True,
        help="Choose all that paid. 'Not reported' if no report says anything.",
    ),
    _field(
        "funding_names",
        "long_text",
        "Names of funders, and numbers of grants",
        shown_when=_when("funding_source", None, "filled"),
    ),
    _choice(
        "funder_role",
        "Part of the funder in the study",
        "none=None, as stated; supplied=Supplied the drug or device only; design=Took part in design or conduct; "
        "analysis=Took part in analysis or writing",
        "choices",
        shown_when=_when("funding_source", "industry", "has"),
    ),
    _field(
        "funding_quote", "long_text", "What the report says about funding", help="Quote it with its page."
    ),
]
_CONFLICTS = [
    _choice(
        "conflicts",
        "Conflicts of interest of the authors",
        "stated=Stated; none=Stated that there are none",
        required=True,
        characteristic="Conflicts of interest",
    ),
    {
        "key": "conflicted_authors",
        "type": "group",
        "label": "Conflicts",
        "help": "A row for each author with a conflict.",
        "at_most": 50,
        "shown_when": _when("conflicts", "stated"),
        "fields": [
            _field("conflicted_author", "text", "Author", required=True),
            _choice(
                "conflict_kind",
                "Kind",
                "employee=Employee of the maker; shares=Shares or patent; fees=Fees or travel; grant=Grant; "
                "inventor=Developed what is studied; other=Another",
                "choices",
            ),
            _field("conflict_with", "text", "With whom"),
        ],
    },
    _field(
        "conflicts_quote", "long_text", "What the report says about conflicts", help="Quote it with its page."
    ),
]
_REGISTRATION = [
    _choice(
        "registered",
        "Was the study registered?",
        "before=Before the first participant; later=Later; undated=Yes, date unclear; no=Not registered",
        characteristic="Registration",
    ),
    _field(
        "registration_number",
        "text",
        "Register and number",
        help="For example ClinicalTrials.gov NCT01234567.",
        shown_when={
            "join": "any",
            "tests": [
                {"field": "registered", "op": "is", "value": value}
                for value in ("before", "later", "undated")
            ],
        },
    ),
    _field("protocol_published", "yes_no", "Is there a protocol to read?"),
    _field("protocol_where", "text", "Where", shown_when=_when("protocol_published", True)),
    _field("outcomes_as_registered", "yes_no", "Are the outcomes those that were registered?"),
    _field(
        "outcomes_differ", "long_text", "How they differ", shown_when=_when("outcomes_as_registered", False)
    ),
    _field("ethics", "text", "Approval by an ethics committee"),
    _field("data_shared", "text", "Where its data can be had"),
]
_CONTACT = [
    _field("author_name", "text", "Author to ask"),
    _field("author_email", "text", "E-mail address"),
    _field("author_institution", "text", "Institution"),
]
_NOTES = [
    _field("conclusion", "long_text", "Main conclusion of the authors"),
    _field("extractor_note", "long_text", "Remarks of the extractor", not_reported=False),
]

_SECTIONS: tuple[dict[str, Any], ...] = (
    {"key": "study_characteristics", "label": "Characteristics of the study", "items": _CHARACTERISTICS},
    {"key": "methods", "label": "Methods", "items": _METHODS},
    {"key": "participants", "label": "Participants", "items": _PARTICIPANTS},
    {"key": "interventions_section", "label": "Interventions", "items": _INTERVENTIONS},
    {"key": "funding", "label": "Funding", "items": _FUNDING},
    {"key": "conflicts_of_interest", "label": "Conflicts of interest", "items": _CONFLICTS},
    {"key": "study_registration", "label": "Registration and protocol", "items": _REGISTRATION},
    {"key": "contact", "label": "Contact author", "items": _CONTACT},
    {"key": "remarks", "label": "Remarks", "items": _NOTES},
)
#: {key: section as a form has it}, in the order in which they are offered.
STANDARD: dict[str, dict[str, Any]] = {section["key"]: section for section in _SECTIONS}


def standard_section(key: str) -> dict[str, Any]:
    """A copy of a ready-made section, or KeyError."""
    return deepcopy(STANDARD[key])
