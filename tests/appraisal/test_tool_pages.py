"""The tools of a review by forms alone: chosen, built, tried, published, changed; what needs another look."""

import pytest
from django.urls import reverse

from appraisal import services
from appraisal.models import Assessment, ReviewTool, ToolVersion
from appraisal.tool_rows import fault_in_words

KEY = "our_tool"
ROUTES = ["new_tool", "add_tool", "designs", "retire_tool", "next_version", "draft", "publish_tool"]
ROUTES += ["discard_draft"]
#: Drafts that only a program would write.
ODD = [
    {"levels": 3, "domains": "x"},
    {"levels": [1], "domains": [{"questions": {}, "rule": 4}]},
    {"domains": [{"questions": [{"shown_when": [], "options": 3, "labels": 1}], "rule": [1]}], "overall": 7},
]


@pytest.fixture
def at(review):
    def address(name, *arguments):
        return reverse(f"appraisal:{name}", args=[review.slug, *arguments])

    return address


def draft_form(version, **more):
    """The whole form of a tool with one domain of two questions."""
    fields = {"seen": services.draft_stamp(version), "name": "Our tool", "overall": "worst"}
    for number, (key, label, symbol, colour) in enumerate(
        [("low", "Low", "+", "low"), ("high", "High", "-", "high")]
    ):
        fields |= {
            f"level-{number}-key": key,
            f"level-{number}-label": label,
            f"level-{number}-symbol": symbol,
            f"level-{number}-colour": colour,
        }
    fields |= {"domain-0-key": "", "domain-0-label": "Training", "domain-0-guidance": "Who treated?"}
    fields |= {"domain-0-rule": "1.1 = N: High\n1.2 = N: High\notherwise: Low"}
    questions = [("Were they trained?", "Y, N", ""), ("Was it checked?", "Y, N, NI", "1.1 = Y")]
    for number, (text, answers, when) in enumerate(questions):
        start = f"domain-0-question-{number}-"
        fields |= {f"{start}key": "", f"{start}text": text, f"{start}answers": answers}
        fields |= {f"{start}shown_when": when}
    return fields | more


@pytest.fixture
def version(review, ana, as_user, at):
    as_user(ana).post(at("new_tool"), {"name": "Our tool"})
    return ToolVersion.objects.get()


@pytest.fixture
def published(version, ana, as_user, at):
    client = as_user(ana)
    client.post(at("draft", KEY), draft_form(version))
    version.refresh_from_db()
    client.post(at("publish_tool", KEY), {"note": "First", "seen": services.draft_stamp(version)})
    version.refresh_from_db()
    return version


def test_tools_are_chosen_given_designs_and_retired(review, ana, ben, as_user, at):
    client = as_user(ana)
    assert "Every built-in tool is offered" in client.get(at("tools")).content.decode()
    assert client.post(at("add_tool"), {"key": "rob2"}, follow=True).status_code == 200
    client.post(at("designs", "rob2"), {"designs": ["cohort"]})
    assert ReviewTool.objects.get().designs == ["cohort"]
    assert "Cohort study" in as_user(ben).get(at("tools")).content.decode()
    assert (
        "is not a study design"
        in client.post(at("designs", "rob2"), {"designs": ["x"]}, follow=True).content.decode()
    )
    client.post(at("retire_tool", "rob2"))
    assert "Not offered any more" in client.get(at("tools")).content.decode()


def test_a_tool_is_built_tried_and_used(review, study, ana, ben, published, as_user, at):
    assert published.published_at
    assert [one["key"] for one in published.data["domains"][0]["questions"]] == ["1.1", "1.2"]
    client = as_user(ben)
    asked = client.get(at("tool", KEY)).content.decode()
    assert "Was it checked?" not in asked
    tried = client.get(at("tool", KEY), {"q-1.1": "Y", "q-1.2": "N"}).content.decode()
    assert "Was it checked?" in tried
    assert "Row 2 of the table" in tried
    file = client.get(at("tool_file", KEY, 1))
    assert file.json()["name"] == "Our tool"
    client.post(at("start", KEY, study.pk))
    mine = Assessment.objects.get()
    assert "Were they trained?" in client.get(at("assess", mine.pk)).content.decode()
    again = as_user(ana).post(at("new_tool"), {"name": "Copy", "description": file.content.decode()})
    assert again.url == at("draft", "copy")


def test_buttons_add_move_and_remove_and_keep_what_is_typed(ana, version, as_user, at):
    client = as_user(ana)
    page = client.post(at("draft", KEY), draft_form(version, act="add-domain")).content.decode()
    assert 'name="domain-1-label"' in page
    version.refresh_from_db()
    client.post(at("draft", KEY), draft_form(version, act="up-question-0-1"))
    version.refresh_from_db()
    texts = [one["text"] for one in version.data["domains"][0]["questions"]]
    assert texts == ["Was it checked?", "Were they trained?"]
    client.post(at("draft", KEY), draft_form(version, act="remove-level-1"))
    version.refresh_from_db()
    assert (
        "Levels: Low."
        in client.post(at("draft", KEY), draft_form(version, act="remove-level-1")).content.decode()
    )


def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_saved(ana, version, as_user, at):
    before = version.data
    wrong = draft_form(
        version, **{"domain-0-rule": "1.1 = N: Awful", "domain-0-question-1-shown_when": "1.1"}
    )
    answer = as_user(ana).post(at("draft", KEY), wrong)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Domain 1, rule, line 1: “Awful” is not a level. Levels: Low, High." in text
    assert "“1.1” cannot be read" in text
    version.refresh_from_db()
    assert version.data == before


def test_two_people_do_not_overwrite_each_others_draft(ana, version, as_user, at):
    stale = draft_form(version)
    as_user(ana).post(at("draft", KEY), draft_form(version))
    answer = as_user(ana).post(at("draft", KEY), stale | {"name": "Another name"})
    assert answer.status_code == 409
    assert "changed in the meantime" in answer.content.decode()
    published = as_user(ana).post(at("publish_tool", KEY), {"seen": stale["seen"]}, follow=True)
    assert "changed in the meantime" in published.content.decode()


def test_an_unusable_draft_says_where(ana, version, as_user, at):
    as_user(ana).post(at("draft", KEY), draft_form(version, **{"domain-0-question-0-answers": "Y"}))
    assert "Domain 1, question 1, answers: give two different answers" in (
        as_user(ana).get(at("draft", KEY)).content.decode()
    )
    assert "cannot be used yet" in as_user(ana).get(at("tool", KEY)).content.decode()


def test_a_new_version_flags_what_needs_another_look(study, ana, ben, published, as_user, at):
    mine = services.start_assessment(study=study, instrument=KEY, assessor=ben)
    services.answer_question(assessment=mine, question="1.1", value="Y", by=ben)
    client = as_user(ana)
    client.post(at("next_version", KEY))
    draft = ToolVersion.objects.drafts().get()
    changed = draft_form(draft, **{"domain-0-question-1-text": "Was the training checked?"})
    changed |= {"domain-0-key": "D1", "domain-0-question-0-key": "1.1", "domain-0-question-1-key": "1.2"}
    client.post(at("draft", KEY), changed)
    draft.refresh_from_db()
    client.post(at("publish_tool", KEY), {"note": "Clearer", "seen": services.draft_stamp(draft)})
    assert "1 needs another look" in client.get(at("tools")).content.decode()
    assert "Needs another look" in as_user(ben).get(at("overview"), {"instrument": KEY}).content.decode()
    page = as_user(ben).get(at("assess", mine.pk)).content.decode()
    assert "Question 1.2: worded differently." in page
    assert "Clearer" in page
    as_user(ben).post(at("take_over", mine.pk))
    mine.refresh_from_db()
    assert (mine.tool_version, mine.given) == (2, {"1.1": "Y"})
    assert "needs another look" not in client.get(at("tools")).content.decode()


def test_a_draft_is_thrown_away_with_a_tool_never_published(ana, version, as_user, at):
    assert "is gone" in as_user(ana).post(at("discard_draft", KEY), follow=True).content.decode()
    assert not ReviewTool.objects.filter(key=KEY).exists()
    assert as_user(ana).get(at("draft", KEY)).status_code == 404


@pytest.mark.parametrize("name", ROUTES)
def test_only_those_who_amend_the_protocol_choose_and_build(ben, eve, version, as_user, at, name):
    address = at(name, *([] if name in {"new_tool", "add_tool"} else [KEY]))
    assert as_user(ben).post(address).status_code == 403
    assert as_user(eve).post(address).status_code == 404


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("domains[0].questions[1].shown_when: x", "Domain 1, question 2, asked only when: x"),
        ("domains[1].rule[2].level: y", "Domain 2, line 3 of the rule, level: y"),
        ("levels[0].symbol: z", "Level 1, sign: z"),
        ("The tool: no", "The tool: no"),
    ],
)
def test_places_in_the_data_are_told_as_the_form_calls_them(fault, words):
    assert fault_in_words(fault) == words


@pytest.mark.parametrize("data", ODD)
def test_a_draft_that_a_program_wrote_badly_opens_all_the_same(review, ana, as_user, at, data):
    services.draft_tool(review=review, data={"key": KEY, "name": "Odd"} | data, by=ana)
    assert as_user(ana).get(at("draft", KEY)).status_code == 200
    assert as_user(ana).get(at("tool", KEY)).status_code == 200
