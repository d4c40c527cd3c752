"""What a person may type in this room; nothing here saves."""

import time
import uuid
from typing import cast

from django import forms

from records.models import Record
from reviews.filters import LONGEST_QUESTION
from reviews.models import ExclusionReason, Membership, Review
from screening.earlier import Found
from screening.models import Decision, Intake, Report, Stage, Study

PERSONS = 30  # of one file; a table with more has no column of persons
NOTE = {"rows": 2, "form": "vote-form", "placeholder": "For the team; seen once the record is complete"}


def present_reasons(review: Review):
    """The reasons of the review's list that may be given now, in their order."""
    return ExclusionReason.objects.filter(review=review, retired_at=None)


class VoteForm(forms.Form):
    """One vote. A reason's own button sends the reason alone, which is an exclusion for that reason."""

    vote = forms.ChoiceField(choices=Decision.Vote.choices, required=False)
    reason = forms.ModelChoiceField(ExclusionReason.objects.none(), required=False)
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs=NOTE))
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)
    shown = forms.FloatField(initial=time.time, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = present_reasons(review)  # type: ignore[attr-defined]
        self.fields["note"].widget.attrs |= {
            "data-key": "n",
            "data-gesture": "note",
            "data-key-label": "Write a note",
        }

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        if not data.get("vote"):
            if not data.get("reason"):
                raise forms.ValidationError("Choose include, exclude or maybe, or a reason to exclude.")
            data["vote"] = Decision.Vote.EXCLUDE
        return data

    @property
    def answers(self) -> dict[str, str]:
        """The answers to criteria: ``{criterion id: yes, no or unclear}`` of the fields ``answer_<id>``."""
        given = {
            name.removeprefix("answer_"): self.data[name] for name in self.data if name.startswith("answer_")
        }
        return {criterion: answer for criterion, answer in given.items() if answer}

    @property
    def seconds(self) -> int | None:
        """How long the record was in view, as far as the page's own clock mark tells."""
        shown = self.cleaned_data.get("shown")
        return max(0, round(time.time() - shown)) if shown else None


class FindForm(forms.Form):
    """Words to find another record by."""

    q = forms.CharField(
        label="Find another record",
        required=False,
        max_length=LONGEST_QUESTION,
        widget=forms.SearchInput(attrs={"placeholder": "Words of the title, author, year, DOI or PMID"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs |= {"data-key": "f", "data-key-label": "Find another record"}


class DuplicateForm(forms.Form):
    """The other record, which of the two stays (this, other, or as the service finds best), and a yes to a loss."""

    of = forms.ModelChoiceField(
        Record.objects.none(),
        error_messages={
            "required": "Choose the record that this one is a duplicate of.",
            "invalid_choice": "The record you chose is not in this review (any more): choose another.",
        },
    )
    stays = forms.ChoiceField(choices=[("this", "This"), ("other", "Other")], required=False)
    anyway = forms.BooleanField(required=False)

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["of"].queryset = Record.objects.live().filter(review=review)  # type: ignore[attr-defined]

    def given(self, record: Record) -> dict:
        """What ``mark_duplicate`` takes, ``record`` being this one."""
        data = self.cleaned_data
        stays = {"this": record, "other": data["of"]}.get(data["stays"])
        return {"of": data["of"], "stays": stays, "anyway": data["anyway"]}


class EarlierForm(forms.Form):
    """What the earlier decisions of one file mean here; for votes, which member each person of the file is."""

    kind = forms.ChoiceField(
        label="What they mean in this review",
        choices=[
            (Intake.Kind.IGNORED, "Nothing"),
            (Intake.Kind.PRIOR, "Prior knowledge"),
            (Intake.Kind.VOTES, "Votes of members"),
            (Intake.Kind.OUTCOMES, "Outcomes of an earlier review"),
        ],
        widget=forms.RadioSelect,
    )
    shown_first = forms.BooleanField(
        required=False,
        label="Show them before people vote",
        help_text="Prior knowledge only. Otherwise a person sees them after voting, everybody when the record is "
        "complete.",
    )
    why = forms.CharField(
        max_length=300,
        required=False,
        label="Remark",
        help_text="Kept in the history, for example the review's year.",
    )

    def __init__(self, *args, found: Found, members: list[Membership], **kwargs):
        super().__init__(*args, **kwargs)
        self.names = list(found.people)
        choices = [
            ("", "Nobody: leave out"),
            *((str(member.user_id), str(member.user)) for member in members),
        ]
        by_name = {str(member.user).casefold(): str(member.user_id) for member in members}
        by_name |= {member.user.email.casefold(): str(member.user_id) for member in members}
        for number, name in enumerate(self.names[:PERSONS]):
            self.fields[f"person_{number}"] = forms.ChoiceField(
                label=f"Votes of {name or 'nobody named'}",
                choices=choices,
                required=False,
                initial=by_name.get(name.casefold(), ""),
                help_text="" if number else "If they are votes: the member whose they are.",
            )
        people = [name for name in self.fields if name.startswith("person_")]
        self.order_fields(["kind", *people, "shown_first", "why"])

    def given(self) -> dict:
        """What ``begin_intake`` takes."""
        data = self.cleaned_data
        people = {
            name: int(data[f"person_{number}"])
            for number, name in enumerate(self.names[:PERSONS])
            if data.get(f"person_{number}")
        }
        return {name: data[name] for name in ("kind", "shown_first", "why")} | {"people": people}


class StageForm(forms.Form):
    """At which stage the records of one file come in."""

    kind = forms.ChoiceField(
        label="These records",
        choices=[
            (Intake.Kind.FULL_TEXT, "go straight to full text"),
            (Intake.Kind.INCLUDED, "are included"),
            (Intake.Kind.EXCLUDED, "are excluded"),
        ],
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        max_length=300,
        label="Where they come from",
        help_text="For example: studies of the previous version of this review, 2019.",
    )

    def given(self) -> dict:
        return dict(self.cleaned_data)


class ResolutionForm(forms.Form):
    """The resolver's decision. A reason's own button sends the reason alone, which is an exclusion for it."""

    included = forms.ChoiceField(
        label="Decision",
        choices=[("include", "Include"), ("exclude", "Exclude")],
        widget=forms.RadioSelect,
        required=False,
    )
    reason = forms.ModelChoiceField(
        ExclusionReason.objects.none(), required=False, label="Reason if excluded", empty_label="No reason"
    )
    comment = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "form": "resolve-form"}),
        help_text="Kept in the history.",
    )

    def __init__(self, *args, review: Review, stage: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = present_reasons(review)  # type: ignore[attr-defined]
        self.aside: list[tuple[str, str]] = []
        if stage == Stage.FULL_TEXT:
            self.fields["reason"].help_text = "Needed to exclude at full text: the first that applies."
            self.fields[
                "comment"
            ].help_text += " Needed for a report that awaits classification or is of an ongoing study."
            self.aside = [
                (vote.value, str(vote.label)) for vote in (Decision.Vote.AWAITING, Decision.Vote.ONGOING)
            ]
            self.fields["included"].choices += self.aside  # type: ignore[attr-defined]

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        if not data.get("included") and not self.errors:
            if not data.get("reason"):
                raise forms.ValidationError("Choose include or exclude, or a reason to exclude.")
            data["included"] = Decision.Vote.EXCLUDE
        return data

    @property
    def given(self) -> dict:
        """What ``adjudicate`` takes; a reason left standing beside another decision is not meant."""
        data = self.cleaned_data
        decision = data["included"]
        return {
            "included": decision == "include",
            "outcome": decision if decision in (Decision.Vote.AWAITING, Decision.Vote.ONGOING) else "",
            "reason": data["reason"] if decision == "exclude" else None,
            "comment": data["comment"],
        }


class ReopenForm(forms.Form):
    stage = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)
    why = forms.CharField(
        max_length=500, label="Why is it opened again?", widget=forms.Textarea(attrs={"rows": 2})
    )


class FullTextFileForm(forms.Form):
    file = forms.FileField(label="PDF", widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}))


class StudyForm(forms.Form):
    label = forms.CharField(max_length=120, help_text="For example Nakagawa 2017.")


class DesignForm(forms.Form):
    """The design of one study or of several."""

    design = forms.ChoiceField(choices=[("", "Not known yet"), *Study.Design.choices], required=False)

    def __init__(self, *args, review, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["studies"] = forms.ModelMultipleChoiceField(
            Study.objects.filter(review=review),
            widget=forms.MultipleHiddenInput,
            error_messages={"required": "Choose the studies first.", "invalid_choice": "No such study."},
        )


class ReportChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Report) -> str:
        return f"{obj.study}: {obj.record.title[:90]}"


class ReportsForm(forms.Form):
    """Reports of other studies, to be put under this one."""

    reports = ReportChoices(
        Report.objects.none(),
        label="Reports",
        widget=forms.SelectMultiple(attrs={"size": 8}),
        error_messages={"required": "Choose at least one report."},
    )

    def __init__(self, *args, study: Study, **kwargs):
        super().__init__(*args, **kwargs)
        others = Report.objects.filter(study__review=study.review).exclude(study=study)
        cast(ReportChoices, self.fields["reports"]).queryset = others.select_related(
            "study", "record"
        ).order_by("study__label", "pk")
