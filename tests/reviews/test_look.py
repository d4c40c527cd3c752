"""The look is one set of tokens and classes, and no page needs what the content security policy refuses."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
PAGES = sorted(p for p in TEMPLATES.rglob("*") if p.suffix in {".html", ".svg"})
STYLES = sorted((STATIC / "css").rglob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
TOKENS = (STATIC / "css" / "tokens.css").read_text()
CATALOGUE = (ROOT / "docs" / "design.md").read_text()

INCLUDED = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""")
ICON = re.compile(r"""include\s+["']_icon\.html["']\s+with\s+name=["']([\w-]+)["']""")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def html_of(path: Path) -> str:
    """The template without comments; tags and variables become a space."""
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", " ", path.read_text(), flags=re.DOTALL)
    return re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_template_has_nothing_inline(path):
    html = html_of(path)
    assert not re.search(r"<style\b", html), "a <style> element: use a class from static/css"
    assert not re.search(r"<[^>]*\sstyle\s*=", html), "style= is refused by the policy: use a class"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", html), "on*= is refused by the policy: use data- attributes"
    assert not re.search(r"<[^>]*\shx-on\b", html), "hx-on needs eval: use static/js"
    assert not re.search(r"javascript:", html)
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", html, flags=re.DOTALL):
        assert "src=" in attributes or "application/json" in attributes, "a script needs a file of its own"
        assert "src=" not in attributes or not body.strip()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_nothing_comes_from_elsewhere(path):
    """No CDN: scripts, styles, pictures and fonts are our own files."""
    assert not re.search(
        r"""<(?:script|link|img|use|iframe)\b[^>]*(?:src|href)=["'](?:https?:)?//""", html_of(path)
    )


def family(template: Path, seen: set[Path] | None = None) -> set[Path]:
    """The template with all it extends and includes by a literal name."""
    seen = set() if seen is None else seen
    if template not in seen and template.exists():
        seen.add(template)
        for other in INCLUDED.findall(template.read_text()):
            family(TEMPLATES / other, seen)
    return seen


@pytest.mark.parametrize(
    "path", [p for p in PAGES if not p.name.startswith("_") and p.suffix == ".html"], ids=name
)
def test_every_key_means_one_thing_on_a_page(path):
    """A key may stand twice only for the same gesture (the same data-key-label in two branches)."""
    meaning = {
        (key, re.sub(r"\s+", " ", label))
        for part in family(path)
        for keys, label in re.findall(
            r"""data-key="([^"{]+)"[^>]*?data-key-label=["']([^"']*)""", part.read_text(), flags=re.DOTALL
        )
        for key in keys.split()
    }
    twice = [key for key, count in Counter(key for key, _ in meaning).items() if count > 1]
    assert not twice, f"these keys have two meanings here: {sorted(meaning)}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_key_is_explained(path):
    """The ? dialog lists data-key-label, so every key has one and it is printed lower case."""
    text = path.read_text()
    for tag in re.findall(r"<[^>]*\sdata-key=\"[^>]*>", text):
        assert "data-key-label" in tag, tag
        keys = re.search(r'data-key="([^"]*)"', tag)[1]
        assert all(len(key) > 1 or key == key.lower() for key in keys.split()), tag


@pytest.mark.parametrize("path", [p for p in STYLES if p.name != "tokens.css"], ids=name)
def test_colours_come_from_the_tokens(path):
    raw = re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|light-dark)\(", path.read_text())
    assert not raw, "put the colour into tokens.css and give it a name"


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=name)
def test_files_stay_small(path):
    assert len(path.read_text().splitlines()) < 450


#: What pdf.js writes on its pages.
SET_BY_SCRIPT = {"--total-scale-factor"}


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_every_token_exists(path):
    known = set(re.findall(r"(--[\w-]+)\s*:", TOKENS + path.read_text())) | SET_BY_SCRIPT
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text())) <= known


def test_every_stylesheet_and_module_is_used():
    linked = "".join(p.read_text() for p in PAGES)
    assert [name(p) for p in STYLES if str(p.relative_to(STATIC)) not in linked] == []
    imported = {
        m for p in SCRIPTS for m in re.findall(r'from "\.{1,2}/(?:[\w-]+/)*([\w-]+\.js)"', p.read_text())
    }
    assert [
        p.name for p in SCRIPTS if p.name not in imported and str(p.relative_to(STATIC)) not in linked
    ] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_build_no_markup_from_text(path):
    assert not re.search(r"\binnerHTML\b|\beval\(|new Function|document\.write", path.read_text())


@cache
def icons() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_icon_exists(path):
    assert set(ICON.findall(path.read_text())) <= icons()


def test_the_catalogue_shows_what_exists():
    """Each class in a snippet of docs/design.md is in the stylesheets, each partial and icon is there."""
    styles = "".join(p.read_text() for p in STYLES)
    classes = {c for value in re.findall(r'class="([^"{]+)"', CATALOGUE) for c in value.split()}
    assert [c for c in sorted(classes) if f".{c}" not in styles] == []
    assert all((TEMPLATES / t).exists() for t in INCLUDED.findall(CATALOGUE))
    listed = re.search(r"Names: the ids in `static/img/icons\.svg`\s*\(([^)]*)\)", CATALOGUE)[1].split()
    assert set(listed) == icons()


def palette(theme: int) -> dict[str, str]:
    """Token name -> hex colour in the light (0) or dark (1) theme."""
    pairs = re.findall(r"(--[\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));", TOKENS)
    return {token: (light, dark)[theme] or single for token, light, dark, single in pairs}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two hex colours, 1 to 21."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


SURFACES = ["--bg", "--surface", "--sunken", "--hover"]
MEANINGS = ["--include", "--exclude", "--maybe", "--conflict", "--pending"]
TEXT_ON = [
    *[(text, on) for text in ("--text", "--muted", "--accent", *MEANINGS) for on in SURFACES],
    *[(text, f"{text}-soft") for text in MEANINGS],
    *[("--text", f"{text}-soft") for text in ("--accent", *MEANINGS)],
    ("--accent-strong", "--accent-soft"),
    ("--muted", "--accent-soft"),
    ("--on-solid", "--accent"),
    ("--on-solid", "--accent-strong"),
    ("--on-toast", "--toast"),
    ("--text", "--mark"),
]
EDGES = [("--line-strong", on) for on in SURFACES] + [("--focus", on) for on in SURFACES]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_edges_have_the_contrast_of_wcag_2_2_aa(theme):
    colours = palette(theme)
    weak = [
        (a, b, round(contrast(colours[a], colours[b]), 2))
        for pairs, least in ((TEXT_ON, 4.5), (EDGES, 3))
        for a, b in pairs
        if contrast(colours[a], colours[b]) < least
    ]
    assert weak == []


def test_contrast_is_the_ratio_of_wcag():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.005
    )  # the guideline's well-known near miss


def test_the_vendored_library_is_the_recorded_one():
    row = next(line for line in (STATIC / "VENDORED.md").read_text().splitlines() if "htmx-2" in line)
    source = Path(finders.find("django_htmx/htmx-2.min.js")).read_text()
    version = re.search(r'version:"([\d.]+)"', source)[1]
    assert version in row, f"htmx is now {version}: correct static/VENDORED.md"
    assert "django_htmx/htmx-2.min.js" in (TEMPLATES / "base.html").read_text()


@pytest.mark.parametrize(
    "page", ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"]
)
def test_an_error_page_needs_no_context(page):
    """Django renders 400 and 500 without a request: each page says what happened and leads home."""
    html = render_to_string(page)
    assert re.search(r"<h1>[^<]+</h1>\s*<p data-sentence>[^<]{20,}</p>", html)
    assert '<a class="btn' in html
    assert '<html lang="en">' in html
