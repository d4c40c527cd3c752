"""The publication types that a record's source gave it, wherever its format keeps them. No Django here."""

from collections.abc import Mapping, Sequence

#: Tags and columns for the kind of work: PubMed, Ovid, CENTRAL (PT), EndNote and RIS (M3, U3), Web of Science (DT).
TAGS = frozenset(
    {
        "pt",
        "publicationtype",
        "publication type",
        "publication types",
        "publication_type",
        "m3",
        "u3",
        "dt",
        "document type",
        "document_type",
        "study type",
        "work-type",
    }
)


def types_in(extra: Mapping[str, Sequence[str] | str]) -> list[str]:
    """The publication types in a record's ``extra``, each alone, as they are written."""
    values: list[str] = []
    for tag, given in extra.items():
        if tag.casefold() in TAGS:
            values += [given] if isinstance(given, str) else given
    parts = (part.strip() for value in values for part in value.replace("|", ";").split(";"))
    return list(dict.fromkeys(part for part in parts if part))
