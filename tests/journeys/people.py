"""A person at a browser: signs in, goes to pages, presses keys. Journeys read like a story with these."""

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, Download, Page, expect

from tests.factories import PASSWORD
from tests.services import no_page_errors

LINK = re.compile(r"https?://\S+")


@dataclass
class Person:
    """``page`` is the person's own browser window, with cookies of its own."""

    name: str
    email: str
    page: Page

    def goes_to(self, path: str) -> "Person":
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.ok, f"{self.name} got {answer.status} at {path}"
        return self

    def sees(self, text: str) -> "Person":
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=20_000)
        return self

    def clicks(self, name: str, role: str = "button", *, exact: bool = False) -> "Person":
        self.page.get_by_role(role, name=name, exact=exact).first.click()
        return self

    def fills(self, **fields: str) -> "Person":
        """Fill by field name; a select takes the option's label."""
        for name, value in fields.items():
            field = self.page.locator(f"[name='{name}']:visible").first
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        return self

    def presses(self, key: str) -> "Person":
        self.page.wait_for_load_state()  # a page's text is there before its scripts listen
        self.page.keyboard.press(key)
        return self

    def signs_in(self) -> "Person":
        self.goes_to("/accounts/login/")
        self.fills(login=self.email, password=PASSWORD)
        self.presses("Enter")
        self.page.wait_for_url("**/reviews/")
        return self

    def downloads(self, name: str) -> Download:
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=name, exact=True).first.click()
        return waiting.value


class Cast:
    """Opens a window for each person and fails when a script of ours throws in any of them."""

    def __init__(self, browser: Browser, context_args: dict):
        self._browser = browser
        self._context_args = context_args
        self._open: list = []

    def enters(self, name: str) -> Person:
        context = self._browser.new_context(**self._context_args, accept_downloads=True)
        page = context.new_page()
        guard = no_page_errors(page)
        guard.__enter__()
        self._open.append((guard, context))
        return Person(name, f"{name}@example.org", page)

    def leave(self) -> None:
        for guard, context in self._open:
            context.close()
            guard.__exit__(None, None, None)


def link_in(mail) -> str:
    """The first address in an e-mail."""
    found = LINK.search(mail.body)
    assert found is not None, mail.body
    return found[0]
