"""Explorations asked for, shared out, watched, cancelled, tried again; by page, program and command."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from analysis import services
from analysis.explorations_shown import explorations_shown
from analysis.models import Exploration, Run
from reviews import jobs
from reviews.errors import Conflict
from reviews.models import Job
from tests.factories import make_result, make_study

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def finished(run, review, outcome, ben):
    """A run of five trials."""
    for label, mean1 in (("Dahl 2012", 12.5), ("Ek 2015", 13.5)):
        study = make_study(review, label)
        make_result(study, outcome, ben, mean1=mean1, sd1=5.0, n1=40, mean2=15.0, sd2=6.0, n2=40)
    return run(test="z")


@pytest.fixture
def ask(finished, ana):
    def do(kind="gosh", **settings) -> Exploration:
        return services.request_exploration(run=finished, kind=kind, by=ana, settings=settings)

    return do


def done(exploration, work) -> Exploration:
    work()
    return Exploration.objects.select_related("job", "run__plan", "review").get(pk=exploration.pk)


def verbs(review):
    return list(review.events.filter(verb__startswith="analysis.expl").values_list("verb", flat=True))


@pytest.fixture
def small_pieces(monkeypatch):
    """As if there were many subsets: blocks of four."""
    monkeypatch.setattr("analysis.explorations.gosh.BLOCK", 4)


class TestVerbs:
    def test_it_is_shared_out_put_together_and_told_once(self, ask, work, review, small_pieces):
        asked = ask()
        assert asked.job.state == "queued"
        found = done(asked, work)
        assert (found.job.state, found.result["subsets"], found.job.total) == ("done", 31, 31)
        assert found.job.parts.count() == 8
        assert not any(found.job.parts.values_list("result", flat=True)), "kept once, not twice"
        assert found.job.result["said"].startswith("All 31 subsets: effects from")
        assert verbs(review) == ["analysis.exploration_finished", "analysis.exploration_requested"]
        jobs.perform(found.job_id)
        assert len(verbs(review)) == 2

    def test_asked_twice_it_is_one_and_another_seed_is_another(self, ask, finished, ana):
        one = ask("bootstrap", replicates=200)
        assert ask("bootstrap", replicates="200") == one
        other = services.request_exploration(
            run=finished, kind="bootstrap", by=ana, settings={"replicates": 200}, seed=5
        )
        assert (other.pk != one.pk, one.seed, other.seed) == (True, 0, 5)
        with pytest.raises(services.CannotExplore, match="from 0 to"):
            services.request_exploration(run=finished, kind="bootstrap", by=ana, seed=-1)

    def test_what_cannot_be_explored_is_refused_in_a_sentence(self, ask, finished, ana):
        with pytest.raises(services.CannotExplore, match="There is no exploration 'magic'"):
            ask("magic")
        with pytest.raises(services.CannotExplore, match="from 100 to") as fault:
            ask(subsets=3)
        assert fault.value.field == "subsets"
        Run.objects.filter(pk=finished.pk).update(result=None)
        finished.refresh_from_db()
        with pytest.raises(services.CannotExplore, match="no result yet"):
            ask()

    def test_three_trials_are_too_few_to_bootstrap(self, run, ana):
        found = run()
        with pytest.raises(services.CannotExplore, match="at least 4 studies with an effect; there are 3"):
            services.request_exploration(run=found, kind="bootstrap", by=ana)
        offers = {offer.kind.key: offer.why_not for offer in explorations_shown(found).offers}
        assert offers["gosh"] == ""
        assert "at least 4" in offers["bootstrap"]

    def test_cancelled_in_the_middle_and_taken_up_again(self, ask, ana, work, review, small_pieces):
        asked = ask()
        jobs.perform(asked.job_id)
        first = asked.job.parts.get(part=1)
        jobs.perform(first.pk)
        so_far = services.found_so_far(Exploration.objects.get(pk=asked.pk))
        assert (so_far["subsets"], so_far["planned_subsets"]) == (4, 31)
        services.cancel_exploration(exploration=asked, by=ana)
        assert (asked.job.state, work()) == ("cancelled", [])
        with pytest.raises(Conflict, match="cancelled already"):
            services.cancel_exploration(exploration=asked, by=ana)
        services.retry_exploration(exploration=asked, by=ana)
        found = done(asked, work)
        assert found.result["subsets"] == 31
        assert Job.objects.get(pk=first.pk).attempts == 1, "what was done was not done again"
        with pytest.raises(Conflict, match="nothing to try again"):
            services.retry_exploration(exploration=found, by=ana)
        assert "analysis.exploration_cancelled" in verbs(review)

    def test_a_part_that_fails_tells_its_sentence(self, ask, work, monkeypatch):
        from analysis.explorations import KINDS
        from analysis.stats import NotConverged

        def fails(work, piece, step):
            raise NotConverged("No maximum was found.")

        asked = ask()
        monkeypatch.setitem(KINDS, "gosh", type(KINDS["gosh"])(**vars(KINDS["gosh"]) | {"do": fails}))
        found = done(asked, work)
        assert (found.job.state, found.job.error, found.result) == ("failed", "No maximum was found.", None)


class TestPages:
    def page(self, name, *args):
        return reverse(f"analysis:{name}", args=["trd", *args])

    def test_a_form_that_counts_before_it_asks(self, finished, stan, as_user):
        client, address = as_user(stan), self.page("explore", finished.pk, "multiverse")
        page = client.get(address).content.decode()
        assert "not in the plan" in page
        assert "specifications (" in page
        assert "Why these choices" in page
        chosen = {"factor_measure": "SMD", "factor_tau2": ["REML", "DL"], "factor_test": "z", "why": "agreed"}
        chosen |= {"factor_one": "all", "factor_outliers": "all"}
        counted = client.post(address, chosen | {"count": "1"}, **HTMX)
        assert (counted.status_code, "2 specifications." in counted.content.decode()) == (200, True)
        assert "<html" not in counted.content.decode()
        assert not Exploration.objects.exists()
        asked = client.post(address, chosen)
        found = Exploration.objects.get()
        assert asked["Location"] == self.page("exploration", found.pk)
        assert found.settings["factors"]["tau2"] == ["REML", "DL"]
        assert found.requested_by == stan
        nothing = client.post(address, chosen | {"factor_tau2": []})
        assert (nothing.status_code, "Tick at least one" in nothing.content.decode()) == (422, True)

    def test_it_grows_and_ends_with_figure_table_and_files(self, ask, stan, as_user, work, small_pieces):
        asked, client = ask(), as_user(stan)
        address = self.page("exploration", asked.pk)
        jobs.perform(asked.job_id)
        jobs.perform(asked.job.parts.get(part=1).pk)
        growing = client.get(address, **HTMX).content.decode()
        assert growing.count("hx-get=") == 1
        assert "Running in parts" in growing
        assert "So far" in growing
        assert "<svg" in growing
        assert "4 of 31" in growing
        work()
        page = client.get(address).content.decode()
        assert "hx-get" not in page.split('id="exploration"')[1].split(">")[0]
        assert "Exploratory: not in the plan." in page
        assert "All 31 subsets" in page
        files = [("figure", "svg"), ("figure", "png"), ("result", "json")]
        assert [client.get(self.page("exploration_file", asked.pk, *one)).status_code for one in files] == [
            200,
            200,
            200,
        ]
        assert client.get(self.page("exploration_file", asked.pk, "figure", "gif")).status_code == 404
        assert client.get(self.page("exploration_file", asked.pk, "specifications", "csv")).status_code == 404

    def test_the_page_of_the_run_offers_explorations_and_draws_what_was_found(
        self, ask, finished, stan, as_user, work
    ):
        client, page = as_user(stan), self.page("run", finished.pk)
        figure = self.page("figure", finished.pk, "gosh")
        before = client.get(page).content.decode()
        assert self.page("explore", finished.pk, "gosh") in before
        assert f'hx-get="{figure}"' not in before
        assert "Not computed for this run yet" in client.get(figure, **HTMX).content.decode()
        found = done(ask(), work)
        after = client.get(page).content.decode()
        assert self.page("exploration", found.pk) in after
        assert found.job.result["said"] in after
        assert f'hx-get="{figure}"' in after
        drawn = client.get(figure, **HTMX).content.decode()
        assert "<svg" in drawn
        assert "Subsets with Cruz 2010" in drawn
        other = {
            "study": str(finished.snapshot["rows"][0]["study_id"]),
            "version": "0",
            "title": "on",
            "width": "double",
        }
        assert client.post(self.page("figure_set", finished.pk, "gosh"), other).status_code == 302
        own = client.get(self.page("exploration", found.pk)).content.decode()
        assert "Subsets with Ade 2001" in own, "drawn as the plan has it, everywhere"

    @pytest.mark.parametrize(
        ("kind", "given", "says"),
        [
            ("permutation", {}, "Permutation test of the pooled effect: p"),
            ("bootstrap", {"replicates": 200}, "The planned interval is"),
            ("multiverse", {"factors": {"one": ["all"]}}, "Choices and what comes of them"),
        ],
    )
    def test_every_kind_has_its_page(self, ask, stan, as_user, work, kind, given, says):
        found = done(ask(kind, **given), work)
        assert found.job.state == "done", found.job.error
        page = as_user(stan).get(self.page("exploration", found.pk)).content.decode()
        assert says in page
        if kind == "multiverse":
            body = as_user(stan).get(self.page("exploration_file", found.pk, "specifications", "csv"))
            lines = b"".join(body.streaming_content).decode("utf-8-sig").splitlines()
            assert len(lines) == 1 + found.result["specifications"]
            assert lines[0].startswith("number,Effect measure,Between-study variance")

    def test_cancel_and_retry_are_for_those_who_analyse(self, ask, stan, ben, eve, as_user):
        asked = ask()
        for name in ("exploration_cancel", "exploration_retry"):
            assert as_user(ben).post(self.page(name, asked.pk)).status_code == 403
            assert as_user(eve).post(self.page(name, asked.pk)).status_code == 404
        assert as_user(ben).get(self.page("explore", asked.run_id, "gosh")).status_code == 403
        client = as_user(stan)
        assert client.post(self.page("exploration_cancel", asked.pk)).status_code == 302
        asked.job.refresh_from_db()
        assert asked.job.state == "cancelled"
        assert client.post(self.page("exploration_cancel", asked.pk), **HTMX).status_code == 409
        assert client.post(self.page("exploration_retry", asked.pk)).status_code == 302
        asked.job.refresh_from_db()
        assert asked.job.state == "queued"
        assert client.get(self.page("explore", asked.run_id, "magic")).status_code == 404


class TestPrograms:
    def test_the_api_counts_asks_reads_cancels(self, finished, stan, ben, as_user, work):
        client, base = as_user(stan), "/api/reviews/trd/explorations/"
        body = {"run": finished.pk, "kind": "gosh", "settings": {"subsets": 200}}
        counted = client.post(base + "count/", body, content_type="application/json").json()
        assert (counted["units"], counted["sentence"]) == (31, "All 31 subsets of 5 studies.")
        assert as_user(ben).post(base, body, content_type="application/json").status_code == 403
        asked = client.post(base, body, content_type="application/json")
        assert (asked.status_code, asked.json()["state"]) == (202, "queued")
        one = f"{base}{asked.json()['id']}/"
        assert client.post(one + "cancel/").json()["state"] == "cancelled"
        assert client.post(one + "retry/").status_code == 202
        work()
        assert client.get(one).json()["result"]["subsets"] == 31
        (row,) = client.get(base, {"kind": "gosh", "state": "done"}).json()["results"]
        assert (row["done"], row["total"]) == (31, 31)
        assert "result" not in row
        wrong = client.post(base, body | {"settings": {"run": 1}}, content_type="application/json")
        assert wrong.status_code == 422
        assert "no setting 'run'" in wrong.content.decode()

    def test_the_command_counts_waits_and_prints(self, finished):
        def run(*options):
            out = StringIO()
            call_command("explore", "--run", str(finished.pk), *options, stdout=out)
            return out.getvalue()

        assert "All 31 subsets of 5 studies." in run("--kind", "gosh", "--count")
        told = json.loads(run("--kind", "gosh", "--with", '{"subsets": 150}', "--wait", "--json"))
        assert (told["state"], told["result"]["subsets"], told["settings"]) == ("done", 31, {"subsets": 150})
        assert "Exploratory: not in the plan." in run("--kind", "gosh", "--with", '{"subsets": 150}')
        for options, sentence in [
            (["--kind", "gosh", "--with", "{"], "is no JSON"),
            (["--kind", "gosh", "--with", "[]"], "give an object"),
            (["--kind", "gosh", "--with", '{"a": 1}'], "There is no setting 'a'"),
        ]:
            with pytest.raises(CommandError, match=sentence):
                run(*options)
        with pytest.raises(CommandError, match="There is no run 999"):
            call_command("explore", "--run", "999", "--kind", "gosh")
