"""One assessment as it is filled in: which questions are needed, what is proposed, what is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from appraisal.forms import OVERALL, JudgementForm, QuestionForm, SupportedForm, TogetherForm
from appraisal.instruments import Domain, Level, Proposal, SignallingQuestion, Tool, overall
from appraisal.models import Answer, Assessment, Judgement
from appraisal.proposing import proposals_of, shown_in
from screening.models import FullText


@dataclass
class Asked:
    """A question with its form; ``number`` counts through the page and names its elements."""

    number: int
    question: SignallingQuestion
    form: QuestionForm
    shown: bool
    answer: Answer | None

    @property
    def is_open(self) -> bool:
        return self.shown and not self.form.chosen

    @property
    def words(self) -> str:
        """The answer in words, "" without one."""
        given = self.answer.value if self.answer else ""
        return dict(self.question.choices).get(given, given)


@dataclass
class Part:
    """One domain, or the overall judgement: its questions, what the tool proposes, and what was judged."""

    number: int
    domain: Domain
    form: JudgementForm
    judgement: Judgement | None
    proposal: Proposal | None
    proposed: Level | None
    asked: list[Asked] = field(default_factory=list)

    @property
    def judged(self) -> Level | None:
        chosen = self.form.chosen
        return next((level for level in self.form.levels if level.key == chosen), None)

    @property
    def differs(self) -> bool:
        """Whether the judgement is another than what is proposed now, so that it needs a reason."""
        return bool(self.judged and self.proposed and self.judged.key != self.proposed.key)

    @property
    def is_item(self) -> bool:
        """Whether the domain is nothing but its one question (JBI)."""
        return len(self.asked) == 1 and self.asked[0].question.text == self.domain.label

    @property
    def open_questions(self) -> int:
        return sum(one.is_open for one in self.asked)


@dataclass
class Filling:
    """The whole page. ``overall`` is None without an overall judgement, ``total`` is what a counting tool adds up."""

    assessment: Assessment
    tool: Tool
    parts: list[Part]
    overall: Part | None
    total: Proposal | None
    together: TogetherForm
    asks: str
    data: QueryDict | None
    full_texts: list[FullText]

    @property
    def follows(self) -> bool:
        """Whether judgements are the answers themselves (a checklist, stars), so that nobody takes them over."""
        tool = self.tool
        counted = any(question.stars for question in tool.questions)
        return counted or all(len(tool.questions_of(domain.key)) == 1 for domain in tool.domains)

    @property
    def every_part(self) -> list[Part]:
        return [*self.parts, *([self.overall] if self.overall else [])]

    @property
    def asked(self) -> list[Asked]:
        return [one for part in self.parts for one in part.asked]

    @property
    def errors(self) -> bool:
        return any(form.is_bound and form.errors for form in self.forms)

    @property
    def forms(self) -> list[SupportedForm]:
        return [*(one.form for one in self.asked), *(part.form for part in self.every_part)]

    @property
    def shown(self) -> list[str]:
        return [one.question.key for one in self.asked if one.shown]

    @property
    def answered(self) -> int:
        return sum(one.shown and not one.is_open for one in self.asked)

    @property
    def judged(self) -> int:
        return sum(part.judged is not None for part in self.every_part)

    @property
    def waiting(self) -> int:
        """Proposals that could be taken over at once."""
        return sum(part.proposed is not None and part.judged is None for part in self.every_part)

    def part(self, domain: str) -> Part | None:
        return next((part for part in self.every_part if part.domain.key == domain), None)

    def question(self, key: str) -> Asked | None:
        return next((one for one in self.asked if one.question.key == key), None)


def full_texts_of(assessment: Assessment) -> list[FullText]:
    """The PDFs a quote may come from: those of the study's reports."""
    found = FullText.objects.current().filter(record__report__study=assessment.study).exclude(file="")
    return list(found.select_related("record").order_by("-record__report__is_main", "record_id"))


def fill(
    assessment: Assessment, data: QueryDict | None = None, full_texts: list[FullText] | None = None
) -> Filling:
    """Give the assessment with answers and judgements prefetched; ``data`` is what was posted, if anything was."""
    tool, reports = assessment.tool, full_texts_of(assessment) if full_texts is None else full_texts
    answers = {one.question: one for one in assessment.answers.all()}
    judgements = {one.domain: one for one in assessment.judgements.all()}
    needed, proposed = set(shown_in(assessment)), proposals_of(assessment)
    numbers = iter(range(1, len(tool.questions) + 1))

    def part(number: int, domain: Domain, levels: tuple[Level, ...]) -> Part:
        found, proposal = judgements.get(domain.key), proposed.get(domain.key)
        form = JudgementForm(
            levels,
            domain,
            data,
            asks_direction=tool.per_result,
            full_texts=reports,
            initial=_initial(found, "override_reason", "direction"),
        )
        by_key = {level.key: level for level in levels}
        return Part(
            number, domain, form, found, proposal, by_key.get(proposal.level or "") if proposal else None
        )

    def ask(question: SignallingQuestion) -> Asked:
        found = answers.get(question.key)
        form = QuestionForm(question, data, full_texts=reports, initial=_initial(found))
        return Asked(next(numbers), question, form, question.key in needed, found)

    parts = []
    for number, domain in enumerate(tool.domains, start=1):
        one = part(number, domain, tool.levels_of(domain))
        one.asked = [ask(question) for question in tool.questions_of(domain.key)]
        parts.append(one)
    last = part(len(parts) + 1, OVERALL, tool.overall_choices) if tool.judges_overall else None
    total = proposed.get(OVERALL.key) if tool.counts else None
    said = TogetherForm(data, said=assessment.several_together)
    asks = overall(tool, assessment.values).asks if last else ""
    return Filling(assessment, tool, parts, last, total, said, asks, data, reports)


def _initial(row: Answer | Judgement | None, *more: str) -> Mapping[str, object]:
    if row is None:
        return {}
    names = ("value", "support", "quote", "page", *more)
    return {name: getattr(row, name) for name in names} | {"full_text": row.full_text_id}
