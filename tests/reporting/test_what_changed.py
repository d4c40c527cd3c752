"""Two states of a review are compared without a database."""

from reporting.what_changed import compare

SMD = {"measure": "SMD", "label": "Severity", "slug": "severity", "has_null": True}


def state(**parts):
    return {"flow": {}, "studies": [], "estimates": [], "certainty": [], **parts}


def test_nothing_changed():
    same = state(
        studies=[{"id": 1, "label": "A 2001", "reports": 1}],
        estimates=[{"id": 1, "k": 2, "estimate": 1, **SMD}],
    )
    found = compare(same, same)
    assert not found.any
    assert found.in_short == "Nothing changed."


def test_studies_come_go_and_gain_reports():
    before = state(
        studies=[{"id": 1, "label": "A 2001", "reports": 1}, {"id": 2, "label": "B 2002", "reports": 1}]
    )
    now = state(
        studies=[{"id": 1, "label": "A 2001", "reports": 3}, {"id": 3, "label": "C 2003", "reports": 1}]
    )
    found = compare(before, now)
    assert [one["label"] for one in found.studies_new] == ["C 2003"]
    assert [one["label"] for one in found.studies_gone] == ["B 2002"]
    assert found.reports_changed == [("A 2001", 1, 3)]
    assert found.in_short == "1 new study, 1 study no longer included."


def test_an_interval_that_leaves_or_reaches_no_effect_is_told():
    wide = {"id": 1, "k": 3, "estimate": -0.3, "ci_low": -0.7, "ci_high": 0.1, **SMD}
    narrow = {"id": 1, "k": 4, "estimate": -0.4, "ci_low": -0.6, "ci_high": -0.2, **SMD}
    (one,) = compare(state(estimates=[wide]), state(estimates=[narrow])).estimates
    assert one.changed
    assert one.crossed == "The interval no longer includes no effect."
    (back,) = compare(state(estimates=[narrow]), state(estimates=[wide])).estimates
    assert back.crossed == "The interval now includes no effect."
    proportion = [dict(each, has_null=False) for each in (wide, narrow)]
    (none,) = compare(state(estimates=proportion[:1]), state(estimates=proportion[1:])).estimates
    assert none.crossed == ""


def test_analyses_and_findings_of_one_side_only():
    found = compare(
        state(
            estimates=[{"id": 1, "k": 2, **SMD}], certainty=[{"id": 7, "label": "Severity", "level": "low"}]
        ),
        state(
            estimates=[{"id": 2, "k": 2, **SMD}],
            certainty=[{"id": 7, "label": "Severity", "level": "moderate"}],
        ),
    )
    assert [(one.is_new, one.is_gone) for one in found.estimates] == [(True, False), (False, True)]
    (level,) = found.certainty
    assert (level.before_words, level.now_words) == ("Low", "Moderate")
    assert found.in_short == "2 estimates changed, 1 certainty changed."


def test_the_flow_alone():
    found = compare(state(flow={"screened": 3}), state(flow={"screened": 5}))
    assert found.flow == [("Records screened", 3, 5)]
    assert found.in_short == "Only the flow of records changed."
