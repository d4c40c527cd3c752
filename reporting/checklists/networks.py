"""PRISMA-NMA: 32 items for network meta-analyses (S1 to S5 beside the 27 of PRISMA 2009). Hutton et al. 2015."""

from reporting.checklists.base import Checklist, items_of

NETWORKS = Checklist(
    key="nma",
    name="PRISMA-NMA",
    when="Reviews with a network meta-analysis.",
    reference="Hutton B et al. PRISMA extension for network meta-analyses. Ann Intern Med 2015;162:777-784",
    url="https://doi.org/10.7326/M14-2385",
    items=items_of(
        (
            "Title",
            (
                (
                    "1",
                    "Title",
                    "Says that this is a systematic review with a network meta-analysis.",
                    "title",
                    "title_network",
                ),
            ),
        ),
        (
            "Abstract",
            (
                (
                    "2",
                    "Structured summary",
                    "An abstract in sections, with the network and its treatments.",
                    "abstract",
                ),
            ),
        ),
        (
            "Introduction",
            (
                ("3", "Rationale", "Why the review was done, and why as a network.", ""),
                ("4", "Objectives", "The questions by PICOS.", "background.objectives", "objectives"),
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
                    "Criteria with the eligible treatments, and which were merged into one node.",
                    "methods.eligibility",
                    "eligibility",
                ),
                ("7", "Information sources", "All sources with dates.", "methods.searches", "sources"),
                (
                    "8",
                    "Search",
                    "The full strategy of one database at least.",
                    "searches",
                    "strategies",
                ),
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
                    "Data items",
                    "Variables sought, with assumptions.",
                    "methods.collection",
                    "outcomes",
                    "variables",
                ),
                (
                    "S1",
                    "Geometry of the network",
                    "How the network was explored, and biases its shape may bring.",
                    "methods.synthesis",
                    "network",
                ),
                (
                    "12",
                    "Risk of bias in studies",
                    "How it was assessed and used.",
                    "methods.risk",
                    "bias_tools",
                ),
                (
                    "13",
                    "Summary measures",
                    "Effect measures, and further ones such as ranks.",
                    "methods.synthesis",
                    "measures",
                ),
                (
                    "14",
                    "Planned methods of analysis",
                    "How data were combined: multi-arm trials, variance, model, fit.",
                    "methods.synthesis",
                    "synthesis",
                ),
                (
                    "S2",
                    "Inconsistency",
                    "How agreement of direct and indirect evidence was assessed.",
                    "methods.synthesis",
                    "network",
                ),
                (
                    "15",
                    "Risk of bias across studies",
                    "How bias of the cumulative evidence was assessed.",
                    "methods.synthesis",
                    "small_study",
                ),
                (
                    "16",
                    "Additional analyses",
                    "Sensitivity, subgroups, regression, other networks or priors.",
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
                ("S3", "Network structure", "The network drawn.", "results.synthesis", "networks_found"),
                (
                    "S4",
                    "Network geometry",
                    "The network in words: treatments, trials, people, gaps.",
                    "results.synthesis",
                    "networks_found",
                ),
                (
                    "18",
                    "Study characteristics",
                    "Characteristics of each study, with its citation.",
                    "results.included",
                    "studies",
                ),
                (
                    "19",
                    "Risk of bias within studies",
                    "The judgements for each study.",
                    "results.risk",
                    "bias",
                ),
                (
                    "20",
                    "Results of individual studies",
                    "For each study and outcome: data of each arm, effects with intervals.",
                    "results.synthesis",
                    "results",
                ),
                (
                    "21",
                    "Synthesis of results",
                    "Each comparison with its interval; ranks if they were made.",
                    "results.synthesis",
                    "networks_found",
                ),
                (
                    "S5",
                    "Inconsistency",
                    "What was found on inconsistency.",
                    "results.synthesis",
                    "networks_found",
                ),
                (
                    "22",
                    "Risk of bias across studies",
                    "What was found on it.",
                    "results.synthesis",
                    "small_study_found",
                ),
                (
                    "23",
                    "Additional analyses",
                    "What they found.",
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
                    "Main findings with their strength, for whom they matter.",
                    "results.certainty",
                    "grades",
                ),
                (
                    "25",
                    "Limitations",
                    "Limits of studies and review; whether transitivity and consistency hold.",
                    "",
                ),
                ("26", "Conclusions", "What the results mean, and for research.", ""),
            ),
        ),
        (
            "Funding",
            (
                (
                    "27",
                    "Funding",
                    "Sources of funding and their part; ties to makers of the treatments.",
                    "other.support",
                ),
            ),
        ),
    ),
)
