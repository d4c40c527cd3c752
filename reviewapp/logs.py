"""What the log says of a refused request: one line."""

from logging import Filter, LogRecord


class OneLineForRefusals(Filter):
    """For ``django.request``: a 403 or 404 is an answer, no fault of the program, and needs no traceback."""

    def filter(self, record: LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True
