"""The form of a stage's settings; checks what a person typed and saves nothing."""

from typing import Any

from django import forms

from reviews.errors import Conflict
from reviews.models import Membership, Review
from screening.models import Stage, StageSettings
from screening.services.stage_settings import LABELS, PEOPLE, named, values_of

QUORUMS = {1: "Single: one reviewer", 2: "Dual: two reviewers, blinded to each other"}


class StageSettingsForm(forms.Form):
    """All settings of one stage, as ``values_of`` names them."""

    quorum = forms.TypedChoiceField(
        label="Votes per record",
        coerce=int,
        choices=[(number, QUORUMS.get(number, f"{number} reviewers")) for number in range(1, 10)],
    )
    agreement = forms.ChoiceField(
        label="Agreement",
        choices=StageSettings.Agreement.choices,
        widget=forms.RadioSelect,
        help_text="All: any difference is a conflict. Majority: more than half of the votes decides, a tie is a "
        "conflict. One include: exclusion needs them all. Records wait for all their votes under each rule.",
    )
    maybe = forms.ChoiceField(
        label="A maybe",
        choices=[("include", "Counts as an include"), ("conflict", "Counts for neither side")],
        widget=forms.RadioSelect,
        help_text="For neither side: with “All must agree” it makes a conflict; a majority can decide without it.",
    )
    hold_minutes = forms.IntegerField(
        label="Minutes before votes are counted",
        min_value=0,
        max_value=24 * 60,
        help_text="0: at once. Otherwise each may change a vote for that long after casting it, and not after; the "
        "votes of a record are counted when the last of them is that old.",
    )
    reason_required = forms.BooleanField(label="An exclusion needs a reason", required=False)
    reasons_must_agree = forms.BooleanField(
        label="Different reasons make a conflict",
        required=False,
        help_text="Where reasons are required. Otherwise the one that comes first in the list stands.",
    )
    third_person = forms.BooleanField(
        label="A third person resolves conflicts",
        required=False,
        help_text="Otherwise those who may resolve see conflicts on records they voted on, too; their own vote "
        "then stands as it is.",
    )
    names_hidden = forms.BooleanField(label="Resolvers see Reviewer A and B, not names", required=False)
    may_resolve = forms.TypedMultipleChoiceField(
        label="Who may resolve conflicts",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody chosen: all whose role may resolve. Nobody else sees anything of a conflict.",
    )
    must_screen = forms.TypedMultipleChoiceField(
        label="Who must screen",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each record needs the vote of one of them. Nobody chosen: anybody’s votes will do.",
    )
    assigned_only = forms.BooleanField(
        label="Only assigned records are screened",
        required=False,
        help_text="Records that are assigned to nobody wait. Otherwise anybody takes them.",
    )
    claim_minutes = forms.IntegerField(
        label="Minutes a record in view is kept",
        min_value=1,
        max_value=24 * 60,
        help_text="For whom it is shown; then others may get it.",
    )
    due_on = forms.DateField(
        label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    authors_hidden = forms.BooleanField(label="Authors are hidden while screening", required=False)
    journal_hidden = forms.BooleanField(label="The journal is hidden while screening", required=False)
    labels_hidden = forms.BooleanField(
        label="Colleagues’ labels are hidden until a record is complete", required=False
    )
    ask_criteria = forms.BooleanField(
        label="Criteria are asked one by one",
        required=False,
        help_text="Each is answered yes, no or unclear; the answers propose a vote, which the reviewer casts.",
    )
    criteria_needed = forms.IntegerField(
        label="Criteria that must be met",
        min_value=0,
        max_value=99,
        help_text="To propose inclusion. 0: all of them.",
    )
    order = forms.ChoiceField(
        label="Records come",
        choices=StageSettings.Order.choices,
        widget=forms.RadioSelect,
        help_text="Likely and uncertain are learned from the decisions made so far, again and again. No record is "
        "left out by an order; it says only which comes first.",
    )
    random_share = forms.IntegerField(
        label="Random ones in a mixed order",
        min_value=1,
        max_value=99,
        help_text="Of 100 records. They show what the model would not have found.",
    )
    order_seed = forms.IntegerField(
        label="Seed",
        min_value=0,
        max_value=2**31 - 1,
        help_text="A random order with the same seed is the same order.",
    )
    scores_shown = forms.ChoiceField(
        label="How likely the model finds a record",
        choices=StageSettings.Scores.choices,
        widget=forms.RadioSelect,
        help_text="Beside the record on the screen and in the list of records, where the order is learned. Hidden "
        "is the advice: who sees what a model thinks tends to vote with it.",
    )
    why = forms.CharField(
        required=False,
        max_length=1000,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the history with the old and the new setting.",
    )

    GROUPS = (
        ("Votes", ("quorum", "agreement", "maybe", "reason_required", "reasons_must_agree", "hold_minutes")),
        ("Conflicts", ("third_person", "names_hidden", "may_resolve")),
        ("Who screens what", ("must_screen", "assigned_only", "claim_minutes", "due_on")),
        ("Order", ("order", "random_share", "order_seed")),
        ("What reviewers see", ("authors_hidden", "journal_hidden", "labels_hidden", "scores_shown")),
        ("Criteria", ("ask_criteria", "criteria_needed")),
    )

    def __init__(self, *args, review: Review, settings: StageSettings, **kwargs):
        self.now = values_of(review, settings)
        kwargs["initial"] = self.now
        super().__init__(*args, **kwargs)
        if settings.stage == Stage.FULL_TEXT:
            del self.fields["maybe"], self.fields["reason_required"]  # a report is decided on, for a reason
        members = list(Membership.objects.filter(review=review, left_at=None).select_related("user"))
        for name, right in PEOPLE.items():
            able = {member.user_id: str(member.user) for member in members if right in member.may}
            gone = {
                user.pk: f"{user} (not any more)" for user in named(settings, name) if user.pk not in able
            }
            self.fields[name].choices = list((able | gone).items())  # type: ignore[attr-defined]
        for name in self.now.keys() & self.fields.keys():
            self.fields[name].show_hidden_initial = True

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (heading, [self[name] for name in names if name in self.fields]) for heading, names in self.GROUPS
        ]

    def _clean_value(self, name: str, value: Any) -> Any:
        return sorted(value) if name in PEOPLE else value

    def changes(self) -> dict[str, Any]:
        """What the person changed, against what stood there when the page was opened."""
        seen = self.seen()
        given = {
            name: self._clean_value(name, self.cleaned_data[name])
            for name in self.now.keys() & self.fields.keys()
        }
        return {name: value for name, value in given.items() if value != seen.get(name, self.now[name])}

    def seen(self) -> dict[str, Any]:
        """What the person saw in the fields, as far as the page sent it back."""
        return {
            name: self._as_seen(name) for name in self.now.keys() & self.fields.keys() if self._came(name)
        }

    def _came(self, name: str) -> bool:
        """Whether the hidden field that holds what was seen is there; an empty choice sends none."""
        return any(key.startswith(self[name].html_initial_name) for key in self.data) or (
            name in PEOPLE and any(key.startswith("initial-") for key in self.data)
        )

    def _as_seen(self, name: str) -> Any:
        field, bound = self.fields[name], self[name]
        raw = field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        try:
            return self._clean_value(
                name, field.clean(raw if raw is not None else []) if name in PEOPLE else field.clean(raw)
            )
        except forms.ValidationError as error:
            raise Conflict(
                f"What you saw under “{LABELS[name]}” did not come back as it was. Nothing was saved: reload.",
                field=name,
            ) from error
