"""Where files and records come from: a search the review knows, or a new one described right here."""

from typing import Any

from django import forms

from records.models import Search
from records.services import search_named
from reviews.models import Review

SAY_THE_SOURCE = "Say where these records come from: choose a source or name a new one."


class SourceForm(forms.Form):
    """One of ``search`` and ``source`` is needed. A new source that the review has already is that one."""

    default_type = Search.SourceType.DATABASE
    #: The search the review had already under the name that was typed.
    reused: Search | None = None

    search = forms.ModelChoiceField(
        Search.objects.none(), required=False, label="Source", empty_label="A new source, named below"
    )
    source = forms.CharField(
        max_length=120, required=False, label="New source", help_text="For example MEDLINE or Embase."
    )
    source_type = forms.ChoiceField(choices=Search.SourceType.choices, required=False, label="Kind of source")
    platform = forms.CharField(
        max_length=120, required=False, label="Platform", help_text="For example Ovid or EBSCOhost."
    )

    def __init__(self, review: Review, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.review = review
        self.fields["search"].queryset = review.searches.all()  # type: ignore[attr-defined]
        self.fields["source_type"].initial = self.default_type
        # blank, yet there: the style sheet tells by it that nothing was typed
        self.fields["source"].widget.attrs["placeholder"] = " "
        if not review.searches.exists():
            del self.fields["search"]
            self.fields["source"].required = True
            self.fields["source"].error_messages["required"] = SAY_THE_SOURCE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        known, typed = cleaned.get("search"), cleaned.get("source")
        if self.errors.keys() & {"search", "source"}:
            return cleaned
        if not known and not typed:
            self.add_error("source", SAY_THE_SOURCE)
        if typed:
            same = search_named(self.review, typed, cleaned.get("platform", ""))
            if known and same != known:
                self.add_error("source", f"Choose {known} above or name a new source here, not both.")
            elif not known:
                self.reused = cleaned["search"] = same
        return cleaned

    def new_search(self) -> dict[str, Any]:
        """The fields of the search to add, for records.services.add_search."""
        cleaned = self.cleaned_data
        return {
            "source": cleaned["source"],
            "source_type": cleaned["source_type"] or self.default_type,
            "platform": cleaned["platform"],
        }
