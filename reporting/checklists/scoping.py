"""PRISMA-ScR: 22 items for scoping reviews (12 and 16 where quality was appraised). Tricco et al. 2018."""

from reporting.checklists.base import Checklist, items_of

SCOPING = Checklist(
    key="scr",
    name="PRISMA-ScR",
    when="Scoping reviews.",
    reference="Tricco AC et al. PRISMA extension for scoping reviews. Ann Intern Med 2018;169:467-473",
    url="https://doi.org/10.7326/M18-0850",
    items=items_of(
        ("Title", (("1", "Title", "Says that this is a scoping review.", "title", "title_scoping"),)),
        (
            "Abstract",
            (
                (
                    "2",
                    "Structured summary",
                    "An abstract in sections: background, aims, criteria, sources, charting, results, conclusions.",
                    "abstract",
                ),
            ),
        ),
        (
            "Introduction",
            (
                ("3", "Rationale", "Why the review was done, and why as a scoping review.", ""),
                (
                    "4",
                    "Objectives",
                    "Questions and aims by their key elements.",
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
                    "Whether there is a protocol, where it is, and its registration.",
                    "methods.protocol",
                    "registration",
                    "protocol",
                ),
                (
                    "6",
                    "Eligibility criteria",
                    "What sources of evidence were eligible, and why.",
                    "methods.eligibility",
                    "eligibility",
                ),
                (
                    "7",
                    "Information sources",
                    "All sources with coverage and the date of the last search.",
                    "methods.searches",
                    "sources",
                ),
                (
                    "8",
                    "Search",
                    "The full strategy of one database at least.",
                    "searches",
                    "strategies",
                ),
                (
                    "9",
                    "Selection of sources",
                    "How sources of evidence were screened.",
                    "methods.selection",
                    "selection",
                ),
                (
                    "10",
                    "Data charting",
                    "How data were charted: forms, piloting, independence, asking authors.",
                    "methods.collection",
                    "collection",
                ),
                (
                    "11",
                    "Data items",
                    "Every variable sought, with assumptions.",
                    "methods.collection",
                    "outcomes",
                    "variables",
                ),
                (
                    "12",
                    "Critical appraisal",
                    "If done: why, how, and how it was used.",
                    "methods.risk",
                    "bias_tools",
                ),
                (
                    "13",
                    "Synthesis",
                    "How charted data were handled and summarised.",
                    "methods.synthesis",
                    "display",
                ),
            ),
        ),
        (
            "Results",
            (
                (
                    "14",
                    "Selection of sources",
                    "Numbers screened, assessed and included, with reasons; best as a diagram.",
                    "results.selection",
                    "flow",
                ),
                (
                    "15",
                    "Characteristics",
                    "Characteristics of each source, with its citation.",
                    "results.included",
                    "studies",
                ),
                ("16", "Critical appraisal", "If done: what it found.", "results.risk", "bias"),
                (
                    "17",
                    "Results of individual sources",
                    "For each source, the data that answer the questions.",
                    "results.included",
                    "results",
                ),
                (
                    "18",
                    "Synthesis",
                    "Charted results in the light of the questions.",
                    "results.synthesis",
                    "estimates",
                ),
            ),
        ),
        (
            "Discussion",
            (
                ("19", "Summary of evidence", "Main results: concepts, themes, kinds of evidence.", ""),
                ("20", "Limitations", "Limits of the scoping process.", ""),
                ("21", "Conclusions", "What the results mean for the questions, and what comes next.", ""),
            ),
        ),
        ("Funding", (("22", "Funding", "Funding of the sources and of this review.", "other.support"),)),
    ),
)
