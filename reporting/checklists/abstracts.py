"""PRISMA 2020 for abstracts: 12 items. Page et al., BMJ 2021;372:n71, table 2."""

from reporting.checklists.base import Checklist, items_of

ABSTRACTS = Checklist(
    key="abstracts",
    name="PRISMA 2020 for abstracts",
    when="The abstract of every systematic review.",
    reference="Page MJ et al. The PRISMA 2020 statement, table 2. BMJ 2021;372:n71",
    url="https://doi.org/10.1136/bmj.n71",
    items=items_of(
        ("Title", (("1", "Title", "Says that this is a systematic review.", "title", "title"),)),
        ("Background", (("2", "Objectives", "The main question, stated.", "abstract", "objectives"),)),
        (
            "Methods",
            (
                ("3", "Eligibility criteria", "What was included and excluded.", "abstract", "eligibility"),
                (
                    "4",
                    "Information sources",
                    "The sources, with the date of the last search.",
                    "abstract",
                    "sources",
                ),
                ("5", "Risk of bias", "How risk of bias was assessed.", "abstract", "bias_tools"),
                (
                    "6",
                    "Synthesis of results",
                    "How results were presented and combined.",
                    "abstract",
                    "synthesis",
                ),
            ),
        ),
        (
            "Results",
            (
                (
                    "7",
                    "Included studies",
                    "How many studies and participants, and what marks them.",
                    "abstract",
                    "studies",
                ),
                (
                    "8",
                    "Synthesis of results",
                    "Main outcomes with the number of studies and people; estimates with intervals and direction.",
                    "abstract",
                    "estimates",
                ),
            ),
        ),
        (
            "Discussion",
            (
                (
                    "9",
                    "Limitations of evidence",
                    "Limits such as risk of bias, inconsistency and imprecision, in short.",
                    "abstract",
                ),
                ("10", "Interpretation", "What the results mean.", "abstract"),
            ),
        ),
        (
            "Other",
            (
                ("11", "Funding", "The main source of funding.", "abstract"),
                ("12", "Registration", "Register and number.", "abstract", "registration"),
            ),
        ),
    ),
)
