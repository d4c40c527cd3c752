"""Record text as pages show it."""

from django import template

from reviews.models import Membership
from screening.abstracts import Section, sections
from screening.services.people import notes_on_people

register = template.Library()


@register.filter
def abstract_sections(abstract: str) -> list[Section]:
    """``{% for part in record.abstract|abstract_sections %}{{ part.heading }} {{ part.text }}``"""
    return sections(abstract)


@register.inclusion_tag("screening/_people_notes.html")
def people_notes(membership: Membership) -> dict:
    """``{% people_notes membership %}``: conflicts that would have no resolver, and people named who left."""
    return {"notes": notes_on_people(membership)}
