"""What the demo team wrote and decided. Plain data and rules; the data files hold the facts.

Votes and reasons are made up by rule so that a visitor finds a review in progress; they are not those of any
published review, and the review's notice says so on every page.
"""

import re
from typing import Any, NamedTuple

SLUG = "trd"
TITLE = "Psychotherapy for treatment-resistant depression"
QUESTION = (
    "In adults with treatment-resistant depression, does psychotherapy reduce the severity of depression at the end "
    "of treatment, compared with usual care or a waiting list?"
)
NOTICE = (
    "Demonstration: a re-analysis on open data (Metapsy project, ODC-By 1.0). Votes and reasons are made up. It does "
    "not reproduce the published review (Giguère et al. 2025), whose figures are shown as quoted."
)
PROTOCOL = {
    "question": QUESTION,
    "notice": NOTICE,
    "population": "Adults with depression that did not respond to at least one adequate treatment",
    "intervention": "Psychotherapy, alone or added to usual care",
    "comparator": "Treatment as usual, active control or waiting list",
    "study_designs": "Randomised controlled trials",
}
CRITERIA = [
    ("include", "population", "Adults (18 years or older) with a depressive disorder"),
    ("include", "population", "No response to at least one adequate antidepressant treatment"),
    ("include", "intervention", "A psychotherapy delivered by a therapist, individually or in a group"),
    ("include", "comparator", "Usual care, an active control or a waiting list"),
    ("include", "outcome", "Severity of depression on a validated scale at the end of treatment"),
    ("include", "design", "Randomised controlled trial"),
    ("exclude", "population", "Depression defined only as chronic or recurrent, without treatment failure"),
    ("exclude", "design", "Reviews, protocols and follow-up reports without post-treatment data"),
]
NOT_RANDOMISED = "Not a randomised trial"
NOT_RESISTANT = "Not treatment-resistant depression"
NOT_PSYCHOTHERAPY = "Not a psychotherapy"
NO_OPEN_DATA = "Post-treatment data not openly available"
REASONS = [NOT_RANDOMISED, NOT_RESISTANT, NOT_PSYCHOTHERAPY, NO_OPEN_DATA]
OUTCOME: dict[str, Any] = {
    "name": "Depression severity",
    "domain": "Symptoms of depression",
    "scale": "Any validated scale; clinician-rated preferred",
    "direction": "lower",
    "time_point": "End of treatment",
    "is_primary": True,
}
#: name, e-mail, role
TEAM = [
    ("Ana Ortega", "ana@demo.example", "owner"),
    ("Ben Fischer", "ben@demo.example", "reviewer"),
    ("Cleo Martin", "cleo@demo.example", "reviewer"),
    ("Dora Lind", "dora@demo.example", "adjudicator"),
]
METAPSY = {
    "source": "Metapsy depression data base",
    "source_type": "database",
    "platform": "version 24.0.2",
    "query": "All references of the data base “depression: psychotherapy versus control conditions”.",
}
KNOWN = {
    "source": "Trials known to the team",
    "source_type": "website",
    "query": "Publishers' pages and trial repositories, each record checked by hand.",
}

RESISTANT = re.compile(
    r"(treatment|therapy)[- ]resistant|resistant (major )?depress|refractory|re-chord", re.I
)
CHRONIC = re.compile(r"chronic(ally)?(,| major)? depress|dysthymi|residual depress", re.I)
PUBLISHED_REVIEW = "systematic review and meta-analysis"
#: How many of the last records nobody finished, so that a visitor has something to screen.
LEFT_TO_SCREEN = 40
LEFT_WITH_ONE_VOTE = 12
LEFT_IN_CONFLICT = 2

#: study label of the data files -> a part of the titles of its reports
STUDIES = {
    "Cladder-Micus 2018": ["patients with chronic, treatment-resistant depression: a pragmatic"],
    "Garcia 2023": ["non-face-to-face multimodal lifestyle modification"],
    "Fonagy 2015": ["the tavistock adult depression study"],
    "Nakagawa 2017": ["supplementary cognitive-behavioral therapy for pharmacotherapy-resistant"],
    "Röhricht 2013": ["body psychotherapy for patients with chronic depression"],
    "Harley 2008": ["dialectical behavior therapy skills training group for treatment-resistant"],
    "Lynch 2020": ["radically open dialectical behaviour therapy (reframed)"],
    "Heshmati 2023": [
        "emotional repression in single treatment-resistant",
        "dataset from a randomized controlled trial",
    ],
    "Eisendrath 2016": [
        "a randomized controlled trial of mindfulness-based cognitive therapy for treatment-resistant"
    ],
    "Souza 2016": ["interpersonal psychotherapy as add-on for treatment-resistant"],
    "Town 2020": ["the halifax depression study"],
}
#: exclusions at full text: a part of the title -> reason (anything else at that stage is not treatment-resistant)
FULL_TEXT_REASONS = {
    "cobalt randomised": NO_OPEN_DATA,
    "rumination and improving mindfulness": NO_OPEN_DATA,
    "compassion-focused": NO_OPEN_DATA,
    "re-chord": NO_OPEN_DATA,
}
NOT_RETRIEVED = {"interpersonal counseling, for subdysthymic": "No reply from the library"}
REQUESTED = {"psychodynamic counselling for general practice patients": "Interlibrary loan"}


class TwoVotes(NamedTuple):
    """Ben's and Cleo's votes, and Dora's ruling where they differ."""

    ben: str
    cleo: str
    dora_includes: bool | None = None


def study_of(title: str) -> str | None:
    """The demo study a report with this title belongs to."""
    lowered = title.lower()
    return next((label for label, parts in STUDIES.items() if any(part in lowered for part in parts)), None)


def title_votes(title: str, position: int) -> TwoVotes:
    """How the two reviewers judged a title; ``position`` varies who hesitates."""
    if PUBLISHED_REVIEW in title.lower():
        return TwoVotes("exclude", "exclude")
    if RESISTANT.search(title):
        return TwoVotes("include", "maybe" if position % 5 == 0 else "include")
    if study_of(title):
        return TwoVotes("maybe", "include")
    if CHRONIC.search(title):
        return TwoVotes("include", "exclude", True) if position % 2 else TwoVotes("exclude", "include", True)
    if position % 97 == 13:
        return TwoVotes("maybe", "exclude", False)
    return TwoVotes("exclude", "exclude")


def full_text_reason(title: str) -> str:
    """Why the team left out a report that is not one of the studies."""
    lowered = title.lower()
    return next((why for part, why in FULL_TEXT_REASONS.items() if part in lowered), NOT_RESISTANT)


#: domain judgements the second assessor saw differently before consensus: (study, domain key) -> value
SECOND_OPINIONS = {
    ("Garcia 2023", "allocation_concealment"): "high",
    ("Röhricht 2013", "blinding_assessors"): "high",
    ("Heshmati 2023", "sequence_generation"): "high",
}
OUTLIER = "Heshmati 2023"
THERAPY = "therapy"
#: The scale of each study in the main analysis is its clinician-rated one where there is one.
SCALE_FIRST = {
    "Nakagawa 2017": "GRID-HDRS-17",
    "Fonagy 2015": "HDRS-17",
    "Harley 2008": "HDRS-17",
    "Lynch 2020": "HDRS-17",
}
CLINICIAN_SCALES = re.compile(r"HDRS|HAMD", re.I)
#: What every plan of the demo has, unless it says otherwise.
USUAL: dict[str, Any] = {"tau2_method": "REML", "test": "knha"}
#: name, plan settings; the outlier is handled by the loader
PLANS: list[tuple[str, dict[str, Any]]] = [
    ("All trials, Knapp-Hartung", {"question": QUESTION, "prespecified": True}),
    (
        "All trials, z test",
        {
            "question": "Does the effect hang on the Knapp-Hartung interval, which is wide with few trials?",
            "test": "z",
            "prespecified": True,
        },
    ),
    (
        "Without the outlier",
        {"question": f"What is left without {OUTLIER}, whose result is far from all others?"},
    ),
    (
        "Arm data only",
        {
            "question": "What do the trials say whose means and standard deviations are openly available?",
            "leave_out_derived": True,
        },
    ),
    (
        "Self-report scales where there are any",
        {
            "question": "Do people rate the effect on their own depression as clinicians do?",
            "prefer_rater": "self_report",
        },
    ),
    (
        "By therapy",
        {
            "question": "Do the therapies differ in their effect?",
            "subgroup_by": THERAPY,
            "prespecified": True,
        },
    ),
    (
        "By year of publication",
        {
            "question": "Did the effect change over the years? Exploratory: with so few trials, little can be said.",
            "moderators": [{"name": "publication year", "type": "number"}],
        },
    ),
]
#: What the two sides of the forest plots are called.
ARM_LABELS = {"experimental_label": "psychotherapy", "comparator_label": "control"}
WITHOUT_OUTLIER = "Without the outlier"
CITATION = (
    "Giguère S, Fortier A, Azrak J, Giguère C-É, Potvin S, Dumais A. J Pers Med 2025;15(8):338. "
    "doi 10.3390/jpm15080338 (abstract)"
)
#: label, estimate, low, high, k
QUOTED = [
    ("All included studies", -0.49, -0.63, -0.34, 12),
    ("Without the outlier", -0.47, -0.62, -0.32, None),
    ("Mindfulness-based cognitive therapy", -0.51, -0.76, -0.25, None),
    ("Cognitive behavioural therapy", -0.53, -0.92, -0.14, None),
    ("Cognitive therapy", -0.51, -1.01, -0.01, None),
]
#: What the findings of the demo have in common.
ABOUT_FINDINGS: dict[str, Any] = {
    "population": PROTOCOL["population"],
    "setting": "Outpatients, mostly",
    "intervention": "Psychotherapy",
    "comparison": "Usual care or another control",
    "time_point": OUTCOME["time_point"],
}
#: Why the certainty is what it is, agreed: {domain: (levels, footnote)}; the other domains take none off.
GRADED: dict[str, tuple[int, str]] = {
    "risk_of_bias": (
        -1,
        "Nobody can be blinded to psychotherapy, and most outcomes are rated by participants; three trials with more "
        "than a quarter of the weight are not coded in the data base.",
    ),
    "inconsistency": (
        -1,
        f"The effects differ by more than chance, and the prediction interval includes no effect. {OUTLIER} accounts "
        "for much of it, but there is no reason before its result to leave it out.",
    ),
    "indirectness": (0, "Adults after one failed treatment or more, as asked."),
    "publication_bias": (
        0,
        "Eleven small trials without a sign of small-study effects; searched as recorded.",
    ),
}
#: Where Cleo first saw it otherwise.
SECOND_RATING: dict[str, tuple[int, str]] = {
    "inconsistency": (0, f"One trial, {OUTLIER}, accounts for the heterogeneity; the others agree.")
}
#: label, plan, what was agreed
FINDINGS: list[tuple[str, str, dict[str, tuple[int, str]]]] = [
    ("Severity of depression, rated by clinicians where possible", "All trials, Knapp-Hartung", GRADED),
    (
        "Severity of depression, self-reported where possible",
        "Self-report scales where there are any",
        GRADED,
    ),
]
