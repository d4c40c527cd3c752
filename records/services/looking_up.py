"""The fields of one reference: read from what a person pasted, and looked up when that is only an identifier."""

from typing import Any

from django.conf import settings

from records.formats import parse
from records.services.by_hand import read_reference
from records.services.from_network import network_is_on
from records.sources import openalex, pubmed
from records.sources.openalex import OpenAlex, as_parsed
from records.sources.pubmed import PubMed
from records.sources.web import NoAnswer
from records.values import LABELS

EXPLAINED = "Imports over the network are switched off, so only the identifier could be filled in."


def look_up_reference(text: str) -> tuple[dict[str, Any], str]:
    """The fields of the one reference in ``text``, and a sentence about them for the person ("" if there is none).

    A lone PubMed number or DOI is looked up in PubMed or OpenAlex, if the server may. That fails gently: then the
    identifier is all there is, and the sentence says so. Raises CannotRead for a text that holds no reference.
    """
    fields = read_reference(text)
    doi, pmid = fields.get("doi", ""), fields.get("pmid", "")
    if fields.get("title") or not (doi or pmid):
        return fields, ""
    if not network_is_on():
        return fields, EXPLAINED
    source = "PubMed" if pmid else "OpenAlex"
    try:
        found = _from_pubmed(pmid) if pmid else _from_openalex(doi)
    except NoAnswer as error:
        said = str(error).replace(" Nothing was imported. Try again later.", "")
        return fields, f"Only the identifier could be filled in. {said}"
    if not found:
        return fields, f"{source} does not know {pmid or doi}; check it."
    return fields | found, f"Filled in from {source}; check it against the paper."


def _from_pubmed(pmid: str) -> dict[str, Any]:
    source = PubMed(api_key=settings.NCBI_API_KEY, email=settings.CONTACT_EMAIL, base=pubmed.BASE, hurry=True)
    articles = source.fetch([pmid])
    if pmid not in articles.ids:
        return {}
    xml = pubmed.HEAD + articles.xml + pubmed.FOOT
    record = next(iter(parse(xml, filename="PubMed", format="pubmed_xml")))
    return {name: value for name in LABELS if (value := getattr(record, name, None))}


def _from_openalex(doi: str) -> dict[str, Any]:
    source = OpenAlex(
        api_key=settings.OPENALEX_API_KEY, email=settings.CONTACT_EMAIL, base=openalex.BASE, hurry=True
    )
    work = source.find(doi=doi)
    record = as_parsed(work, []) if work else None
    return {name: value for name in LABELS if (value := getattr(record, name, None))}
