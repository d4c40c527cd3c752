"""What the worlds hold of extraction: arms, results, forms, two people, sources, a workbook sent back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django.utils import timezone
from openpyxl import load_workbook

from extraction import services as extraction
from extraction.linting import judged_of
from extraction.models import Extraction, Form, FormVersion, Result, Value
from extraction.services import sheets as extraction_sheets
from extraction.services.contacts import ask_authors
from extraction.services.digitised import add_figure
from reviews.models import User
from tests.extraction.dual import add_result, make_extraction, make_form
from tests.factories import (
    make_study,
)

#: The form of cohort studies.
FORM = {
    "sections": [
        {
            "key": "where",
            "label": "Where",
            "items": [
                {"key": "place", "label": "Country", "type": "text"},
                {
                    "key": "sites",
                    "label": "Sites",
                    "type": "group",
                    "fields": [{"key": "site", "label": "Site", "type": "text"}],
                },
            ],
        }
    ]
}


if TYPE_CHECKING:
    from tests.security.world import World


def add_extraction(world: World) -> None:
    _arms_and_results(world)
    _sources(world)
    _authors(world)
    _figures(world)
    _two_people(world)
    _filling_in(world)
    _forms(world)


def _arms_and_results(world: World) -> None:
    by = world.people["extractor"]
    for number, study in enumerate(world.studies):
        arms = [
            extraction.add_arm(study=study, label=label, role=role, n_randomised=40, by=by)
            for label, role in (("Therapy", "experimental"), ("Usual care", "comparator"))
        ]
        result = extraction.record_result(
            study=study,
            outcome=world.outcome,
            experimental=arms[0],
            comparator=arms[1],
            kind="means",
            values={"n1": 40, "mean1": 8.2 + number, "sd1": 4.7, "n2": 40, "mean2": 13.2, "sd2": 6.9},
            by=by,
        )
        characteristic = extraction.set_characteristic(study=study, name="therapy", value="MBCT", by=by)
        world.rows |= {"arm": arms[0], "arms": arms, "result": result, "characteristic": characteristic}
    _several(world, by)
    term = extraction.add_term(review=world.review, kind="intervention", name="CBT", by=by)
    other = extraction.add_term(review=world.review, kind="intervention", name="Therapy", by=by)
    world.rows |= {"term": term, "other_term": other}
    world.rows["sheet"] = _sheet(world, by)
    world.rows["spare_arm"] = extraction.add_arm(study=study, label="Spare", role="comparator", by=by)


def _several(world: World, by: User) -> None:
    """Beside the last result one of another arm with the same control, medians, a warning and a dismissed one."""
    study, control = world.result.study, world.arms[1]
    third = extraction.add_arm(study=study, label="Tai chi", role="experimental", by=by)
    place = {"study": study, "outcome": world.outcome, "comparator": control, "by": by}
    numbers = {"n1": 38, "mean1": 10.1, "sd1": 5.5, "n2": 40, "mean2": 13.2, "sd2": 6.9}
    other = extraction.record_result(**place, experimental=third, kind="means", values=numbers)
    quartiles = {
        "n1": 40,
        "median1": 8,
        "q1_1": 5,
        "q3_1": 12,
        "n2": 40,
        "median2": 13,
        "q1_2": 9,
        "q3_2": 17,
    }
    medians = extraction.record_result(
        **place, experimental=world.arms[0], kind="quantiles", scale="PHQ-9", values=quartiles
    )
    warned = judged_of(Result.objects.filter(pk__in=[world.result.pk, other.pk]).with_names())
    warning, looked_into = warned[world.result.pk][0].warning, warned[other.pk][0].warning
    world.rows |= {
        "other_result": other,
        "medians": medians,
        "warning": warning,
        "dismissed": extraction.dismiss_warning(
            result=other,
            code=looked_into.code,
            fingerprint=looked_into.fingerprint,
            reason="Combined later.",
            by=by,
        ),
    }


def _sources(world: World) -> None:
    """Where a result and a form value stand, and a source that was removed."""
    by, study = world.people["extractor"], world.studies[0]
    shared, _ = Extraction.objects.get_or_create(
        study=study, kind=Extraction.Kind.CONSENSUS, defaults={"review": world.review, "extractor": by}
    )
    value, _ = Value.objects.get_or_create(
        extraction=shared, field="country", row="", defaults={"value": "Japan", "changed_by": by}
    )
    gone = extraction.add_source(by=by, result=world.result, locator="Table 3")
    world.rows |= {
        "value": value,
        "removed_source": extraction.remove_source(source=gone, by=by),
        "source": extraction.add_source(by=by, result=world.result, page=2, quote="8.2 (4.7)"),
    }


def _authors(world: World) -> None:
    """A question that was sent, and one that was not."""
    ask = {"study": world.study, "by": world.people["extractor"], "asked_of": "kim@example.org"}
    world.rows |= {
        "contact": ask_authors(**ask, question="The SD?", sent_at=timezone.localdate()),
        "unsent_contact": ask_authors(**ask, question="The mean?"),
    }


def _figures(world: World) -> None:
    """Points read off a figure of the study of the result."""
    world.rows["report_text"] = world.included.full_text
    world.rows["figure"] = add_figure(
        study=world.result.study,
        name="Figure 2",
        file_name="fig2.csv",
        data=b"x,y\n0,410\n8,95\n",
        by=world.people["extractor"],
    )


def _two_people(world: World) -> None:
    """Two complete extractions of the first study that differ on a field, a number and a result only one has."""
    version = make_form(world.review, world.owner)
    version.form.retired_at = timezone.now()  # no study is given this form
    version.form.save()
    pair = [
        make_extraction(world.study, world.people[who], version, {"age": age, "setting": "Clinic"})
        for who, age in (("extractor", "41"), ("statistician", "44"))
    ]
    for each, sd in zip(pair, (4.7, 5.7), strict=True):
        world.rows["compared_result"] = add_result(each, world.outcome, scale="BDI", sd1=sd)


def _filling_in(world: World) -> None:
    """Studies of one design with a form: one being filled in, one handed in, one complete, one that can be."""
    by, review = world.people["extractor"], world.review
    form = Form.objects.create(review=review, name="Cohorts", designs=["cohort"], created_by=world.owner)
    version = {"form": form, "schema": FORM, "made_by": world.owner}
    version |= {"state": "published", "published_at": timezone.now()}
    FormVersion.objects.create(**version)
    names = ("filled_study", "handed_study", "ready_study", "completed_study")
    for name in names:
        world.rows[name] = study = make_study(review, name)
        study.design = "cohort" if name in names[:2] else "other"
        study.save()
    for name in ("filled", "handed_in"):
        one = extraction.start_extraction(study=world.rows[f"{name.partition('_')[0]}_study"], by=by)
        extraction.set_value(extraction=one, field="place", value="Chile", by=by, seen_version=0)
        world.rows[name] = one
    extraction.complete_extraction(extraction=world.handed_in, by=by)
    world.rows["row"] = extraction.add_row(extraction=world.filled, group="sites", by=by)
    world.rows["gone_row"] = extraction.add_row(extraction=world.filled, group="sites", by=by)
    cell = {"extraction": world.filled, "field": "site", "row": world.gone_row}
    extraction.set_value(**cell, value="Lima", by=by, seen_version=0)
    extraction.remove_row(extraction=world.filled, group="sites", row=world.gone_row, by=by)
    extraction.complete_study(study=world.completed_study, by=by)
    FormVersion.objects.create(**version, number=2)


def _forms(world: World) -> None:
    """A published form with a changed draft, one that is only published, one that is being piloted."""
    mine = {"by": world.owner, "review": world.review, "designs": ["qualitative"], "sections": ["funding"]}
    for row, name in (("form", "Interviews"), ("published_form", "Diaries"), ("pilot_form", "Letters")):
        world.rows[row] = form = extraction.create_form(name=name, **mine)
        if row == "pilot_form":
            piloted = make_study(world.review, "piloted")
            extraction.start_pilot(version=form.versions.get(), studies=[piloted], by=world.owner)
        else:
            extraction.publish_form(version=form.versions.get(), by=world.owner, seen_version=1)
    draft = extraction.begin_draft(form=world.form, by=world.owner)
    world.rows["form_version"] = extraction.add_standard_section(
        version=draft, key="remarks", by=world.owner, seen_version=1
    )


def _sheet(world: World, by: User):
    """A workbook that was filled in and sent back, with one difference."""
    membership = by.memberships.get(review=world.review)
    book = load_workbook(io.BytesIO(extraction_sheets.workbook_of(membership=membership)))
    keys = [cell.value for cell in book["Arms"][2]]
    book["Arms"].cell(3, keys.index("dose") + 1).value = "16 sessions"
    stream = io.BytesIO()
    book.save(stream)
    return extraction_sheets.upload_sheet(
        review=world.review, by=by, name="filled.xlsx", data=stream.getvalue()
    )
