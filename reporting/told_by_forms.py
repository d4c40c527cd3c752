"""What the shared extraction forms say about each study, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from extraction.filled import working_of
from extraction.form_schema import Field, Group, Schema, Working, show_with_unit
from extraction.models import Extraction, FormVersion
from reviews.models import Review


class Told(NamedTuple):
    """One answer: the section and label of the form, and the answer in words. ``column`` names it in a file."""

    section: str
    label: str
    words: str

    @property
    def column(self) -> str:
        return f"{self.section}: {self.label}"


def told_by_forms(review: Review) -> dict[int, tuple[Told, ...]]:
    """{study: answers in the order of its form}. What was not filled in is left out, so are the fields that feed a
    characteristic of the study: they are told there. Three queries."""
    shared = Extraction.objects.consensus().filter(review=review, form_version__isnull=False)
    versions = FormVersion.objects.in_bulk(set(shared.values_list("form_version", flat=True)))
    return {
        one.study_id: tuple(_answers(one, versions[one.form_version_id].read()))
        for one in shared.prefetch_related("values")
    }


def _answers(extraction: Extraction, schema: Schema) -> Iterator[Told]:
    work = working_of(extraction, schema)
    for section in schema.sections:
        for item in section.items:
            if isinstance(item, Group):
                yield from _rows(work, section.label, item)
            elif words := _words(work, item):
                yield Told(section.label, item.label, words)


def _rows(work: Working, section: str, group: Group) -> Iterator[Told]:
    """A line for each row of a repeating group."""
    for number, row in enumerate(work.rows.get(group.key, []), start=1):
        parts = [f"{field.label}: {words}" for field in group.fields if (words := _words(work, field, row))]
        if parts:
            yield Told(section, f"{group.label} {number}", "; ".join(parts))


def _words(work: Working, field: Field, row: str = "") -> str:
    """The answer as far as the field is shown; "" otherwise."""
    return "" if field.characteristic else show_with_unit(field, work.value(field.key, row))
