"""What was extracted as tables: a row per result, a row per value, a row per study, and what every column means."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from extraction.filled import is_live
from extraction.form_schema import CODEBOOK_COLUMNS, Schema, codebook, read_schema, show_value
from extraction.models import Characteristic, Extraction, FormVersion, Result, Source, Value
from extraction.values import EVERY_FIELD, EVERY_NAME
from reviews.models import Membership
from screening.models import Study

SHARED = "shared"
RESULT_HEADER = [
    "result_id",
    "study",
    "whose",
    "outcome",
    "experimental",
    "comparator",
    "kind",
    "scale",
    "rater",
    "time_point",
    "weeks",
    "population",
    "subgroup",
    "is_change",
    "adjusted",
    "preferred",
    *EVERY_NAME,
    "derived",
    "as_reported",
    "converted_by",
    "basis",
    "source",
    "pages",
    "quotes",
    "extracted_by",
    "verified_by",
    "version",
]
VALUE_HEADER = [
    "study",
    "whose",
    "form",
    "form_version",
    "section",
    "group",
    "row",
    "field",
    "label",
    "value",
    "code",
    "unit",
    "comment",
    "pages",
    "quotes",
    "changed_by",
    "verified_by",
]
WIDE_HEADER = ["study", "year", "registration", "design"]
MEANINGS = {
    "result_id": "Number of the result in this application.",
    "study": "Label of the study.",
    "whose": "“shared”, or the person whose independent extraction it is.",
    "kind": "Which numbers the result consists of.",
    "weeks": "The time point in weeks since randomisation.",
    "is_change": "Whether the numbers are changes from baseline.",
    "adjusted": "Whether the numbers are adjusted for covariates.",
    "preferred": "Whether analyses use this result of the study and outcome.",
    "derived": "Whether a number was converted or derived, not read off as printed.",
    "as_reported": "What the report gives where it was converted, name = value.",
    "converted_by": "Methods of conversion (see the documentation of conversions).",
    "effect": "On the analysis scale: the logarithm for ratios.",
    "pages": "Pages of the report the row rests on, as the PDF counts.",
    "quotes": "Words of the report the row rests on.",
    "version": "Counts the corrections of the result.",
}


class Table(NamedTuple):
    header: list[str]
    rows: Iterable[list[Any]]


def results_table(membership: Membership) -> Table:
    """One row per result the member may see, shared and independent, with its study's characteristics at the end."""
    facts, names = _characteristics(membership)
    return Table([*RESULT_HEADER, *names], _result_rows(membership, facts, names))


def values_table(membership: Membership) -> Table:
    """One row per value of a form that the member may see."""
    return Table(VALUE_HEADER, _value_rows(membership))


def studies_table(membership: Membership) -> Table:
    """One row per study: characteristics, then what the shared forms say; a repeating group has a column per row.

    Columns of forms are called by the field's key, of a group by ``group.1.field``.
    """
    facts, names = _characteristics(membership)
    found = {one.study_id: one for one in _extractions(membership).consensus()}
    schemas = _schemas(found.values())
    columns: dict[str, None] = {}
    cells: dict[int, dict[str, str]] = {}
    for pk, extraction in found.items():
        if schema := schemas.get(extraction.form_version_id):
            cells[pk] = _cells(extraction, schema)
            columns |= dict.fromkeys(cells[pk])
    rows = [
        [
            study.label,
            study.year,
            study.registration,
            study.design,
            *(facts.get(study.pk, {}).get(name, "") for name in names),
            *(cells.get(study.pk, {}).get(column, "") for column in columns),
        ]
        for study in Study.objects.current().filter(review=membership.review).order_by("label")
    ]
    return Table([*WIDE_HEADER, *names, *columns], rows)


def codebook_table(membership: Membership) -> Table:
    """What every column of the other tables means: the numbers of results, then the fields of every form version."""
    header = ["table", "form", "form_version", *CODEBOOK_COLUMNS]
    return Table(header, _codebook_rows(membership))


def _result_rows(membership: Membership, facts: dict, names: list[str]) -> Iterator[list[Any]]:
    results = (
        Result.objects.visible_to(membership)
        .filter(superseded_at=None)
        .with_names()
        .select_related("extraction__extractor")
        .order_by("study__label", "outcome__order", "pk")
    )
    places = _places(membership, "result")
    for result in results:
        pages, quotes = places.get(result.pk, ("", ""))
        own = facts.get(result.study_id, {})
        yield [
            result.pk,
            result.study.label,
            str(result.extraction.extractor) if result.extraction else SHARED,
            result.outcome.name,
            result.experimental.label,
            result.comparator.label if result.comparator else "",
            result.kind,
            result.scale,
            result.rater,
            result.time_point,
            result.weeks,
            result.population,
            result.subgroup,
            _yes(result.is_change),
            _yes(result.adjusted),
            _yes(result.is_preferred),
            *(_plain(getattr(result, name)) for name in EVERY_NAME),
            _yes(result.derived),
            "; ".join(f"{name} = {value}" for name, value in result.as_reported.items()),
            "; ".join(entry.get("key", "") for entry in result.conversions),
            result.basis,
            result.source,
            pages,
            quotes,
            str(result.extracted_by),
            str(result.verified_by or ""),
            result.version,
            *(own.get(name, "") for name in names),
        ]


def _value_rows(membership: Membership) -> Iterator[list[Any]]:
    places = _places(membership, "value")
    extractions = list(_extractions(membership))
    schemas = _schemas(extractions)
    for extraction in extractions:
        schema = schemas.get(extraction.form_version_id)
        if schema is None:
            continue
        order = {field.key: number for number, field in enumerate(schema.fields)}
        values = [one for one in extraction.values.all() if one.field in order and one.value is not None]
        for one in sorted(values, key=lambda one: (order[one.field], one.pk)):
            if is_live(extraction, one.row):
                yield _value_row(extraction, schema, one, *places.get(one.pk, ("", "")))


def _value_row(extraction: Extraction, schema: Schema, one: Value, pages: str, quotes: str) -> list[Any]:
    field, version = schema.field(one.field), extraction.form_version
    rows = extraction.rows.get(field.group, [])
    return [
        extraction.study.label,
        _whose(extraction),
        version.form.name if version else "",
        version.number if version else "",
        schema.section(field.section).label,
        field.group,
        rows.index(one.row) + 1 if one.row in rows else "",
        field.key,
        field.label,
        show_value(field, one.value),
        "; ".join(one.value) if isinstance(one.value, list) else _plain(one.value),
        field.unit,
        one.comment,
        pages,
        quotes,
        str(one.changed_by),
        str(one.verified_by or ""),
    ]


def _cells(extraction: Extraction, schema: Schema) -> dict[str, str]:
    """{column: words} of one extraction in the order of its form, empty fields too."""
    values = {(one.field, one.row): one.value for one in extraction.values.all()}
    cells: dict[str, str] = {}
    for field in schema.fields:
        if field.is_calculated:
            continue
        if not field.group:
            cells[field.key] = show_value(field, values.get((field.key, "")))
    for key, group in schema.groups.items():
        for number, row in enumerate(extraction.rows.get(key, []), start=1):
            for field in group.fields:
                if not field.is_calculated:
                    cells[f"{key}.{number}.{field.key}"] = show_value(field, values.get((field.key, row)))
    return cells


def _codebook_rows(membership: Membership) -> Iterator[list[Any]]:
    blank = dict.fromkeys(CODEBOOK_COLUMNS, "")
    for name in RESULT_HEADER:
        field = EVERY_FIELD.get(name)
        told = {"key": name, "label": field.label if field else name.replace("_", " ")}
        if field:
            told["type"] = "text" if field.text else "yes_no" if field.flag else "number"
            told["min"] = "" if field.least is None else f"{field.least:g}"
            told["max"] = "" if field.most is None else f"{field.most:g}"
        if name == "kind":
            told["options"] = "; ".join(f"{key} = {label}" for key, label in Result.Kind.choices)
        told["help"] = MEANINGS.get(name, "")
        yield ["results", "", "", *(blank | told).values()]
    for version in _versions_in_use(membership):
        for entry in codebook(read_schema(version.schema)):
            yield ["values", version.form.name, version.number, *entry.to_dict().values()]


def _versions_in_use(membership: Membership) -> Iterable[FormVersion]:
    """Published versions, and those that something the member may see was extracted with."""
    versions = FormVersion.objects.filter(form__review=membership.review).select_related("form")
    used = set(_extractions(membership).values_list("form_version", flat=True))
    published = FormVersion.State.PUBLISHED
    return [one for one in versions.order_by("form", "number") if one.state == published or one.pk in used]


def _extractions(membership: Membership):
    return (
        Extraction.objects.visible_to(membership)
        .select_related("study", "extractor", "form_version__form")
        .prefetch_related("values__changed_by", "values__verified_by")
        .order_by("study__label", "-kind", "pk")
    )


def _schemas(extractions: Iterable[Extraction]) -> dict[int | None, Schema]:
    """Each form version read once."""
    versions = {one.form_version_id: one.form_version for one in extractions if one.form_version}
    return {pk: read_schema(version.schema) for pk, version in versions.items() if version}


def _characteristics(membership: Membership) -> tuple[dict[int, dict[str, str]], list[str]]:
    found = Characteristic.objects.filter(study__review=membership.review)
    facts: dict[int, dict[str, str]] = defaultdict(dict)
    for study, name, value in found.values_list("study", "name", "value"):
        facts[study][name] = value
    return facts, sorted({name for values in facts.values() for name in values})


def _places(membership: Membership, kind: str) -> dict[int, tuple[str, str]]:
    """{id: (pages, quotes)} of the sources of results or values."""
    found: dict[int, list[Source]] = defaultdict(list)
    for source in Source.objects.visible_to(membership).filter(**{f"{kind}__isnull": False}).order_by("pk"):
        found[getattr(source, f"{kind}_id")].append(source)
    return {
        pk: (
            "; ".join(
                dict.fromkeys(str(one.page or one.locator) for one in sources if one.page or one.locator)
            ),
            " | ".join(one.quote for one in sources if one.quote),
        )
        for pk, sources in found.items()
    }


def _whose(extraction: Extraction) -> str:
    return SHARED if extraction.kind == Extraction.Kind.CONSENSUS else str(extraction.extractor)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _plain(value: Any) -> Any:
    return _yes(value) if isinstance(value, bool) else value
