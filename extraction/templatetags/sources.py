"""What the fragment of sources needs: addresses and words of what a source is of."""

from typing import Any

from django import template
from django.urls import reverse

from extraction import provenance
from extraction.models import Source
from extraction.services.sources import Target, kind_of

register = template.Library()


@register.simple_tag(takes_context=True)
def sources_url(context: Any, target: Target) -> str:
    """The page on which sources of ``target`` are added."""
    return reverse(f"extraction:{kind_of(target)}_sources", args=[context["review"].slug, target.pk])


@register.filter
def source_field(source: Source) -> str:
    """Which number of the result it is the source of, "" for all."""
    return provenance.field_label(source)


@register.filter
def of(found: dict | None, key: Any) -> Any:
    """``{{ origins|of:row.study_id }}``: the entry of a dictionary, None where there is none."""
    return (found or {}).get(key)


@register.filter
def for_number(sources: list[Source] | str, name: str) -> Source | None:
    """The source of one number of a result: its own, else one of the whole result."""
    rows = [] if isinstance(sources, str) else sources or []
    fitting = [source for source in rows if source.result_id and source.field in (name, "")]
    return max(fitting, key=lambda source: source.field == name, default=None)
