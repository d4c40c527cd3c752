"""What a person may type in the log of questions to authors."""

from django import forms

from extraction.models import AuthorContact, Result
from screening.models import Study

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ContactForm(forms.ModelForm):
    """A question; ``seen_version`` 0 for a new one."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, initial=0, required=False)

    class Meta:
        model = AuthorContact
        fields = ["asked_of", "question", "sent_at", "result"]
        labels = {"asked_of": "Asked of", "sent_at": "Sent on", "result": "About the result"}
        widgets = {"question": forms.Textarea(attrs={"rows": 4}), "sent_at": DAY}
        help_texts = {"sent_at": "Leave it empty until it is sent."}

    def __init__(self, study: Study, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.study = study
        shared = Result.objects.current().filter(study=study).with_names()
        self.fields["result"].queryset = shared  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """Nothing is put into the row here: the service does, under its lock."""

    def changes(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_version"}


class ReplyForm(ContactForm):
    """The same with the reply."""

    class Meta(ContactForm.Meta):
        fields = ["asked_of", "question", "sent_at", "reply", "replied_at", "value_used", "result"]
        labels = ContactForm.Meta.labels | {
            "reply": "What they replied",
            "replied_at": "Replied on",
            "value_used": "What is used of it",
        }
        widgets = ContactForm.Meta.widgets | {
            "reply": forms.Textarea(attrs={"rows": 4}),
            "replied_at": DAY,
            "value_used": forms.Textarea(attrs={"rows": 2}),
        }


class DayForm(forms.Form):
    on = forms.DateField(label="Reminded on", required=False, widget=DAY)
