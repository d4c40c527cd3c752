"""A careful reader of one web service: one host, bounded answers, patience with a service that is busy.

Only the host and scheme it was made for are asked, whatever a redirect says; certificates are checked; proxies of the
environment (HTTPS_PROXY) are used.
"""

from __future__ import annotations

import email.utils
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

AGENT = "systematic-review-application/1.0"
#: Plain http would let anybody on the way read the key and change the answer.
SCHEMES = ("https",)
TIMEOUT = 30.0
HURRY = 6.0
LONGEST_ANSWER = 300.0
LONGEST_PAUSE = 60.0
MOST_BYTES = 64 * 1024 * 1024
ATTEMPTS = 4
BUSY = (429, 500, 502, 503, 504)


class NoAnswer(Exception):
    """The service gave no answer that can be used; the message is a sentence for the person who asked."""

    def __init__(self, sentence: str, *, status: int | None = None):
        super().__init__(sentence)
        self.status = status


class Unusable(Exception):
    """One answer is broken off or not what was asked for; another try may be better. The message says what it is."""


class Site:
    """One web service. ``pause`` is the least number of seconds between two requests.

    ``wait(seconds)`` sleeps; a job passes one that notices when it is cancelled. In a ``hurry``, because somebody
    looks at an empty page meanwhile, there is one short try.
    """

    def __init__(
        self,
        name: str,
        base: str,
        *,
        pause: float = 0.35,
        wait: Callable[[float], None] = time.sleep,
        hurry: bool = False,
    ):
        if urlsplit(base).scheme not in SCHEMES:
            raise ValueError(f"{base}: only {' or '.join(SCHEMES)} is asked.")
        self.name = name
        self._base = base
        self._pause = pause
        self._wait = wait
        self._last = -pause
        self._attempts, self._timeout = (1, HURRY) if hurry else (ATTEMPTS, TIMEOUT)
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _SameHost(),
            urllib.request.UnknownHandler(),
        ):
            self._opener.add_handler(handler)

    def ask(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        post: bool = False,
        check: Callable[[bytes], None] = lambda data: None,
    ) -> bytes:
        """The answer's body. ``check`` raises Unusable for a body that is worth another try.

        Raises NoAnswer after four tries, or at once for a request the service refuses (``status`` is the code).
        """
        address, data = f"{self._base}{path}", urlencode(params)
        request = urllib.request.Request(  # noqa: S310 - __init__ refuses every other scheme
            address if post else f"{address}?{data}",
            data=data.encode() if post else None,
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        )
        for attempt in range(1, self._attempts + 1):
            self._keep_the_pace()
            try:
                body = self._read(request)
                check(body)
                return body
            except urllib.error.HTTPError as error:
                with error:
                    if error.code not in BUSY:
                        raise self._refused(error) from error
                    cause, pause = self._busy(error.code), _retry_after(error.headers.get("Retry-After"))
            except Unusable as error:
                cause, pause = f"{self.name} gave an answer that cannot be used: {error}", None
            except (OSError, http.client.HTTPException) as error:
                cause, pause = f"{self.name} could not be reached ({_told(error)}).", None
            if attempt < self._attempts:
                self._wait(2.0 ** (attempt - 1) if pause is None else pause)
        raise NoAnswer(f"{cause} Nothing was imported. Try again later.")

    def _keep_the_pace(self) -> None:
        rest = self._last + self._pause - time.monotonic()
        if rest > 0:
            self._wait(rest)
        self._last = time.monotonic()

    def _read(self, request: urllib.request.Request) -> bytes:
        give_up = time.monotonic() + min(LONGEST_ANSWER, self._timeout * 10)
        parts, size = [], 0
        with self._opener.open(request, timeout=self._timeout) as answer:
            while part := answer.read1(1 << 18):
                size += len(part)
                if size > MOST_BYTES:
                    raise NoAnswer(
                        f"{self.name} gave more than {MOST_BYTES // 1024**2} MB at once, which is too much. Nothing "
                        "was imported."
                    )
                if time.monotonic() > give_up:
                    raise TimeoutError("the answer came too slowly")
                parts.append(part)
            if answer.length:  # read1 says nothing of bytes that were announced and did not come
                raise Unusable("it broke off.")
        return b"".join(parts)

    def _busy(self, code: int) -> str:
        if code == 429:
            return f"{self.name} says that it is asked too often (429)."
        return f"{self.name} is out of order at the moment ({code})."

    def _refused(self, error: urllib.error.HTTPError) -> NoAnswer:
        if 300 <= error.code < 400:
            return NoAnswer(
                f"{self.name} sent us on to another address, which is not followed ({error.code}). Nothing was "
                "imported.",
                status=error.code,
            )
        return NoAnswer(
            f"{self.name} refused the request ({error.code}). Nothing was imported.", status=error.code
        )


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to the same scheme and host, and then not far."""

    max_redirections = 3

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def refuse_web_page(body: bytes) -> None:
    """Raise Unusable for an HTML page where data was asked for, as of a proxy or a service in repair."""
    start = body[:500].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise Unusable("it is a web page and no data.")


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait, from seconds or a date; no more than a minute."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = when.timestamp() - time.time()
    return min(max(seconds, 0.0), LONGEST_PAUSE)


def _told(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    if isinstance(reason, http.client.IncompleteRead):
        return "the answer broke off"
    return str(reason).strip() or type(reason).__name__
