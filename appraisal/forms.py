"""What a person may type about risk of bias; nothing here saves."""

from collections.abc import Mapping

from django import forms
from django.http import QueryDict

from appraisal.instruments import Domain, Instrument, Level


class JudgementForm(forms.Form):
    """One domain: a level and the words that support it. Its inputs are named ``<domain>-value`` and so on."""

    value = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    support = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Support",
    )

    def __init__(self, tool: Instrument, domain: Domain, data: QueryDict | None = None, **kwargs):
        super().__init__(data, prefix=domain.key, auto_id="%s", **kwargs)
        self.domain = domain
        self.levels: tuple[Level, ...] = tool.levels_of(domain)
        value = self.fields["value"]
        assert isinstance(value, forms.ChoiceField)
        value.choices = [(level.key, level.label) for level in self.levels]
        value.label = domain.label
        value.error_messages["invalid_choice"] = (
            "'%(value)s' is not one of the judgements of this domain; choose one of those shown."
        )

    @property
    def chosen(self) -> str:
        return self["value"].value() or ""


class ConsensusForm:
    """One JudgementForm per domain, read together: ``values`` and ``supports`` once ``is_valid``."""

    def __init__(
        self,
        tool: Instrument,
        data: QueryDict | None = None,
        initial: Mapping[str, Mapping[str, str]] | None = None,
    ):
        initial = initial or {}
        self.domains = [
            JudgementForm(tool, domain, data, initial=initial.get(domain.key)) for domain in tool.domains
        ]

    def is_valid(self) -> bool:
        return all(form.is_valid() for form in self.domains)

    @property
    def values(self) -> dict[str, str]:
        return {form.domain.key: form.cleaned_data["value"] for form in self.domains}

    @property
    def supports(self) -> dict[str, str]:
        return {form.domain.key: form.cleaned_data["support"] for form in self.domains}
