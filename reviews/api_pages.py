"""How long lists come in the API. (Apart from api_base, which the framework reads while this is being loaded.)"""

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    """``?limit=`` up to 1000 rows a page and ``?offset=``; a larger limit gives 1000."""

    max_limit = 1000
