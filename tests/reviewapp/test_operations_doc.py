"""docs/operations.md names every environment variable, and none that is not there."""

import re

import pytest

READ = re.compile(r"""(?:flag|number|words|environ\.get|environ)[(\[]\s*["']([A-Z][A-Z_]+)["']""")


@pytest.fixture
def documented(settings):
    text = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    section = text.split("## Environment variables")[1].split("\n## ")[0]
    return set(re.findall(r"^\| \**`([A-Z_]+)`", section, re.MULTILINE))


@pytest.fixture
def read_by_the_settings(settings):
    sources = (settings.BASE_DIR / "reviewapp" / name for name in ("settings.py", "environment.py"))
    return {name for source in sources for name in READ.findall(source.read_text())} | {"DATABASE_URL"}


def test_every_variable_is_documented_and_every_documented_one_is_read(documented, read_by_the_settings):
    assert documented == read_by_the_settings


@pytest.mark.parametrize(
    "file", ["deploy/compose.yaml", "deploy/example.env", "deploy/systemd/reviewapp.env"], ids=str
)
def test_the_examples_set_only_variables_that_exist(settings, documented, file):
    others = {
        "DOMAIN",
        "POSTGRES_USER",
        "POSTGRES_DB",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "REDISCLI_AUTH",
    }
    text = (settings.BASE_DIR / file).read_text()
    assert set(re.findall(r"^\s*([A-Z][A-Z_]+)[:=]", text, re.MULTILINE)) <= documented | others
