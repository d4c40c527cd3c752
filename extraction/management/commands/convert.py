"""One conversion at the shell: its value with formula, source and caution."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction.conversions import CONVERSIONS, ConversionError, convert, suggest
from extraction.values import plain_number
from reviews.command import ServiceCommand


class Command(ServiceCommand):
    help = "Convert what a report gives; without a key, say what can be done with the numbers."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "words", nargs="+", metavar="KEY name=number", help="sd.from_se se=0.5 n=25; lists as n=12,15,9."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        key = next((word for word in options["words"] if "=" not in word), None)
        inputs = dict(_read(word) for word in options["words"] if "=" in word)
        if key is None:
            found = suggest(inputs)
            lines = [f"{one.key}: {one.name}. {one.formula}" for one in found] or [
                "Nothing can be done with these."
            ]
            return {"suggestions": [one.key for one in found]}, "\n".join(lines)
        try:
            done = convert(key, **inputs)
        except ConversionError as error:
            known = ", ".join(CONVERSIONS) if key not in CONVERSIONS else ""
            raise CommandError(f"{error}{f' Keys: {known}.' if known else ''}") from error
        lines = [done.name, done.filled, f"Source: {done.source}"]
        if done.caution:
            lines.append(f"Caution: {done.caution}")
        return done.to_dict(), "\n".join(lines)


def _read(word: str) -> tuple[str, Any]:
    name, _, text = word.partition("=")
    parts = [_number(part) for part in text.split(",")]
    return name, parts if len(parts) > 1 else parts[0]


def _number(text: str) -> float | int | str:
    try:
        number = float(plain_number(text))
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text else number
