"""What a person may type about the vocabulary."""

from django import forms

from extraction.models import VocabularyTerm


class TermForm(forms.Form):
    kind = forms.ChoiceField(choices=VocabularyTerm.Kind.choices)
    name = forms.CharField(
        max_length=200, label="Term", help_text="For example: cognitive behavioural therapy."
    )


class RenameForm(forms.Form):
    name = forms.CharField(max_length=200, label="Term")
    seen = forms.CharField(widget=forms.HiddenInput)


class MergeForm(forms.Form):
    """Another term of the same kind, of which this one is a synonym."""

    def __init__(self, *args, term: VocabularyTerm, **kwargs):
        super().__init__(*args, **kwargs)
        peers = VocabularyTerm.objects.filter(review=term.review_id, kind=term.kind, preferred=None)
        self.fields["into"] = forms.ModelChoiceField(
            peers.exclude(pk=term.pk), label="Synonym of", empty_label="Choose the term to keep"
        )


class TermFileForm(forms.Form):
    file = forms.FileField(
        label="CSV file", help_text="Columns kind, name and preferred (filled in for a synonym)."
    )
