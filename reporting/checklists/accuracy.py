"""PRISMA-DTA: 27 items for diagnostic accuracy (D1 and D2 for 15 and 22 of PRISMA 2009). McInnes et al. 2018."""

from reporting.checklists.base import Checklist, items_of

ACCURACY = Checklist(
    key="dta",
    name="PRISMA-DTA",
    when="Reviews of diagnostic test accuracy.",
    reference="McInnes MDF et al. PRISMA extension for diagnostic test accuracy. JAMA 2018;319:388-396",
    url="https://doi.org/10.1001/jama.2017.19163",
    items=items_of(
        (
            "Title",
            (
                (
                    "1",
                    "Title",
                    "Says that this is a systematic review of diagnostic accuracy studies.",
                    "title",
                    "title_accuracy",
                ),
            ),
        ),
        ("Abstract", (("2", "Abstract", "The abstract follows PRISMA-DTA for abstracts.", "abstract"),)),
        (
            "Introduction",
            (
                ("3", "Rationale", "Why the review was done.", ""),
                (
                    "D1",
                    "Clinical role of the index test",
                    "How the test is used, and what would be good enough.",
                    "",
                ),
                (
                    "4",
                    "Objectives",
                    "The question: people, index test, target condition.",
                    "background.objectives",
                    "objectives",
                ),
            ),
        ),
        (
            "Methods",
            (
                (
                    "5",
                    "Protocol and registration",
                    "Where the protocol is, and its registration.",
                    "methods.protocol",
                    "registration",
                    "protocol",
                ),
                (
                    "6",
                    "Eligibility criteria",
                    "People, setting, index test, reference standard, target condition, design.",
                    "methods.eligibility",
                    "eligibility",
                ),
                ("7", "Information sources", "All sources with dates.", "methods.searches", "sources"),
                ("8", "Search", "The full strategies of all sources.", "searches", "strategies"),
                (
                    "9",
                    "Study selection",
                    "How studies were selected.",
                    "methods.selection",
                    "selection",
                ),
                (
                    "10",
                    "Data collection process",
                    "How data were collected.",
                    "methods.collection",
                    "collection",
                ),
                (
                    "11",
                    "Definitions for data extraction",
                    "How target condition, tests and other characteristics were defined.",
                    "methods.collection",
                    "outcomes",
                    "variables",
                ),
                (
                    "12",
                    "Risk of bias and applicability",
                    "How both were assessed.",
                    "methods.risk",
                    "bias_tools",
                ),
                (
                    "13",
                    "Diagnostic accuracy measures",
                    "The main measures, and what they are counted in.",
                    "methods.synthesis",
                    "measures",
                ),
                (
                    "14",
                    "Synthesis of results",
                    "How data were handled and combined: thresholds, several tests, indeterminate results.",
                    "methods.synthesis",
                    "display",
                ),
                (
                    "D2",
                    "Meta-analysis",
                    "The statistical methods, if results were pooled.",
                    "methods.synthesis",
                    "synthesis",
                ),
                (
                    "16",
                    "Additional analyses",
                    "Sensitivity, subgroups, regression.",
                    "methods.synthesis",
                    "exploring",
                    "sensitivity",
                ),
            ),
        ),
        (
            "Results",
            (
                (
                    "17",
                    "Study selection",
                    "Numbers at each step with reasons, best as a diagram.",
                    "results.selection",
                    "flow",
                ),
                (
                    "18",
                    "Study characteristics",
                    "Each study: people, setting, tests, design, funding.",
                    "results.included",
                    "studies",
                ),
                (
                    "19",
                    "Risk of bias and applicability",
                    "The judgements for each study.",
                    "results.risk",
                    "bias",
                ),
                (
                    "20",
                    "Results of individual studies",
                    "Two by two tables and accuracy with intervals, best as a plot.",
                    "results.synthesis",
                    "results",
                ),
                (
                    "21",
                    "Synthesis of results",
                    "Accuracy and its variability; pooled results with intervals.",
                    "results.synthesis",
                    "estimates",
                ),
                (
                    "23",
                    "Additional analyses",
                    "What they found, and failed tests.",
                    "results.synthesis",
                    "explored",
                    "sensitivity_found",
                ),
            ),
        ),
        (
            "Discussion",
            (
                (
                    "24",
                    "Summary of evidence",
                    "Main findings with the strength of the evidence.",
                    "results.certainty",
                    "grades",
                ),
                ("25", "Limitations", "Limits of the studies and of the review.", ""),
                ("26", "Conclusions", "What the results mean in practice and for research.", ""),
            ),
        ),
        (
            "Other",
            (("27", "Funding", "Funding and other support, and the part of funders.", "other.support"),),
        ),
    ),
)
