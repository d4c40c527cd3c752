"""What a person may type about risk of bias; nothing here saves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from appraisal.instruments import Domain, Level, SignallingQuestion, Tool, shown
from appraisal.models import Judgement
from reviews.models import Outcome
from screening.models import FullText, Study

LONG = 10_000
OVERALL = Domain(key=Judgement.OVERALL, short="Overall", label="Overall judgement", guidance="")
#: The start form's value for "the study as a whole".
WHOLE = "study"


class SupportedForm(forms.Form):
    """Words, and where they stand. ``full_texts`` are the study's reports with a PDF; one alone is meant anyway."""

    support = forms.CharField(required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": 1}))
    quote = forms.CharField(required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": 1}))
    page = forms.CharField(required=False, max_length=40)
    full_text = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label="Report")

    def __init__(self, data: QueryDict | None, *, full_texts: Sequence[FullText] = (), **kwargs: Any):
        super().__init__(data, auto_id="%s", **kwargs)
        self.full_texts = {one.pk: one for one in full_texts}
        report = self.fields["full_text"]
        assert isinstance(report, forms.ChoiceField)
        report.choices = [("", "Which report"), *((one.pk, str(one.record)) for one in full_texts)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        report = self.full_texts.get(cleaned.get("full_text") or 0)
        if report is None and len(self.full_texts) == 1 and (cleaned.get("quote") or cleaned.get("page")):
            report = next(iter(self.full_texts.values()))
        return cleaned | {"full_text": report}

    @property
    def chosen(self) -> str:
        """What is chosen of what may be, "" without it."""
        value, field = self["value"].value() or "", self.fields["value"]
        assert isinstance(field, forms.ChoiceField)
        return value if field.valid_value(value) else ""

    @property
    def has_place(self) -> bool:
        """Whether a quote or a page is given, so that they are shown at once."""
        return bool(self["quote"].value() or self["page"].value())

    @property
    def all_errors(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


class QuestionForm(SupportedForm):
    """One signalling question. Its inputs are named ``q-<question>-value`` and so on."""

    value = forms.ChoiceField(required=False, widget=forms.RadioSelect)

    def __init__(self, question: SignallingQuestion, data: QueryDict | None = None, **kwargs: Any):
        super().__init__(data, prefix=f"q-{question.key}", **kwargs)
        self.question = question
        _choose(self.fields["value"], question.choices, "answers of this question")


class JudgementForm(SupportedForm):
    """One domain, or the overall judgement: level and support. Inputs are named ``<domain>-value`` and so on."""

    value = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    override_reason = forms.CharField(
        required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": 1})
    )
    direction = forms.ChoiceField(
        required=False, choices=[("", "Not given"), *Judgement.Direction.choices], label="Direction of bias"
    )

    def __init__(
        self,
        levels: Iterable[Level],
        domain: Domain,
        data: QueryDict | None = None,
        *,
        asks_direction: bool = False,
        **kwargs: Any,
    ):
        super().__init__(data, prefix=domain.key, **kwargs)
        self.domain, self.levels = domain, tuple(levels)
        _choose(
            self.fields["value"],
            [(level.key, level.label) for level in self.levels],
            "judgements of this domain",
        )
        if not asks_direction:
            del self.fields["direction"]


def _choose(field: forms.Field, choices: Iterable[tuple[str, str]], what: str) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)
    field.error_messages["invalid_choice"] = (
        f"'%(value)s' is not one of the {what}; choose one of those shown."
    )


class TogetherForm(forms.Form):
    """Whether several concerns together lower confidence: yes, no, or not said yet (None)."""

    together = forms.TypedChoiceField(
        required=False,
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: QueryDict | None = None, *, said: bool | None = None):
        super().__init__(data, auto_id="%s", initial={"together": {True: "yes", False: "no"}.get(said, "")})  # type: ignore[arg-type]

    @property
    def chosen(self) -> str:
        return self["together"].value() or ""


class StartForm(forms.Form):
    """What is to be assessed with which tool: the study as a whole, or one result (outcome and time point)."""

    instrument = forms.ChoiceField(widget=forms.RadioSelect, label="Tool")
    result = forms.ChoiceField(widget=forms.RadioSelect, label="What is assessed")
    other_time = forms.CharField(
        required=False,
        max_length=120,
        label="Another time point",
        help_text="Write it if none of those above is meant; it takes the place of the chosen one.",
    )
    result_label = forms.CharField(
        required=False,
        max_length=300,
        label="The number that is assessed",
        help_text="As reported, for example: SMD −0.40 (−0.62 to −0.18), table 2.",
    )

    def __init__(self, tools: Iterable[Tool], outcomes: Iterable[Outcome], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.tools = {tool.key: tool for tool in tools}
        self.outcomes = {outcome.pk: outcome for outcome in outcomes}
        instrument, result = self.fields["instrument"], self.fields["result"]
        assert isinstance(instrument, forms.ChoiceField)
        assert isinstance(result, forms.ChoiceField)
        instrument.choices = [(key, tool.name) for key, tool in self.tools.items()]
        result.choices = [(WHOLE, "The study as a whole"), *planned_results(self.outcomes.values())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "instrument" not in cleaned or "result" not in cleaned:
            return cleaned
        tool, (outcome, time_point) = self.tools[cleaned["instrument"]], self._meant(cleaned["result"])
        time_point = cleaned.get("other_time") or time_point
        if outcome is None and tool.per_result:
            self.add_error("result", f"{tool.name} assesses one result; choose the outcome.")
        elif outcome is None and time_point:
            self.add_error("other_time", "A time point belongs to an outcome; choose the outcome, too.")
        return cleaned | {"outcome": outcome, "time_point": time_point}

    def _meant(self, result: str) -> tuple[Outcome | None, str]:
        return read_result(result, self.outcomes)


def planned_results(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """(value, words) of every planned outcome at each planned time point, and whatever the time."""
    found = []
    for outcome in outcomes:
        times = dict.fromkeys([outcome.time_point, *outcome.time_points])
        for time_point in (time for time in times if time):
            found.append((f"{outcome.pk}:{time_point}", f"{outcome.name}, {time_point}"))
        found.append(
            (f"{outcome.pk}:", f"{outcome.name}{', no particular time point' if any(times) else ''}")
        )
    return found


def read_result(value: str, outcomes: Mapping[int, Outcome]) -> tuple[Outcome | None, str]:
    """(outcome, time point) of a ``planned_results`` value; (None, "") for the study as a whole or nonsense."""
    if "\x00" in value:
        return None, ""
    number, _, time_point = value.partition(":")
    outcome = outcomes.get(int(number)) if number.isdecimal() and len(number) < 19 else None
    return (outcome, time_point[:120]) if outcome else (None, "")


class AnswerForm(forms.Form):
    """The agreed answer to one question; its input is named ``q-<question>-value``."""

    value = forms.ChoiceField(required=False)

    def __init__(self, question: SignallingQuestion, data: QueryDict | None = None, **kwargs: Any):
        super().__init__(data, prefix=f"q-{question.key}", auto_id="%s", **kwargs)
        self.question = question
        _choose(self.fields["value"], [("", "Choose"), *question.choices], "answers of this question")

    @property
    def words(self) -> str:
        """The answer in words, "" without one."""
        value = self["value"].value() or ""
        return dict(self.question.choices).get(value, value)


class ConsensusForm:
    """Everything that is agreed on, read together; ``initial`` is {name of a domain or question: its values}."""

    def __init__(
        self,
        tool: Tool,
        data: QueryDict | None = None,
        initial: Mapping[str, Mapping[str, Any]] | None = None,
        together: bool | None = None,
    ):
        initial, self.tool = initial or {}, tool
        places = [(domain, tool.levels_of(domain)) for domain in tool.domains]
        if tool.judges_overall:
            places.append((OVERALL, tool.overall_choices))
        self.domains = {
            domain.key: JudgementForm(
                levels, domain, data, asks_direction=tool.per_result, initial=initial.get(domain.key)
            )
            for domain, levels in places
        }
        self.questions = {
            question.key: AnswerForm(question, data, initial=initial.get(f"q-{question.key}"))
            for question in tool.questions
        }
        self.together = TogetherForm(data, said=together)

    def is_valid(self) -> bool:
        valid = [
            form.is_valid() for form in (*self.domains.values(), *self.questions.values(), self.together)
        ]
        return all(valid)

    @property
    def all_errors(self) -> list[str]:
        forms_ = (*self.domains.values(), *self.questions.values())
        return [str(error) for form in forms_ for errors in form.errors.values() for error in errors]

    def given(self, name: str) -> dict[str, str]:
        """{domain key: what was given for ``name``} ("overall" among them), where something was."""
        found = {key: form.cleaned_data.get(name, "") for key, form in self.domains.items()}
        return {key: value for key, value in found.items() if value}

    @property
    def values(self) -> dict[str, str]:
        """{domain key: level key}, without the overall judgement."""
        return {key: value for key, value in self.given("value").items() if key != OVERALL.key}

    @property
    def overall(self) -> str:
        return self.given("value").get(OVERALL.key, "")

    @property
    def answers(self) -> dict[str, str]:
        """{question key: option} of the questions that are needed with these answers."""
        given = {key: value for key, form in self.questions.items() if (value := form.cleaned_data["value"])}
        return {key: given[key] for key in shown(self.tool, given) if key in given}

    @property
    def several_together(self) -> bool | None:
        return self.together.cleaned_data["together"]


class AddToolForm(forms.Form):
    """A built-in tool to be offered in the review."""

    key = forms.ChoiceField(label="Tool")

    def __init__(self, tools: Iterable[Tool], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        key = self.fields["key"]
        assert isinstance(key, forms.ChoiceField)
        key.choices = [(tool.key, tool.name) for tool in tools]


class DesignsForm(forms.Form):
    """The study designs a tool is for."""

    designs = forms.MultipleChoiceField(
        required=False,
        choices=Study.Design.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: for every design.",
    )


class NewToolForm(forms.Form):
    """The name of a tool of one's own, and perhaps the description of one from another review."""

    name = forms.CharField(max_length=200)
    description = forms.JSONField(
        required=False,
        label="Description from another review",
        help_text="What “As a file” gives on the page of a tool. Leave it empty to begin with an empty tool.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"invalid": "This is not JSON; paste the whole content of the file."},
    )

    def clean_description(self) -> dict[str, Any] | None:
        data = self.cleaned_data["description"]
        if data and not isinstance(data, dict):
            raise forms.ValidationError("The description of a tool begins with { and ends with }.")
        try:
            plain = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            raise forms.ValidationError(
                "The description holds signs or numbers that cannot be kept."
            ) from None
        if b"\\u0000" in plain:
            raise forms.ValidationError("The description holds signs that cannot be kept.")
        return data or None


class NoteForm(forms.Form):
    """What changed in a version of a tool."""

    note = forms.CharField(required=False, max_length=2000)


class ResultLabelForm(forms.Form):
    """Which number a draft is about."""

    result_label = forms.CharField(required=False, max_length=300)
