"""Where a new result goes: among the shared ones, or in one's own extraction where two people work independently."""

from extraction.models import Extraction, ExtractionSettings
from extraction.services.extractions import start_extraction
from extraction.services.settings import mode_of
from reviews.models import User
from screening.models import Study


def home_of(*, study: Study, by: User) -> Extraction | None:
    """The independent extraction that ``by`` records results of ``study`` in (begun now if need be), or None."""
    dual = mode_of(study) == ExtractionSettings.Mode.DUAL
    return start_extraction(study=study, by=by) if dual else None
