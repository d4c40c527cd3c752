"""Explorations as plain computing: counted before, the same in any number of pieces, and right."""

import json

import numpy as np
import pytest

from analysis import stats
from analysis.engine import study_effects
from analysis.explorations import KINDS, BadChoice, Piece, Work, offered, pieces_of
from analysis.explorations.gosh import members_of

PLAN = {
    "measure": "SMD",
    "tau2_method": "REML",
    "test": "knha",
    "level": 95.0,
    "moderators": [{"name": "weeks", "type": "number"}],
}


def trial(number, effect, n, **more):
    return {
        "study_id": number,
        "study": f"Trial {number}",
        "kind": "means",
        "n1": n,
        "mean1": 10 + effect * 5,
        "sd1": 5.0,
        "n2": n,
        "mean2": 10.0,
        "sd2": 5.0,
        "effect_measure": "",
        "effect": None,
        "effect_se": None,
        "moderators": {"weeks": 4.0 * number},
        **more,
    }


EFFECTS = [-0.2, -0.5, -0.9, 0.1, -0.4, -2.9, -0.6]


def snapshot(count=7, **plan):
    rows = [trial(i + 1, effect, 20 + 7 * i) for i, effect in enumerate(EFFECTS[:count])]
    rows[1] |= {"derived": True}
    rows[2] |= {"risk": {"overall": "high"}, "population": "per protocol"}
    for row in rows[3:]:
        row["risk"] = {"overall": "low"}
    for i, row in enumerate(rows):
        row["weeks"] = 6.0 + i
    return {"plan": PLAN | plan, "outcome": {"name": "x", "direction": "lower"}, "rows": rows, "left_out": []}


def work_of(kind, given=None, seed=1, **more):
    shot = snapshot(**more)
    return Work(shot, KINDS[kind].read(shot, given or {}), seed)


def done(kind, work, most=16, *, told=None):
    """The result in at most ``most`` pieces, each sent through JSON as a database would."""
    size = KINDS[kind].size(work)
    parts = [
        json.loads(json.dumps(KINDS[kind].do(work, piece, (told or [].append)), allow_nan=False))
        for piece, _ in pieces_of(size, most)
    ]
    return KINDS[kind].combine(work, parts)


class TestSharing:
    @pytest.mark.parametrize(
        ("kind", "given"),
        [
            ("gosh", {"subsets": 5000}),
            ("permutation", {"iterations": 5000, "of": "moderators"}),
            ("permutation", {}),
            ("bootstrap", {"replicates": 1000}),
            ("multiverse", {}),
        ],
    )
    def test_the_same_seed_gives_the_same_numbers_in_any_number_of_pieces(self, kind, given, monkeypatch):
        if kind in ("gosh", "multiverse"):  # small enough to have several blocks
            monkeypatch.setattr(f"analysis.explorations.{kind}.BLOCK", 40)
        found = [done(kind, work_of(kind, given), most) for most in (1, 3, 16)]
        assert KINDS[kind].size(work_of(kind, given)).blocks > (1 if kind != "permutation" or given else 0)
        assert found[0] == found[1] == found[2]

    def test_the_order_in_which_a_database_keeps_the_names_changes_nothing(self):
        """PostgreSQL's JSON keeps the names of an object by their length."""
        work = work_of("multiverse", {})
        factors = work.settings["factors"]
        shuffled = work.settings | {"factors": {name: factors[name] for name in sorted(factors, key=len)}}
        assert list(shuffled["factors"]) != list(factors)
        assert done("multiverse", Work(work.snapshot, shuffled, work.seed)) == done("multiverse", work)

    @pytest.mark.parametrize("kind", ["bootstrap", "permutation"])
    def test_another_seed_gives_others(self, kind):
        given = {"replicates": 250} if kind == "bootstrap" else {"iterations": 500, "of": "moderators"}
        assert done(kind, work_of(kind, given, seed=1)) != done(kind, work_of(kind, given, seed=2))

    def test_pieces_cover_every_block_once_and_count_their_units(self):
        work = work_of("bootstrap", {"replicates": 5100})
        pieces = pieces_of(KINDS["bootstrap"].size(work), 4)
        assert [piece.first for piece, _ in pieces[1:]] == [piece.after for piece, _ in pieces[:-1]]
        assert (pieces[0][0].first, pieces[-1][0].after) == (0, 21)
        assert sum(units for _, units in pieces) == 5100
        told = []
        KINDS["bootstrap"].do(work, Piece(0, 2), told.append)
        assert told == [250, 500]

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_is_there_so_far_can_be_shown(self, kind, monkeypatch):
        monkeypatch.setattr("analysis.explorations.multiverse.BLOCK", 20)
        given = {"permutation": {"of": "moderators", "iterations": 5000}}.get(kind, {})
        work = work_of(kind, given)
        piece, _ = pieces_of(KINDS[kind].size(work))[0]
        assert KINDS[kind].combine(work, [KINDS[kind].do(work, piece, [].append)])

    @pytest.mark.parametrize("kind", KINDS)
    def test_too_few_studies_and_other_kinds_of_plan_are_refused_in_words(self, kind):
        assert "at least" in KINDS[kind].why_not(snapshot(), 1)
        assert "pairwise" in KINDS[kind].why_not(snapshot(kind="network"), 9)
        assert KINDS[kind].why_not(snapshot(), 7) == ""

    @pytest.mark.parametrize(
        ("kind", "given", "sentence"),
        [
            ("gosh", {"subsets": 5}, "from 100 to 1,000,000"),
            ("gosh", {"subsets": "many"}, "not 'many'"),
            ("gosh", {"seeds": 5}, "There is no setting 'seeds'"),
            ("bootstrap", {"schemes": ["magic"]}, "There is no scheme 'magic'"),
            ("permutation", {"of": "magic"}, "no test of 'magic'"),
            ("multiverse", {"factors": {"moon": ["full"]}}, "There is no choice 'moon'"),
            ("multiverse", {"factors": {"tau2": ["magic"]}}, "no level 'magic'"),
            ("multiverse", {"factors": {"tau2": []}}, "tick at least one"),
            ("multiverse", {"factors": "all"}, "give an object"),
            ("multiverse", {"factors": {"tau2": 5}}, "give a list of names"),
            ("multiverse", {"why": "a\x00b"}, "give a text"),
            ("multiverse", {"why": "\ud800"}, "no text"),
            ("bootstrap", {"schemes": [{}]}, "give a list of names"),
            ("permutation", {"of": ["effect"]}, "no test of"),
        ],
    )
    def test_nonsense_is_refused(self, kind, given, sentence):
        with pytest.raises(BadChoice, match=sentence):
            KINDS[kind].read(snapshot(), given)

    def test_no_moderators_no_test_of_them(self):
        with pytest.raises(BadChoice, match="no moderators"):
            KINDS["permutation"].read(snapshot(moderators=[]), {"of": "moderators"})


class TestGosh:
    def test_all_subsets_are_those_of_the_statistics_package(self):
        work = work_of("gosh")
        size = KINDS["gosh"].size(work)
        assert (size.units, size.exact, size.sentence) == (127, True, "All 127 subsets of 7 studies.")
        found = done("gosh", work)
        theirs = stats.gosh(study_effects(work.snapshot["rows"], "SMD"))
        assert found["subsets"] == len(theirs) == sum(found["bins"])
        np.testing.assert_allclose(found["points"]["estimate"], theirs.estimate, rtol=1e-9)
        np.testing.assert_allclose(found["points"]["i2"], theirs.i2, rtol=1e-6, atol=1e-6)
        masks = np.array([members_of(text, 7) for text in found["points"]["members"]])
        assert (masks == theirs.members()).all()
        assert found["estimate"] == pytest.approx(theirs.estimate.mean(), abs=1e-9)
        with_sixth = masks[:, 5]
        sixth = found["studies"][5]
        assert sixth["with"] == with_sixth.sum()
        assert sixth["estimate_with"] == pytest.approx(theirs.estimate[with_sixth].mean(), abs=1e-9)
        assert sixth["i2_without"] == pytest.approx(theirs.i2[~with_sixth].mean(), abs=1e-6)
        assert sum(sixth["bins"]) == with_sixth.sum()

    def test_too_many_subsets_are_drawn_and_said_to_be(self):
        work = work_of("gosh", {"subsets": 100})
        assert KINDS["gosh"].size(work).sentence == "100 of the 127 subsets of 7 studies, drawn at random."
        found = done("gosh", work)
        assert (found["subsets"], found["exact"], len(found["points"]["k"])) == (100, False, 100)
        assert min(found["points"]["k"]) >= 1


class TestPermutation:
    def test_all_signs_give_the_test_of_the_statistics_package(self):
        work = work_of("permutation")
        theirs = stats.permutation_test(study_effects(work.snapshot["rows"], "SMD"), test="knha")
        found = done("permutation", work)
        assert KINDS["permutation"].size(work).exact
        assert (found["pval"], found["permutations"], found["exact"]) == (theirs.pval.tolist(), 128, True)

    def test_moderators_of_few_studies_are_put_in_every_order(self):
        shot = snapshot(5)
        work = Work(shot, KINDS["permutation"].read(shot, {"of": "moderators"}), 1)
        theirs = stats.permutation_test(
            study_effects(shot["rows"], "SMD"), {"weeks": [4.0, 8, 12, 16, 20]}, test="knha"
        )
        found = done("permutation", work)
        assert (found["seen"], found["names"]) == (120, ["intrcpt", "weeks"])
        assert found["pval"] == theirs.pval.tolist()
        assert found["qm_pval"] == theirs.qm_pval


class TestBootstrap:
    def test_intervals_are_percentiles_of_the_refits(self):
        found = done("bootstrap", work_of("bootstrap", {"replicates": 1000}))
        own = found["planned"]
        for scheme in found["schemes"]:
            assert scheme["replicates"] == sum(scheme["estimate"]["bins"]) == 1000
            assert scheme["estimate"]["ci_low"] < own["estimate"] < scheme["estimate"]["ci_high"]
            assert 0 <= scheme["tau2"]["ci_low"] <= own["tau2"] <= scheme["tau2"]["ci_high"]
            assert 0 <= scheme["tau2_zero"] < 500
        parametric = found["schemes"][1]["estimate"]
        plain = stats.pool(study_effects(snapshot()["rows"], "SMD"), test="z")
        assert parametric["se"] == pytest.approx(plain.se, rel=0.1)
        assert abs(parametric["bias"]) < 0.1 * plain.se


class TestMultiverse:
    def test_only_choices_that_change_something_are_offered(self):
        factors = {factor.key: [level.key for level in factor.levels] for factor in offered(snapshot())}
        assert factors["measure"] == ["SMD", "SMDH"]
        assert factors["tau2"] == ["REML", "DL", "PM", "ML", "CE"]
        assert factors["test"] == ["knha", "z"]
        assert factors["risk"] == ["all", "not_high", "low"]
        assert factors["converted"] == ["all", "without"]
        assert factors["time"] == ["all", "to_9", "from_9"]
        assert factors["outliers"] == ["all", "without"]
        assert len(factors["one"]) == 8
        assert "change" not in factors
        plain = snapshot()
        for row in plain["rows"]:
            row |= {"derived": False, "risk": None}
        assert {"risk", "converted"} & {factor.key for factor in offered(plain)} == set()

    def test_it_is_counted_before_it_is_computed(self):
        given = {"factors": {"measure": ["SMD"], "tau2": ["REML", "DL"], "risk": "all", "outliers": ["all"]}}
        assert (
            KINDS["multiverse"].size(work_of("multiverse", given)).sentence == "8 specifications (2 × 2 × 2)."
        )
        every = {factor.key: [level.key for level in factor.levels] for factor in offered(snapshot())}
        grown = snapshot()
        grown["rows"] += [trial(number, -0.3, 40) for number in range(8, 60)]
        with pytest.raises(BadChoice, match="specifications; at most 10,000"):
            KINDS["multiverse"].read(
                grown, {"factors": every | {"one": [str(number) for number in range(1, 59)]}}
            )

    def test_each_specification_is_the_pooled_effect_of_its_choices(self):
        work = work_of("multiverse")
        found = done("multiverse", work)
        columns = found["columns"]
        assert found["specifications"] + found["impossible"] == found["planned_specifications"]
        assert found["different"] <= found["specifications"]
        planned = found["planned"]
        fit = stats.pool(study_effects(work.snapshot["rows"], "SMD"), test="knha")
        assert columns["estimate"][planned] == pytest.approx(fit.estimate)
        assert columns["ci_low"][planned] == pytest.approx(fit.ci_low)
        at = next(
            i
            for i in range(found["specifications"])
            if [columns[name][i] for name in ("measure", "tau2", "test", "risk", "converted", "outliers")]
            == ["SMDH", "DL", "z", "low", "without", "all"]
        )
        rows = [row for row in work.snapshot["rows"] if (row.get("risk") or {}).get("overall") == "low"]
        fit = stats.pool(study_effects(rows, "SMDH"), tau2="DL", test="z")
        assert columns["estimate"][at] == pytest.approx(fit.estimate)
        assert columns["k"][at] == 4
        assert not any(
            tau2 == "CE" and test != "z" for tau2, test in zip(columns["tau2"], columns["test"], strict=True)
        )

    def test_outliers_are_left_out_where_chosen(self):
        given = {"factors": {name: ["all"] for name in ("risk", "converted")} | {"outliers": ["without"]}}
        found = done("multiverse", work_of("multiverse", given | {"why": "  the panel agreed "}))
        assert set(found["columns"]["k"]) == {6}
        assert found["why"] == "the panel agreed"
        assert found["planned"] is None
        assert found["summary"]["below"] == found["specifications"]
