"""What a person may type about a search, and about all searches of a review together."""

from django import forms

from records.models import Search, SearchReport

SEARCH_FIELDS = [
    "source",
    "source_type",
    "platform",
    "searched_together",
    "searched_on",
    "hits_reported",
    "query",
    "limits",
    "filters",
    "method",
]
REPORT_FIELDS = ["contacts", "other_methods", "prior_work", "updates", "peer_review", "deduplication"]


class SearchForm(forms.ModelForm):
    class Meta:
        model = Search
        fields = SEARCH_FIELDS
        labels = {
            "source": "Source",
            "source_type": "Kind of source",
            "platform": "Platform or version",
            "searched_together": "Searched together with",
            "searched_on": "Date of the search",
            "hits_reported": "Hits the source reported",
            "query": "Full search strategy",
            "limits": "Limits and restrictions",
            "filters": "Search filters",
            "method": "How it was browsed or followed",
        }
        help_texts = {"hits_reported": "Compared with what was read."}
        widgets = {
            "searched_on": forms.DateInput(attrs={"type": "date"}),
            "query": forms.Textarea(attrs={"rows": 8}),
            "limits": forms.Textarea(attrs={"rows": 2}),
            "filters": forms.Textarea(attrs={"rows": 2}),
            "method": forms.Textarea(attrs={"rows": 2}),
        }


class SearchReportForm(forms.ModelForm):
    class Meta:
        model = SearchReport
        fields = REPORT_FIELDS
        labels = {
            "contacts": "Contacts",
            "other_methods": "Other methods",
            "prior_work": "Prior work",
            "updates": "Updates",
            "peer_review": "Peer review of the strategies",
            "deduplication": "De-duplication",
        }
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in REPORT_FIELDS}
