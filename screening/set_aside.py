"""Reports assessed that are neither excluded nor included: awaiting classification, or of an ongoing study.

No study is made of them. How many studies they are is worked out from what is known: reports with a trial register
number in common, or linked by a person as reports of one study, are of one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from records.models import DuplicateCandidate, Record
from reviews.models import Review
from screening.models import IN_REVIEW, Adjudication, Decision, Report, Stage, Study, Verdict

STATES = (Verdict.State.AWAITING, Verdict.State.ONGOING)


@dataclass
class Group:
    """The reports of one study, with the reasons given, and the included study that it seems to belong to."""

    reports: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    study: Study | None = None

    @property
    def numbers(self) -> list[str]:
        return sorted({number for report in self.reports for number in report.registry_ids})


@dataclass
class Section:
    state: str
    groups: list[Group]

    @property
    def label(self) -> str:
        return Verdict.State(self.state).label

    @property
    def reports(self) -> int:
        return sum(len(group.reports) for group in self.groups)


def sections(review: Review) -> list[Section]:
    """One for each state that has reports; what they hold is told to everybody, being settled."""
    verdicts = Verdict.objects.told().at(Stage.FULL_TEXT).filter(IN_REVIEW, review=review, state__in=STATES)
    rows = list(verdicts.select_related("record__search").order_by("record__year", "record_id"))
    links, notes = _links(review), _notes(rows)
    studies = _studies_by_key(review, links)
    found = []
    for state in STATES:
        records = [row.record for row in rows if row.state == state]
        groups = [_group(reports, links, notes, studies) for reports in same_study(records, links)]
        if groups:
            found.append(Section(state, groups))
    return found


def same_study(records: list[Record], links: dict[int, str]) -> list[list[Record]]:
    """The records in groups of one study each, by keys in common; in the order they come."""
    groups: list[tuple[set[str], list[Record]]] = []
    for record in records:
        keys, members = _keys(record, links) or {f"record {record.pk}"}, [record]
        apart = []
        for others, reports in groups:
            if others & keys:
                keys, members = keys | others, reports + members
            else:
                apart.append((others, reports))
        groups = [*apart, (keys, members)]
    return sorted((members for _, members in groups), key=lambda members: records.index(members[0]))


def _keys(record: Record, links: dict[int, str]) -> set[str]:
    """What tells the study of a report: its trial register numbers, and what it was linked with."""
    keys = {number.upper() for number in record.registry_ids}
    return keys | ({links[record.pk]} if record.pk in links else set())


def _links(review: Review) -> dict[int, str]:
    """{record: key} of records linked by a person; those linked with each other, also through others, share it."""
    pairs = review.duplicate_candidates.living().filter(state=DuplicateCandidate.State.LINKED)
    leader: dict[int, int] = {}

    def find(pk: int) -> int:
        while leader.setdefault(pk, pk) != pk:
            pk = leader[pk]
        return pk

    ends = pairs.values_list("left", "left__duplicate_of", "right", "right__duplicate_of")
    for left, left_leads, right, right_leads in ends:
        leader[find(left_leads or left)] = find(right_leads or right)
    return {pk: f"link {find(pk)}" for pk in list(leader)}


def _notes(rows: list[Verdict]) -> dict[int, list[str]]:
    """Why, in the words of those who voted or resolved."""
    found: dict[int, list[str]] = defaultdict(list)
    here = {"record__in": [row.record_id for row in rows], "stage": Stage.FULL_TEXT}
    for record, comment in Adjudication.objects.live().filter(**here).values_list("record", "comment"):
        found[record].append(comment)
    votes = Decision.objects.live().filter(Q(vote="awaiting") | Q(vote="ongoing"), **here)
    for record, note in votes.order_by("pk").values_list("record", "note"):
        found[record].append(note)
    return {record: list(dict.fromkeys(filter(None, notes))) for record, notes in found.items()}


def _studies_by_key(review: Review, links: dict[int, str]) -> dict[str, Study]:
    reports = Report.objects.filter(IN_REVIEW, study__review=review).select_related("study", "record")
    return {key: report.study for report in reports.order_by("-pk") for key in _keys(report.record, links)}


def _group(reports: list[Record], links: dict, notes: dict, studies: dict[str, Study]) -> Group:
    keys = {key for report in reports for key in _keys(report, links)}
    said = dict.fromkeys(note for report in reports for note in notes.get(report.pk, []))
    study = next((studies[key] for key in sorted(keys) if key in studies), None)
    return Group(reports, list(said), study)


def included_studies_of(review: Review, records: Iterable[Record]) -> dict[int, Study]:
    """{record: the included study that it seems to be another report of}, by trial number or link; three queries."""
    records = list(records)
    links = _links(review)
    keys = {record.pk: _keys(record, links) for record in records}
    if not any(keys.values()):
        return {}
    studies = _studies_by_key(review, links)
    own = dict(Report.objects.filter(record__in=list(keys)).values_list("record", "study"))
    found = {}
    for pk, its in keys.items():
        others = (studies[key] for key in sorted(its) if key in studies)
        if study := next((study for study in others if study.pk != own.get(pk)), None):
            found[pk] = study
    return found


def with_one_number(review: Review) -> list[tuple[str, list[Study]]]:
    """Trial register numbers that reports of several included studies give, each with these studies, in order."""
    found: dict[str, dict[int, Study]] = defaultdict(dict)
    reports = Report.objects.filter(IN_REVIEW, study__review=review).exclude(record__registry_ids=[])
    for report in reports.select_related("study", "record").order_by("study__label", "pk"):
        for number in report.record.registry_ids:
            found[number.upper()][report.study_id] = report.study
    return [(number, list(studies.values())) for number, studies in sorted(found.items()) if len(studies) > 1]
