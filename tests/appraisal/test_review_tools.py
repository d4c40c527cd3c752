"""Which tools a review offers for which design, and tools of its own with their versions."""

import pytest

from appraisal import registry, services
from appraisal.instruments import BUILT_IN
from appraisal.instruments.versions import changes
from appraisal.models import Assessment, ReviewTool, ToolVersion
from reviews.errors import Conflict, Refused
from reviews.models import AuditEvent, Membership
from screening.models import Study
from tests.appraisal.conftest import METAPSY, OWN, own_tool, published

RANDOMISED = ["randomised_parallel", "randomised_cluster", "randomised_crossover"]


def keys(tools):
    return [tool.key for tool in tools]


def domain(**changed):
    return own_tool()["domains"][0] | changed


def own_assessment(study, by, answer="Y"):
    mine = services.start_assessment(study=study, instrument="own", assessor=by)
    services.answer_question(assessment=mine, question="1.1", value=answer, by=by)
    services.accept_proposals(assessment=mine, by=by)
    return services.complete_assessment(assessment=mine, by=by)


def next_version(review, by, data):
    return services.publish_tool(version=services.draft_tool(review=review, data=data, by=by), by=by)


TWO_QUESTIONS = own_tool(
    domains=[
        domain(
            questions=[
                *OWN["domains"][0]["questions"],
                {"key": "1.2", "text": "Did it matter?", "options": ["Y", "N"]},
            ]
        )
    ]
)


@pytest.mark.parametrize("tool", BUILT_IN.values(), ids=list(BUILT_IN))
def test_tools_are_for_designs_that_studies_have(tool):
    assert tool.designs
    assert set(tool.designs) <= set(Study.Design.values)


def test_every_design_but_another_one_has_a_tool():
    covered = {design for tool in BUILT_IN.values() for design in tool.designs}
    assert set(Study.Design.values) - covered == {"other"}


def test_a_review_offers_every_tool_until_it_chooses(review, study, ana, ben, draft):
    assert keys(registry.tools_of(review)) == list(BUILT_IN)
    draft(ben)
    services.add_tool(review=review, key="robins_i", by=ana)
    assert keys(registry.tools_of(review)) == [METAPSY.key, "robins_i"]
    with pytest.raises(Refused, match="not among the tools of this review"):
        services.start_assessment(study=study, instrument="rob1", assessor=ben)
    services.retire_tool(review=review, key="robins_i", by=ana)
    assert keys(registry.tools_of(review)) == [METAPSY.key]
    services.add_tool(review=review, key="robins_i", by=ana)
    assert keys(registry.tools_of(review)) == [METAPSY.key, "robins_i"]
    assert AuditEvent.objects.latest("pk").sentence.startswith("added ROBINS-I 2016 (effect of assignment)")


def test_the_tool_is_chosen_by_the_design(review, study, ana):
    study.design = "randomised_cluster"
    found = keys(registry.tools_for(study))
    assert "rob2_cluster" in found
    assert not {"rob2", "robins_i", "quadas2"} & set(found)
    services.add_tool(review=review, key="robins_i", by=ana)
    assert registry.tools_for(study) == []
    services.set_designs(review=review, key="robins_i", designs=["cohort", "randomised_cluster"], by=ana)
    assert keys(registry.tools_for(study)) == ["robins_i"]
    services.set_designs(review=review, key="robins_i", designs=[], by=ana)
    assert registry.designs_of(review) == {"robins_i": []}
    for design in ("", "other", "qualitative"):
        study.design = design
        assert keys(registry.tools_for(study)) == ["robins_i"]


def test_nonsense_about_tools_is_refused(review, ana):
    with pytest.raises(services.UnknownInstrument, match="no instrument 'rob9'"):
        services.add_tool(review=review, key="rob9", by=ana)
    with pytest.raises(services.BadTool, match="not chosen the tool 'rob2': add it first"):
        services.set_designs(review=review, key="rob2", designs=[], by=ana)
    services.add_tool(review=review, key="rob2", by=ana)
    with pytest.raises(services.BadTool, match="'astrology' is not a study design"):
        services.set_designs(review=review, key="rob2", designs=["astrology"], by=ana)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (own_tool(key="rob2"), "built-in tool"),
        (own_tool(key="Own Tool"), "small letters"),
        (own_tool(name=" "), "Give the tool a name"),
        ([], "A tool is an object"),
        (own_tool(about="a\0b"), "null character"),
        (own_tool(about="\ud800"), "half a character"),
        (own_tool(about=float("nan")), "number that is none"),
    ],
)
def test_a_draft_has_a_key_of_its_own_and_a_name(review, ana, data, sentence):
    with pytest.raises(services.BadTool, match=sentence):
        services.draft_tool(review=review, data=data, by=ana)
    assert not ReviewTool.objects.exists()


def test_a_tool_of_one_s_own_is_drafted_published_and_used(review, study, ana, ben):
    version = services.draft_tool(review=review, data=own_tool(domains=[]), by=ana)
    assert keys(registry.tools_of(review)) == list(BUILT_IN)  # a draft is not on offer
    with pytest.raises(services.UnknownInstrument):
        registry.tool_of(review, "own")
    with pytest.raises(services.BadTool, match="'domains' needs one domain or more"):
        services.publish_tool(version=version, by=ana)
    stamp = services.draft_stamp(version)
    services.change_draft(version=version, data=OWN, by=ana, seen=stamp)
    with pytest.raises(Conflict, match="changed in the meantime"):
        services.change_draft(version=version, data=own_tool(name="Other"), by=ana, seen=stamp)
    with pytest.raises(services.BadTool, match="key of a tool stays"):
        services.change_draft(version=version, data=own_tool(key="other"), by=ana)
    with pytest.raises(Conflict, match="There is a draft of 'own' already"):
        services.draft_tool(review=review, data=OWN, by=ana)
    services.publish_tool(version=version, by=ana, note="First.")

    assert keys(registry.tools_of(review)) == ["own"]
    mine = own_assessment(study, ben, "N")
    assert (mine.tool_version, Assessment.objects.get().overall) == (1, "high")
    with pytest.raises(services.BadTool, match="is published and stays"):
        services.change_draft(version=version, data=OWN, by=ana)


def test_the_first_own_tool_keeps_what_was_used_before(review, ana, ben, draft):
    draft(ben)
    version = services.draft_tool(review=review, data=OWN, by=ana)
    assert keys(registry.tools_of(review)) == list(BUILT_IN)
    services.publish_tool(version=version, by=ana)
    assert keys(registry.tools_of(review)) == ["own", METAPSY.key]


def test_a_choice_beside_a_draft_keeps_what_was_used_before(review, ana, ben, draft):
    draft(ben)
    services.draft_tool(review=review, data=OWN, by=ana)
    services.add_tool(review=review, key="rob2", by=ana)
    assert keys(registry.tools_of(review)) == [METAPSY.key, "rob2"]


def test_a_draft_that_is_thrown_away_leaves_what_was_published(review, ana):
    published(review, ana)
    second = services.draft_tool(review=review, data=TWO_QUESTIONS, by=ana)
    services.discard_draft(version=second, by=ana)
    assert ToolVersion.objects.get().number == 1
    with pytest.raises(Conflict, match="thrown away"):
        services.publish_tool(version=second, by=ana)
    other = services.draft_tool(review=review, data=own_tool(key="another"), by=ana)
    services.discard_draft(version=other, by=ana)
    assert not ReviewTool.objects.filter(key="another").exists()


def test_publishing_the_same_again_is_refused(review, ana):
    published(review, ana)
    with pytest.raises(services.BadTool, match="Nothing differs from version 1"):
        published(review, ana)


def test_an_own_tool_is_read_once(review, study, ana, ben, django_assert_num_queries):
    published(review, ana)
    own_assessment(study, ben)
    registry.forget()
    with django_assert_num_queries(1):
        assert registry.tool_at(review.pk, "own", 1).name == "Our tool"
    with django_assert_num_queries(0):
        registry.tool_at(review.pk, "own", 1)
        registry.tool_of(review, "rob2")


def test_older_assessments_are_outdated_and_come_over_with_what_fits(review, study, ana, ben):
    published(review, ana)
    mine = own_assessment(study, ben)
    assert not services.outdated(review, "own").exists()
    assert not services.outdated(review, "rob2").exists()
    next_version(review, ana, TWO_QUESTIONS)
    assert services.outdated(review, "own").get() == mine
    assert mine.tool.questions[-1].key == "1.1"  # still reads in its own version

    moved = services.take_over_version(assessment=mine, by=ben)

    assert (moved.tool_version, moved.state, moved.given) == (2, "draft", {"1.1": "Y"})
    assert moved.values == {"D1": "low"}
    assert not services.outdated(review, "own").exists()
    taken = AuditEvent.objects.get(verb="appraisal.version_taken")
    assert taken.blinded
    assert "from version 1 to 2 of Our tool" in taken.sentence
    assert services.take_over_version(assessment=moved, by=ben) == moved
    services.answer_question(assessment=moved, question="1.2", value="N", by=ben)
    assert services.complete_assessment(assessment=moved, by=ben).is_complete


def test_what_does_not_fit_any_more_is_dropped_and_told(review, study, ana, ben):
    published(review, ana)
    mine = own_assessment(study, ben)
    question = OWN["domains"][0]["questions"][0] | {"options": ["PY", "N"]}
    next_version(review, ana, own_tool(domains=[domain(key="D2", questions=[question])]))
    moved = services.take_over_version(assessment=mine, by=ben)
    assert (moved.given, moved.values, moved.overall) == ({}, {}, "low")
    told = AuditEvent.objects.get(verb="appraisal.version_taken").detail["dropped"]
    assert told == ["Question 1.1: Y", "D1: low"]


def test_what_still_fits_stays_complete(review, study, ana, ben):
    published(review, ana)
    mine = own_assessment(study, ben)
    next_version(review, ana, own_tool(domains=[domain(label="Masking")]))
    assert services.take_over_version(assessment=mine, by=ben).is_complete


def test_assessing_anew_stays_blind_and_versions_are_not_mixed(review, study, ana, ben, cleo, dora):
    published(review, ana)
    first, second = own_assessment(study, ben), own_assessment(study, cleo)
    agreed = services.reconcile(
        study=study, instrument="own", by=dora, values={"D1": "low"}, overall="low", answers={"1.1": "Y"}
    )
    next_version(review, ana, TWO_QUESTIONS)
    moved = services.take_over_version(assessment=first, by=ben)
    services.answer_question(assessment=moved, question="1.2", value="N", by=ben)
    services.complete_assessment(assessment=moved, by=ben)
    services.reopen(assessment=moved, by=ben)  # nothing made with version 2 can be compared with it
    services.complete_assessment(assessment=moved, by=ben)

    def seen(by):
        return set(Assessment.objects.visible_to(Membership.objects.get(user=by)))

    assert seen(cleo) == {second, agreed}
    assert seen(dora) == {second, agreed}
    with pytest.raises(services.Incomplete, match="to version 2 first: Cleo's"):
        services.reconcile(
            study=study, instrument="own", by=dora, values={"D1": "low"}, overall="low",
            seen=services.consensus_stamp(agreed),
        )  # fmt: skip
    moved = services.take_over_version(assessment=second, by=cleo)
    assert seen(dora) == {agreed}  # cleo's is a draft again, ben's cannot be compared
    services.answer_question(assessment=moved, question="1.2", value="N", by=cleo)
    services.complete_assessment(assessment=moved, by=cleo)
    assert len(seen(dora)) == 3
    again = services.reconcile(
        study=study, instrument="own", by=dora, values={"D1": "low"}, overall="low",
        seen=services.consensus_stamp(agreed),
    )  # fmt: skip
    assert (again.pk, again.tool_version) == (agreed.pk, 2)
    assert not services.outdated(review, "own").exists()


def test_a_version_is_not_taken_over_behind_a_consensus(review, study, ana, ben, cleo, dora):
    published(review, ana)
    late = services.start_assessment(study=study, instrument="own", assessor=dora)
    next_version(review, ana, TWO_QUESTIONS)
    for by in (ben, cleo):
        mine = services.start_assessment(study=study, instrument="own", assessor=by)
        for question in ("1.1", "1.2"):
            services.answer_question(assessment=mine, question=question, value="Y", by=by)
        services.accept_proposals(assessment=mine, by=by)
        services.complete_assessment(assessment=mine, by=by)
    services.reconcile(study=study, instrument="own", by=ana, values={"D1": "low"}, overall="low")
    with pytest.raises(services.AlreadySettled, match="agreed on with version 2 already"):
        services.take_over_version(assessment=late, by=dora)


def test_the_changes_between_versions_are_sentences(review, ana):
    data = own_tool(
        levels=[*OWN["levels"], {"key": "odd", "label": "Odd", "symbol": "?", "colour": "unclear"}],
        domains=[
            domain(
                label="Masking",
                questions=[{"key": "1.1", "text": "Were all blind?", "options": ["Y", "PY", "N"]}],
                rule=[{"level": "low"}],
            ),
            {"key": "D2", "label": "Other"},
        ],
        overall="none",
        per_result=True,
    )
    first = registry.tool_at(review.pk, "own", published(review, ana).number)
    second = registry.tool_at(review.pk, "own", next_version(review, ana, data).number)
    assert changes(first, first) == []
    assert changes(first, second) == [
        "Level odd is new.",
        "Overall level low was taken out.",
        "Overall level high was taken out.",
        "Domain D2 is new.",
        "D1: worded differently.",
        "Question 1.1: worded differently.",
        "Question 1.1: other answers to choose from.",
        "D1: another rule.",
        "Overall: another rule.",
        "Assessed is a result now.",
    ]
