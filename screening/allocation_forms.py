"""What a manager types to share records out; nothing here saves."""

from django import forms

from reviews.models import Membership, Review
from reviews.permissions import Permission
from screening.models import Allocation, SavedSearch
from screening.services.allocation import Wish, new_seed


def screeners(review: Review) -> list[Membership]:
    """Present members who may screen, by name."""
    present = review.memberships.filter(left_at=None).select_related("user").order_by("user__name", "pk")
    return [member for member in present if Permission.SCREEN in member.may]


class AllocationForm(forms.Form):
    """A way, the people, and for percent and count a share for each of them (``share_<user id>``)."""

    way = forms.ChoiceField(label="How", choices=Allocation.Way.choices, initial=Allocation.Way.PAIRS)
    people = forms.TypedMultipleChoiceField(
        label="Who",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="By percentage or number, whoever has a share below gets records.",
    )
    saved = forms.ModelChoiceField(
        SavedSearch.objects.none(),
        label="Only records of a saved search",
        required=False,
        empty_label="All open records",
    )
    query = forms.CharField(
        label="Or only records found by this filter",
        max_length=2000,
        required=False,
        help_text="The address of the list of records after the question mark, for example year_from=2015.",
    )
    each = forms.IntegerField(
        label="People per record", min_value=1, max_value=50, required=False, help_text="Empty: the quorum."
    )
    anew = forms.BooleanField(
        label="Share out anew",
        required=False,
        help_text="Assignments of these records without a vote end first. Votes always stay.",
    )
    seed = forms.IntegerField(
        label="Seed of the draw",
        min_value=0,
        max_value=2**31 - 1,
        initial=new_seed,
        help_text="The same seed draws the same.",
    )

    def __init__(self, *args, membership: Membership, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = screeners(membership.review)
        searches = SavedSearch.objects.live().visible_to(membership)
        self.fields["saved"].queryset = searches  # type: ignore[attr-defined]
        self.fields["people"].choices = [  # type: ignore[attr-defined]
            (member.user_id, member.user.name) for member in self.members
        ]
        for member in self.members:
            self.fields[f"share_{member.user_id}"] = forms.FloatField(
                label=f"Share of {member.user.name}", min_value=0, required=False
            )

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("saved") and cleaned.get("query"):
            self.add_error(
                "query", "Choose a saved search or write a filter, not both: leave one of them empty."
            )
        return cleaned

    @property
    def shares(self) -> list[forms.BoundField]:
        return [self[f"share_{member.user_id}"] for member in self.members]

    @property
    def wish(self) -> Wish:
        """Of a valid form. By percent or number a share alone says who."""
        cleaned = self.cleaned_data
        given = {member.user_id: cleaned.get(f"share_{member.user_id}") or 0 for member in self.members}
        if cleaned["way"] in (Allocation.Way.PERCENT, Allocation.Way.COUNT):
            shares = {
                person: share for person, share in given.items() if share or person in cleaned["people"]
            }
        else:
            shares = dict.fromkeys(cleaned["people"], 0)
        return Wish(
            way=cleaned["way"],
            shares=shares,
            query=cleaned["saved"].query if cleaned["saved"] else cleaned["query"],
            each=cleaned["each"],
            seed=cleaned["seed"],
            anew=cleaned["anew"],
        )
