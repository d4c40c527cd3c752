"""The tables of characteristics for programs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.characteristics import Row, Table, characteristics
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class CharacteristicsAnswerSerializer(serializers.Serializer):
    section = serializers.CharField()
    item = serializers.CharField(help_text="What the form asks.")
    words = serializers.CharField()


class CharacteristicsRowSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="The study, or the report that was excluded.")
    cells = serializers.DictField(child=serializers.CharField(), help_text="By the name of the column.")
    facts = serializers.DictField(child=serializers.CharField(), help_text="Characteristics by name.")
    answers = CharacteristicsAnswerSerializer(many=True, help_text="What the extraction form says.")
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="Standing retractions and concerns."
    )
    references = serializers.ListField(child=serializers.CharField())


class CharacteristicsTableSerializer(serializers.Serializer):
    key = serializers.ChoiceField(["included", "excluded", "awaiting", "ongoing"])
    title = serializers.CharField()
    rows = CharacteristicsRowSerializer(many=True)


class CharacteristicsViewSet(ReviewViewSet):
    """Characteristics of included, excluded, awaiting and ongoing studies, as the report prints them."""

    permission = Permission.REPORT
    serializer_class = CharacteristicsTableSerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(responses=CharacteristicsTableSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        found = [_told(table) for table in characteristics(self.review)]
        return Response(CharacteristicsTableSerializer(found, many=True).data)


def _told(table: Table) -> dict[str, Any]:
    rows = [_row(row, dict(named)) for row, named in table.named_rows]
    return {"key": table.key, "title": table.title, "rows": rows}


def _row(row: Row, cells: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row.label,
        "cells": cells,
        "facts": row.facts,
        "answers": [{"section": each.section, "item": each.label, "words": each.words} for each in row.told],
        "notices": row.marks,
        "references": [reference.text for reference in row.references],
    }
