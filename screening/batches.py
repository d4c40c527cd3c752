"""A batch: for as long as a person wants it, the screen gives them only the records of one saved search."""

from records.models import RecordQuerySet
from reviews.access import ReviewRequest
from screening.filters import BadFilter, found_by
from screening.models import SavedSearch


def _key(request: ReviewRequest) -> str:
    return f"batch-{request.membership.review_id}"


def choose_batch(request: ReviewRequest, search: SavedSearch | None) -> None:
    """Limit this session's screen in this review to a search, or to none any more."""
    if search is None:
        request.session.pop(_key(request), None)
    else:
        request.session[_key(request)] = search.pk


def batch_of(request: ReviewRequest) -> SavedSearch | None:
    """The search this session is limited to, while it is there to be seen."""
    chosen = request.session.get(_key(request))
    if chosen is None:
        return None
    return SavedSearch.objects.live().visible_to(request.membership).filter(pk=chosen).first()


def within(request: ReviewRequest) -> RecordQuerySet | None:
    """The records of the batch for ``queue.ahead``; None without one, or when its filter cannot be read any more."""
    search = batch_of(request)
    if search is None:
        return None
    try:
        return found_by(request.membership, search.query).order_by()
    except BadFilter:  # a label it names is gone, for example: as if there were no batch
        choose_batch(request, None)
        return None
