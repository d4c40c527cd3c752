"""Fetching one file from an address that somebody else named, without being led into our own network.

The address comes from an answer over the network. Only https to the public internet is asked: the name is resolved
once, every address it has must be public, and the connection goes to the one that was checked. Each redirect is
looked at in the same way. Proxies of the environment are not used, as they could not be checked so.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import urljoin, urlsplit

from records.sources.web import AGENT

SCHEMES = ("https",)
TIMEOUT = 20.0
LONGEST = 120.0
REDIRECTS = 5


class CannotGet(Exception):
    """The message is a sentence for the person who asked."""


def get(url: str, *, most: int) -> bytes:
    """The bytes at ``url``; raises CannotGet for whatever goes wrong, and for more than ``most`` bytes."""
    give_up = time.monotonic() + LONGEST
    for _ in range(REDIRECTS + 1):
        try:
            status, body = _once(url, most, give_up)
        except (OSError, http.client.HTTPException) as error:
            raise CannotGet(f"{urlsplit(url).hostname} could not be reached.") from error
        if not isinstance(body, str):
            return body
        if status != 0:
            raise CannotGet(body)
        url = body
    raise CannotGet("It sends us from one address to the next.")


def _once(url: str, most: int, give_up: float) -> tuple[int, bytes | str]:
    """(status, body); (0, the next address) for a redirect; (status, sentence) for a refusal."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise CannotGet("Its address is no https address.")
    connection = _connect(parts.scheme, parts.hostname, parts.port)
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("GET", path, headers={"User-Agent": AGENT, "Accept": "application/pdf"})
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308):
            return 0, urljoin(url, answer.headers.get("Location", ""))
        if answer.status != 200:
            return answer.status, f"{parts.hostname} does not give it ({answer.status})."
        return 200, _read(answer, most, give_up)
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    port = port or (443 if scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise CannotGet(f"{host} is not on the public internet.")
    plain = socket.create_connection((addresses[0], port), timeout=TIMEOUT)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    connection.sock = plain
    if scheme == "https":
        try:
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
    return connection


def is_public(address: str) -> bool:
    """Neither this machine, nor its network, nor anything reserved; an IPv4 address inside an IPv6 one counts."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inside:
            return is_public(str(inside))
    return found.is_global and not found.is_multicast


def _read(answer: http.client.HTTPResponse, most: int, give_up: float) -> bytes:
    parts, size = [], 0
    while part := answer.read1(1 << 18):
        size += len(part)
        if size > most:
            raise CannotGet(f"It is larger than {most // 1024**2} MB.")
        if time.monotonic() > give_up:
            raise CannotGet("It came too slowly.")
        parts.append(part)
    if answer.length:
        raise CannotGet("It broke off.")
    return b"".join(parts)
