"""Record text as pages show it."""

from django import template

from screening.abstracts import Section, sections

register = template.Library()


@register.filter
def abstract_sections(abstract: str) -> list[Section]:
    """``{% for part in record.abstract|abstract_sections %}{{ part.heading }} {{ part.text }}``"""
    return sections(abstract)
