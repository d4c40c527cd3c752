"""PRISMA-S: 16 items on searches. Rethlefsen et al., Systematic Reviews 2021;10:39, table 1."""

from reporting.checklists.base import Checklist, items_of

SEARCHES = Checklist(
    key="prisma-s",
    name="PRISMA-S",
    when="The searches of every review, beside the main checklist.",
    reference="Rethlefsen ML et al. PRISMA-S. Systematic Reviews 2021;10:39",
    url="https://doi.org/10.1186/s13643-020-01542-z",
    items=items_of(
        (
            "Information sources and methods",
            (
                ("1", "Database name", "Each database with its platform.", "searches", "search_1"),
                (
                    "2",
                    "Multi-database searching",
                    "Which databases were searched together on one platform.",
                    "searches",
                    "search_2",
                ),
                ("3", "Study registries", "The registers searched.", "searches", "search_3"),
                (
                    "4",
                    "Online resources and browsing",
                    "Websites and print browsed or searched, and how.",
                    "searches",
                    "search_4",
                ),
                (
                    "5",
                    "Citation searching",
                    "Whether references and citing papers were followed, of what and how.",
                    "searches",
                    "search_5",
                ),
                (
                    "6",
                    "Contacts",
                    "Whether authors, experts or makers were asked for more studies.",
                    "searches",
                    "search_6",
                ),
                (
                    "7",
                    "Other methods",
                    "Any other way in which studies were found.",
                    "searches",
                    "search_7",
                ),
            ),
        ),
        (
            "Search strategies",
            (
                (
                    "8",
                    "Full search strategies",
                    "The strategies of every source as they were run.",
                    "searches",
                    "search_8",
                ),
                (
                    "9",
                    "Limits and restrictions",
                    "Limits, or that there were none, and why.",
                    "searches",
                    "search_9",
                ),
                (
                    "10",
                    "Search filters",
                    "Published filters used, with their source, and changes to them.",
                    "searches",
                    "search_10",
                ),
                (
                    "11",
                    "Prior work",
                    "Strategies of other reviews that were taken over.",
                    "searches",
                    "search_11",
                ),
                ("12", "Updates", "How searches were repeated.", "searches", "search_12"),
                (
                    "13",
                    "Dates of searches",
                    "The last date of each search.",
                    "searches",
                    "search_13",
                ),
            ),
        ),
        (
            "Peer review",
            (
                (
                    "14",
                    "Peer review",
                    "Whether and how strategies were reviewed.",
                    "searches",
                    "search_14",
                ),
            ),
        ),
        (
            "Managing records",
            (
                (
                    "15",
                    "Total records",
                    "Records of each source and in all.",
                    "searches",
                    "search_15",
                ),
                (
                    "16",
                    "De-duplication",
                    "How duplicates were found, with which software.",
                    "searches",
                    "search_16",
                ),
            ),
        ),
    ),
)
