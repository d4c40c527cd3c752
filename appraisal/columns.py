"""The columns that a tool's judgements have in figures, tables and files. No Django here."""

from collections.abc import Mapping

from appraisal.instruments import Domain, Tool

#: The key of the overall judgement among {domain key: level key}.
OVERALL = "overall"
#: How the labels of domains begin that are about applicability, not about bias (QUADAS-2).
APPLICABILITY = "Applicability: "
LONGEST_HEAD = 4


def is_applicability(domain: Domain) -> bool:
    """Whether the domain is about how well a study fits the review's question."""
    return domain.label.startswith(APPLICABILITY)


def bias_domains(tool: Tool) -> list[Domain]:
    """The domains about bias."""
    return [domain for domain in tool.domains if not is_applicability(domain)]


def heads(tool: Tool) -> dict[str, str]:
    """{domain key: what heads its column}: the tool's own short names if all are short, else D1, D2 ..."""
    if all(len(domain.short) <= LONGEST_HEAD for domain in tool.domains):
        return {domain.key: domain.short for domain in tool.domains}
    return {domain.key: f"D{number}" for number, domain in enumerate(tool.domains, start=1)}


def has_overall(tool: Tool) -> bool:
    """Whether there is a column for the whole: a judgement, or a total of what is counted."""
    return tool.judges_overall or tool.counts


def counts_stars(tool: Tool) -> bool:
    """Whether the levels of domains are numbers of stars."""
    return any(question.stars for question in tool.questions)


def total(tool: Tool, values: Mapping[str, str]) -> int | None:
    """What the domains add up to; None unless the tool counts and every domain has a number."""
    found = [values.get(domain.key, "") for domain in tool.domains]
    return sum(map(int, found)) if counts_stars(tool) and all(map(str.isdigit, found)) else None


def most(tool: Tool) -> int:
    """The highest total there can be."""
    return sum(max(map(int, domain.levels)) for domain in tool.domains if domain.levels)
