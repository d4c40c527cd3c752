"""What the columns of a table mean, one choice for each."""

from collections.abc import Iterator

from django import forms
from django.forms.boundfield import BoundField

from records.formats.mapping import TARGETS, Table

SHOWN_VALUES = 3


class ColumnsForm(forms.Form):
    """A select per column, named by its place: headers may hold anything."""

    def __init__(self, table: Table, offered: dict[str, str], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.table = table
        choices = [("", "Not used"), *TARGETS.items()]
        for number, column in enumerate(table.columns):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=column,
                initial=offered.get(column, ""),
                widget=forms.Select(attrs={"aria-label": f"What “{column}” holds"}),
            )
        self.fields["again"] = forms.BooleanField(
            required=False, initial=True, label="Remember this for the next table with these columns"
        )

    def mapping(self) -> dict[str, str]:
        return {
            column: self.cleaned_data[f"column-{number}"] for number, column in enumerate(self.table.columns)
        }

    def remember(self) -> bool:
        return self.cleaned_data["again"]

    def lines(self) -> Iterator[tuple[str, BoundField, list[str]]]:
        """Each column with its field and the first values that are in it."""
        for number, column in enumerate(self.table.columns):
            values = [row[number] for row in self.table.rows if row[number].strip()]
            yield column, self[f"column-{number}"], values[:SHOWN_VALUES]
