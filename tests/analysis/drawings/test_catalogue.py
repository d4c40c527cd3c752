"""Every figure of the catalogue keeps the promises that pages, files and commands rely on."""

import re

import pytest

from analysis.drawings import DRAWINGS
from analysis.drawings.settings import SettingsForm, same
from analysis.figures.catalogue import Drawing, offer
from analysis.models import Plan


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_every_figure_can_be_addressed_titled_and_set(drawing):
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,29}", drawing.key)
    assert drawing.title
    assert drawing.kinds <= set(Plan.Kind.values)
    assert drawing.form is None or issubclass(drawing.form, SettingsForm)


def test_a_key_is_taken_once():
    taken = DRAWINGS["forest"]
    offer(taken)  # the same figure again is no other one
    with pytest.raises(ValueError, match="two figures with the key 'forest'"):
        offer(Drawing(key="forest", title="Another", draw=taken.draw, why_not=taken.why_not, text=taken.text))
    assert DRAWINGS["forest"] is taken


def test_only_what_differs_from_the_default_is_a_setting():
    assert same("", None)
    assert same([], ())
    assert same(["a"], ("a",))
    assert same(12.0, 12)
    assert not same(False, True)
    assert not same("", False)
    assert not same(["a", "b"], ["b", "a"])
