"""Small words of the services."""

from typing import Any

from django.core.exceptions import ValidationError


def first_fault(error: ValidationError) -> str:
    """'Level: Ensure this value ...', for the first field at fault."""
    field, sentences = next(iter(error.message_dict.items()))
    return sentences[0] if field == "__all__" else f"{field.replace('_', ' ').capitalize()}: {sentences[0]}"


def plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in values.items()
    }
