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
        """Each column with its field and what the first rows hold: the same rows in every column, blanks too.

        Where those are all blank, a later row's value with its number; no value at all is an empty list.
        """
        for number, column in enumerate(self.table.columns):
            cells = [row[number].strip() for row in self.table.rows]
            filled = [place for place, cell in enumerate(cells) if cell]
            values = cells[:SHOWN_VALUES] if filled else []
            if filled and filled[0] >= SHOWN_VALUES:
                values = [f"row {filled[0] + 1}: {cells[filled[0]]}"]
            yield column, self[f"column-{number}"], values
