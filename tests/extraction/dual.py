"""Two people's extractions of one study, made without a page."""

from django.utils import timezone

from extraction.models import Extraction, ExtractionSettings, Form, FormVersion, Result, Value
from tests.factories import make_result

SCHEMA = {
    "sections": [
        {
            "key": "people",
            "label": "People",
            "items": [
                {"key": "setting", "label": "Setting", "type": "text", "characteristic": "setting"},
                {"key": "age", "label": "Mean age", "type": "number", "unit": "years"},
                {"key": "blind", "label": "Assessors blinded", "type": "yes_no"},
                {"key": "notes", "label": "Notes", "type": "long_text"},
            ],
        },
        {
            "key": "money",
            "label": "Money",
            "items": [
                {
                    "type": "group",
                    "key": "funders",
                    "label": "Funders",
                    "fields": [
                        {"key": "funder", "label": "Funder", "type": "text"},
                        {"key": "role", "label": "Role", "type": "text"},
                    ],
                }
            ],
        },
    ]
}
BENS = {
    "setting": "Outpatient clinic",
    "age": "41.3",
    "blind": True,
    ("funder", "aa"): "NIHR",
    ("funder", "bb"): "Wellcome",
}
CLEOS = {"setting": "outpatient  clinic", "age": "41", "blind": False, ("funder", "xx"): "nihr"}
MEANS = {"n1": 40, "mean1": 8.2, "sd1": 4.7, "n2": 40, "mean2": 13.2, "sd2": 6.9}


def make_form(review, by, schema=None) -> FormVersion:
    form = Form.objects.create(review=review, name="Characteristics", created_by=by)
    return FormVersion.objects.create(
        form=form,
        schema=schema or SCHEMA,
        state=FormVersion.State.PUBLISHED,
        made_by=by,
        published_at=timezone.now(),
    )


def make_extraction(study, by, version=None, values=None, *, complete=True) -> Extraction:
    """``values`` {field or (field, row): value}; rows of the one group follow from them."""
    pairs = {key if isinstance(key, tuple) else (key, ""): value for key, value in (values or {}).items()}
    rows = list(dict.fromkeys(row for _, row in pairs if row))
    done = {"state": "complete", "completed_at": timezone.now(), "completed_by": by} if complete else {}
    extraction = Extraction.objects.create(
        review=study.review,
        study=study,
        extractor=by,
        form_version=version,
        rows={"funders": rows} if rows else {},
        **done,
    )
    Value.objects.bulk_create(
        Value(extraction=extraction, field=field, row=row, value=value, changed_by=by)
        for (field, row), value in pairs.items()
    )
    return extraction


def add_result(extraction, outcome, **fields) -> Result:
    fields = fields if "kind" in fields else {"kind": "means"} | MEANS | fields
    return make_result(
        extraction.study, outcome, extraction.extractor, extraction=extraction, is_preferred=False, **fields
    )


def make_dual(review) -> ExtractionSettings:
    return ExtractionSettings.objects.update_or_create(review=review, defaults={"mode": "dual"})[0]
