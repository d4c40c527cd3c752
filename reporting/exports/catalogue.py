"""The list of exports: what each holds and in which formats it comes.

A new export is one entry of EXPORTS. Its builders are called with the membership and, as keywords, with what was
chosen of its options; those of a ``long`` export also with ``tell(done, total, message)``.
"""

from collections.abc import Mapping

from django.utils import timezone

from reporting.exports import (
    analyses,
    appraisal,
    certainty,
    characteristics,
    cochrane,
    decisions,
    extraction,
    metafor,
    records,
    remarks,
    report,
    revman,
    robvis,
    workbook,
)
from reporting.exports.archive import ARCHIVE
from reporting.exports.choosing import READER, WHICH
from reporting.exports.shape import Export, Option, Pieces, Tell, UnknownExport, quiet
from reviews.models import Membership, Review
from reviews.workbooks import XLSX

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
    "bib": "application/x-bibtex; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "json": "application/json",
    "xlsx": XLSX,
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
}
#: What a format is called where its extension does not say it.
FORMAT_NAMES = {"bib": "BibTeX", "xml": "EndNote XML", "docx": "Word", "xlsx": "Excel"}
#: The exports in the order of the page, under these headings; those named nowhere are tables.
SECTIONS = {
    "The whole review": ["report", "workbook", "archive"],
    "References and screening": ["records", "decisions", "notes"],
    "For other programs": ["revman", "cochrane", "metafor", "robvis"],
    "Tables": [],
}

EXPORTS: dict[str, Export] = {
    "report": Export(
        "Word report",
        "The whole review as a document to submit: methods, flow diagram, characteristics, risk of bias, forest "
        "plots, summary of findings, references, and the searches and excluded reports as appendices.",
        {"docx": report.as_docx},
        (report.PROMPTS,),
        long=True,
    ),
    "records": Export(
        "Records",
        "Every record with its source, whether it is a duplicate and of which, where it stands at each stage, by "
        "whose votes, and the shared labels and team notes you may see; or the references of those you choose, for "
        "a reference manager or another screening program.",
        {
            "csv": records.as_csv,
            "ris": records.as_ris,
            "bib": records.as_bibtex,
            "xml": records.as_endnote,
        },
        options=(*WHICH, READER),
    ),
    "workbook": Export(
        "Everything as a workbook",
        "A sheet for every stage, from searches to analyses, and a README that says what is where, whose view it is "
        "and how many rows there are.",
        {"xlsx": workbook.as_xlsx},
        long=True,
    ),
    "decisions": Export(
        "Decisions",
        "Every vote and adjudication you may see, also withdrawn ones, with reviewer, reason, note and time.",
        {"csv": decisions.as_csv},
    ),
    "notes": Export(
        "Notes",
        "Every note you may see, with author, stage and time; your private ones, too.",
        {"csv": remarks.as_csv},
    ),
    "characteristics": Export(
        "Characteristics of studies",
        "Included studies with methods, participants, interventions, outcomes and characteristics; excluded ones "
        "with reasons; those awaiting classification and ongoing ones.",
        {"csv": characteristics.as_csv, "xlsx": characteristics.as_xlsx},
        (characteristics.TABLE,),
    ),
    "assessments": Export(
        "Risk of bias",
        "Every answer and judgement you may see, with proposal, reason, support, quote and page.",
        {"csv": appraisal.as_csv},
    ),
    "robvis": Export(
        "Risk of bias for robvis",
        "One tool's judgements as the table that the R package robvis draws: study, domains, overall.",
        {"csv": robvis.as_csv},
        options=(robvis.TOOL, robvis.OUTCOME, robvis.LAYOUT),
    ),
    "extraction": Export(
        "Extraction",
        "Every result with its arms, numbers, conversions, basis and source, and each study's characteristics; "
        "the workbook also has the values, the studies and the codebook.",
        {"csv": extraction.as_csv, "xlsx": extraction.as_xlsx},
    ),
    "values": Export(
        "Extracted values",
        "Every value of the extraction forms that you may see, a row each, with its page and quote.",
        {"csv": extraction.values_as_csv},
    ),
    "studies": Export(
        "Studies",
        "One row per study: design, characteristics, and what the extraction forms say; repeating groups in "
        "columns of their own.",
        {"csv": extraction.studies_as_csv},
    ),
    "codebook": Export(
        "Codebook",
        "What every column of the extraction means: field, label, type, unit, limits, answers, condition, form "
        "version.",
        {"csv": extraction.codebook_as_csv},
    ),
    "analysis": Export(
        "Analyses",
        "The finished runs: pooled results as a table, or every number with its inputs as JSON.",
        {"csv": analyses.as_csv, "json": analyses.as_json},
    ),
    "metafor": Export(
        "Effect sizes for metafor",
        "What the newest runs pooled, a row each, for R: effects and variances (yi, vi), the numbers they come from "
        "under metafor's names, subgroup, moderators and risk of bias. Pairwise analyses only.",
        {"csv": metafor.as_csv},
        options=(metafor.PLAN,),
    ),
    "certainty": Export(
        "Certainty of the evidence",
        "The summary of findings, or the evidence profile with what was decided in each domain; what is agreed "
        "only, with the reasons as footnotes.",
        {"docx": certainty.as_docx, "csv": certainty.as_csv},
        options=(certainty.TABLE, certainty.COMPARISON),
    ),
    "revman": Export(
        "RevMan",
        "Study data for RevMan: the references of the included studies, and their information, arms, results and "
        "agreed risk of bias as the CSV files of its study-centric import, with the order of steps.",
        {"zip": revman.as_zip},
    ),
    "cochrane": Export(
        "Cochrane data package",
        "The newest results of the plans with the data of each study, as Cochrane publishes them with a review; "
        "read.cdir of the R package meta reads it.",
        {"zip": cochrane.as_zip},
        options=(Option("layout", "Layout", cochrane.LAYOUTS, nothing="As RevMan exports it"),),
    ),
    "archive": ARCHIVE,
}


def build_export(
    *,
    membership: Membership,
    what: str,
    extension: str,
    options: Mapping[str, str] | None = None,
    tell: Tell = quiet,
) -> Pieces:
    """The export as pieces of text or, for workbooks, documents and archives, of bytes.

    Raises UnknownExport or UnknownOption, naming what there is.
    """
    export = find_export(what, extension)
    chosen = export.chosen(membership, options or {})
    return export.formats[extension](membership, **chosen, **({"tell": tell} if export.long else {}))


def find_export(what: str, extension: str) -> Export:
    """The export, if there is one of that name in that format. Raises UnknownExport naming what there is."""
    if what not in EXPORTS:
        raise UnknownExport(f"There is no export '{what}'. Choose one of: {', '.join(EXPORTS)}.")
    export = EXPORTS[what]
    if extension not in export.formats:
        raise UnknownExport(
            f"{export.title} cannot be written as '{extension or 'a file without extension'}'. "
            f"Choose one of: {', '.join(export.formats)}."
        )
    return export


def sections_for(membership: Membership) -> dict[str, dict[str, Export]]:
    """The exports that are offered to the member, by heading and key."""
    offered = {what: export for what, export in EXPORTS.items() if export.needs in membership.may}
    named = {what for keys in SECTIONS.values() for what in keys}
    rest = [what for what in offered if what not in named]
    found = {
        title: {what: offered[what] for what in keys or rest if what in offered}
        for title, keys in SECTIONS.items()
    }
    return {title: exports for title, exports in found.items() if exports}


def format_name(extension: str) -> str:
    return FORMAT_NAMES.get(extension, extension.upper())


def export_name(review: Review, what: str, extension: str) -> str:
    """File name such as trd_records_20260105-1200Z.csv."""
    return f"{review.slug}_{what}_{timezone.now():%Y%m%d-%H%M}Z.{extension}"
