"""Unpaywall: whether a report with a DOI may be read freely, where, in which version and under which licence.

Source: https://unpaywall.org/products/api (version 2). Requests and answers only: nothing here knows about Django.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from records.sources.web import NoAnswer, Site, Unusable, refuse_web_page

BASE = "https://api.unpaywall.org/v2/"


class Unpaywall:
    """``email`` is whom they write to; they answer nobody without."""

    def __init__(self, *, email: str, wait: Callable[[float], None] = time.sleep, base: str = ""):
        self._email = email
        self._site = Site("Unpaywall", base or BASE, pause=0.1, wait=wait)

    def find(self, doi: str) -> dict[str, Any]:
        """{open, url, pdf, licence, version, host, status} of a DOI; ``{open: False}`` when nothing is open.

        Raises NoAnswer when Unpaywall cannot be asked; for a DOI it does not know, {open: False, unknown: True}.
        """
        try:
            body = self._site.ask(quote(doi, safe="/"), {"email": self._email}, check=_is_a_paper)
        except NoAnswer as error:
            if error.status == 404:
                return {"open": False, "unknown": True}
            raise
        paper = json.loads(body)
        place = paper.get("best_oa_location")
        status = _text(paper.get("oa_status"))
        if not paper.get("is_oa") or not isinstance(place, dict):
            return {"open": False, "status": status}
        return {
            "open": True,
            "url": _web(place.get("url_for_landing_page")) or _web(place.get("url")),
            "pdf": _web(place.get("url_for_pdf")),
            "licence": _text(place.get("license")),
            "version": _text(place.get("version")),
            "host": _text(place.get("host_type")),
            "status": status,
        }


def _is_a_paper(body: bytes) -> None:
    refuse_web_page(body)
    try:
        answer = json.loads(body)
    except ValueError:
        raise Unusable("it broke off, or is no JSON.") from None
    if not isinstance(answer, dict) or "is_oa" not in answer:
        raise Unusable("it is not what was asked for.")


def _text(value: Any) -> str:
    return "".join(sign for sign in str(value or "") if sign.isprintable())[:200]


def _web(value: Any) -> str:
    """A web address, or nothing: it becomes a link."""
    address = _text(value) if len(str(value or "")) <= 1000 else ""
    return address if address.startswith(("https://", "http://")) else ""
