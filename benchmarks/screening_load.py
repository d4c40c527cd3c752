"""The load tool of `screening.py`: people who each vote every second or two, over keep-alive connections."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

SLUG = "big"
HELD = 5  # records that a browser holds
TOGETHER = 3  # it asks for more when so many of them are gone (static/js/screen/main.js)
WARM = 6  # requests of a page that are not counted
ARRIVAL = 10.0  # seconds within which all open the screen
CSRF = "b" * 32


@dataclass
class Tally:
    """What the load saw; ``client`` are seconds by kind of request."""

    client: dict[str, list[float]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    given: list[tuple[int, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def time(self, kind: str, seconds: float) -> None:
        with self.lock:
            self.client.setdefault(kind, []).append(seconds)


class Person:
    """One reviewer's browser: holds a few records, sends a vote and gets the next with the answer."""

    def __init__(self, address: tuple[str, int], user: int, session: str, tally: Tally) -> None:
        self.user, self.tally = user, tally
        self.line = http.client.HTTPConnection(*address, timeout=60)
        self.headers = {
            "Cookie": f"session={session}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self.held: list[int] = []
        self.last: int | None = None

    def ask(self, kind: str, method: str, path: str, body: dict | None = None) -> tuple[int, bytes]:
        begun = time.perf_counter()
        self.line.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.line.getresponse()
        data = answer.read()
        self.tally.time(kind, time.perf_counter() - begun)
        if answer.status != 200:
            with self.tally.lock:
                self.tally.failed.append(f"{path}: {answer.status} {data[:200]!r}")
        return answer.status, data

    def exchange(self, kind: str, votes: list[dict], count: int) -> None:
        """Send ``votes`` and take up to ``count`` more records."""
        ahead = {"count": count, "without": self.held, "after": self.last}
        body = {"as": self.user, "votes": votes, "ahead": ahead}
        # the address says what is in it, so that the server's log can be told apart
        path = f"/reviews/{SLUG}/screen/title_abstract/votes/?{kind}"
        status, data = self.ask(kind, "POST", path, body)
        if status != 200:
            return
        answer = json.loads(data)
        new = [each["record"] for each in answer["ahead"]]
        self.held += new
        with self.tally.lock:
            self.tally.given += [(record, self.user) for record in new]
            for key, told in answer["votes"].items():
                if told["state"] == "taken":
                    self.tally.taken.append(key)
                else:
                    self.tally.refused.append(told["sentence"])

    def vote(self, kind: str, count: int) -> bool:
        """Vote on the first record held; False when there is none left."""
        if not self.held:
            return False
        self.last = self.held.pop(0)
        word = random.choice(["include", "exclude", "exclude"])
        vote = {"record": self.last, "vote": word, "key": str(uuid.uuid4()), "seconds": 2, "note": ""}
        self.exchange(kind, [vote], count)
        return True


def alone(person: Person, times: int) -> None:
    """One person without a pause: a vote with the next record, a vote alone, the next record alone."""
    person.exchange("next", [], HELD)
    for _ in range(times):
        person.vote("vote+next", 1)
    for _ in range(times):
        if len(person.held) < 2:
            person.exchange("next", [], 1)
        person.vote("vote", 0)
        person.exchange("next", [], 1)


def pages(person: Person, addresses: dict[str, str], times: int) -> None:
    for kind, address in addresses.items():
        for number in range(WARM + times):  # each worker reads its templates at the first request
            name = kind if number >= WARM else "warm"
            person.ask(name, "GET", f"/reviews/{SLUG}/{address}{'&' if '?' in address else '?'}{name}")


def together(people: list[Person], seconds: float, think: tuple[float, float]) -> None:
    """All at once, when all have come, each with a pause of ``think`` (from, to) seconds between votes."""
    begin = time.monotonic() + ARRIVAL + think[1]

    def work(person: Person) -> None:
        time.sleep(random.uniform(0, ARRIVAL))
        person.exchange("first", [], HELD)
        time.sleep(max(0.0, begin - think[1] - time.monotonic()) + random.uniform(0, think[1]))
        while time.monotonic() < begin + seconds:
            gone = HELD + 2 - len(person.held)  # beside the one voted on and the one that comes into view
            if not person.vote("together", gone if gone >= TOGETHER else 0):
                person.exchange("together-next", [], HELD)
            time.sleep(random.uniform(*think))

    _threads([_safely(person, work) for person in people])


def _safely(person: Person, work: Callable[[Person], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            work(person)
        except Exception as error:  # a thread that dies would look like a quick server
            with person.tally.lock:
                person.tally.failed.append(repr(error))

    return run


def _threads(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
