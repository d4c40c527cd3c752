"""A form of a study, and quick ways to fill it in."""

from django.utils import timezone

from extraction import services
from extraction.models import Form, FormVersion

SCHEMA = {
    "sections": [
        {
            "key": "people",
            "label": "Participants",
            "items": [
                {"key": "country", "type": "text", "label": "Country", "characteristic": "Country"},
                {"key": "enrolled", "type": "number", "label": "Enrolled", "required": True, "min": 1},
                {"key": "women", "type": "number", "label": "Women", "min": 0},
                {
                    "key": "share",
                    "type": "calculated",
                    "label": "Share of women",
                    "formula": "100 * women / enrolled",
                    "unit": "%",
                    "decimals": 1,
                    "characteristic": "Women, %",
                },
                {
                    "key": "setting",
                    "type": "choice",
                    "label": "Setting",
                    "options": [{"key": "ward", "label": "Ward"}, {"key": "other", "label": "Another"}],
                },
                {
                    "key": "which",
                    "type": "text",
                    "label": "Which setting",
                    "required": True,
                    "shown_when": {"tests": [{"field": "setting", "op": "is", "value": "other"}]},
                },
            ],
        },
        {
            "key": "payers",
            "label": "Funding",
            "items": [
                {
                    "key": "funders",
                    "type": "group",
                    "label": "Funders",
                    "at_least": 1,
                    "at_most": 2,
                    "fields": [
                        {"key": "funder", "type": "text", "label": "Name", "required": True},
                        {"key": "amount", "type": "number", "label": "Amount"},
                    ],
                },
                {"key": "remarks", "type": "long_text", "label": "Remarks"},
            ],
        },
    ]
}


def make_form(review, by, schema=SCHEMA, name="Study form") -> FormVersion:
    form = Form.objects.create(review=review, name=name, created_by=by)
    return FormVersion.objects.create(
        form=form, schema=schema, state="published", published_at=timezone.now(), made_by=by
    )


def finished(extraction, by, put):
    """Everything required is filled in and the extraction is handed in."""
    put(extraction, by, "enrolled", "40")
    extraction.refresh_from_db()
    for row in extraction.rows["funders"]:
        put(extraction, by, "funder", "MRC", row=row)
    return services.complete_extraction(extraction=extraction, by=by)
