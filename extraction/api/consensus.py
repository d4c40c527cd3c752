"""Dual extraction for programs: what differs, agreeing, and how well people agreed."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import services
from extraction.comparing import Shift
from extraction.models import Arm, Extraction, Result
from extraction.serializers import OfReview, ResultOut
from extraction.services.consensus import Choice
from extraction.services.results import CIRCUMSTANCES
from extraction.side_by_side import (
    FieldItem,
    ResultItem,
    SideBySide,
    agreement_between,
    comparisons,
    side_by_side,
)
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import Study


class CountsOut(serializers.Serializer):
    """One study that two people extracted."""

    study = serializers.IntegerField(source="study.pk")
    study_label = serializers.CharField(source="study.label")
    left = serializers.IntegerField(source="left.extractor_id", help_text="Who made the left extraction.")
    right = serializers.IntegerField(source="right.extractor_id")
    fields_open = serializers.IntegerField(help_text="Fields that differ and are not settled.")
    results_open = serializers.IntegerField()
    changing_effects = serializers.IntegerField(source="mattering")
    waiting = serializers.IntegerField(help_text="What both agree on and nobody took over yet.")
    settled = serializers.BooleanField()


class FieldOut(serializers.Serializer):
    field = serializers.CharField()
    row = serializers.CharField(allow_blank=True)
    label = serializers.CharField()  # type: ignore[assignment]
    grade = serializers.CharField(help_text="same, rounded, unit, left_only, right_only or different.")
    left = serializers.JSONField(allow_null=True)
    right = serializers.JSONField(allow_null=True)
    hint = serializers.CharField(allow_blank=True)
    agreed = serializers.JSONField(allow_null=True)
    settled = serializers.BooleanField()
    seen_version = serializers.IntegerField(help_text="Send it back to values/.")


class LineOut(serializers.Serializer):
    name = serializers.CharField()
    grade = serializers.CharField()
    left = serializers.JSONField(allow_null=True)
    right = serializers.JSONField(allow_null=True)
    hint = serializers.CharField(allow_blank=True)
    changes_effect = serializers.BooleanField()


class ShiftOut(serializers.Serializer):
    measure = serializers.CharField()
    left = serializers.FloatField(allow_null=True)
    left_se = serializers.FloatField(allow_null=True)
    right = serializers.FloatField(allow_null=True)
    right_se = serializers.FloatField(allow_null=True)
    share_of_se = serializers.FloatField(
        allow_null=True, help_text="Distance of the effects over the smaller standard error."
    )
    sentence = serializers.CharField(allow_blank=True)


class ComparedResultOut(serializers.Serializer):
    left = serializers.IntegerField(allow_null=True, help_text="A result's id.")
    right = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField()
    changes_effect = serializers.BooleanField()
    lines = LineOut(many=True)
    effects = ShiftOut(many=True)
    agreed = serializers.IntegerField(allow_null=True, help_text="The shared result.")
    left_out = serializers.CharField(allow_blank=True, help_text="Why, if it was left out.")
    settled = serializers.BooleanField()
    seen = serializers.CharField(allow_blank=True, help_text="Send it back to results/ or leave-out/.")


class ComparisonOut(CountsOut):
    fields = FieldOut(many=True)  # type: ignore[assignment]
    results = ComparedResultOut(many=True)


class AgreedValueIn(serializers.Serializer):
    field = serializers.CharField(max_length=60)
    row = serializers.CharField(max_length=12, allow_blank=True, default="")
    value = serializers.JSONField(allow_null=True)
    comment = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    seen_version = serializers.IntegerField(min_value=0, default=0)


class AgreedValuesIn(serializers.Serializer):
    values = AgreedValueIn(many=True, allow_empty=False)


class VisibleResult(OfReview):
    """An independent result that this member may see; others are unknown."""

    def get_queryset(self):
        membership = self.context.get("membership")
        rows = Result.objects.independent()
        return rows.visible_to(membership) if membership else rows.none()


class AgreedResultIn(serializers.Serializer):
    """``result``: the side to build on; the rest what is otherwise, as in correcting a result."""

    result = VisibleResult(queryset=Result.objects.all())
    values = serializers.DictField(required=False, help_text="Numbers that are otherwise.")
    experimental = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    comparator = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    scale = serializers.CharField(max_length=120, allow_blank=True, required=False)
    time_point = serializers.CharField(max_length=120, allow_blank=True, required=False)
    weeks = serializers.FloatField(allow_null=True, required=False)
    rater = serializers.CharField(max_length=15, allow_blank=True, required=False)
    population = serializers.CharField(max_length=15, allow_blank=True, required=False)
    subgroup = serializers.CharField(max_length=120, allow_blank=True, required=False)
    is_change = serializers.BooleanField(required=False)
    adjusted = serializers.BooleanField(required=False)
    basis = serializers.CharField(allow_blank=True, required=False)
    preferred = serializers.BooleanField(allow_null=True, default=None)
    seen = serializers.CharField(allow_blank=True, default="")


class LeftOutIn(serializers.Serializer):
    result = VisibleResult(queryset=Result.objects.all())
    why = serializers.CharField(max_length=2000)
    seen = serializers.CharField(allow_blank=True, default="")


class TakenOut(serializers.Serializer):
    values = serializers.IntegerField()
    results = serializers.IntegerField()


class EstimateOut(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class AgreementRowOut(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    compared = serializers.IntegerField()
    agreed = serializers.IntegerField()
    exact = serializers.IntegerField(help_text="To the letter, but for case and white space.")
    missed = serializers.IntegerField(help_text="Only one has it.")
    share = EstimateOut()
    kappa = EstimateOut(allow_null=True)


class AgreementOut(serializers.Serializer):
    studies = serializers.IntegerField()
    total = AgreementRowOut()
    fields = AgreementRowOut(many=True)  # type: ignore[assignment]
    numbers = AgreementRowOut(many=True)
    results = serializers.IntegerField()
    paired = serializers.IntegerField()
    same_results = serializers.IntegerField()
    changing_effects = serializers.IntegerField(source="mattering")


class ComparisonViewSet(ReviewViewSet):
    """Studies that two people extracted independently, by the study's id; nothing before both are complete."""

    queryset = Extraction.objects.none()
    serializer_class = CountsOut
    filterset_class = None
    permissions = dict.fromkeys(("values", "results", "leave_out", "take_agreeing"), Permission.EXTRACT)

    @extend_schema(responses=CountsOut(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """Where how much is to settle."""
        rows = self.paginate_queryset(comparisons(self.review, self.membership))  # type: ignore[arg-type]
        return self.get_paginated_response(CountsOut(rows, many=True).data)

    @extend_schema(responses=ComparisonOut)
    def retrieve(self, request: Request, slug: str, pk: str) -> Response:
        """Both extractions of one study, field by field and result by result."""
        return Response(compared(self._side(pk)))

    @extend_schema(request=AgreedValuesIn, responses=ComparisonOut)
    @action(detail=True, methods=["post"])
    def values(self, request: Request, slug: str, pk: str) -> Response:
        """Agree on fields, all or nothing; 409 when one was settled otherwise since ``seen_version``."""
        side, given = self._side(pk), self._read(AgreedValuesIn)
        choices = {
            (one["field"], one["row"]): Choice(one["value"], one["seen_version"], one.get("comment"))
            for one in given["values"]
        }
        services.agree_values(study=side.study, by=self.user, choices=choices)
        return Response(compared(self._side(pk)))

    @extend_schema(request=AgreedResultIn, responses={201: ResultOut})
    @action(detail=True, methods=["post"])
    def results(self, request: Request, slug: str, pk: str) -> Response:
        """Agree on a result: one side's, with what is otherwise."""
        self._side(pk)
        given = self._read(AgreedResultIn)
        changes = given.pop("values", {}) | {name: given.pop(name) for name in CIRCUMSTANCES if name in given}
        agreed = services.agree_result(by=self.user, changes=changes, **self._of(pk, given))
        shown = Result.objects.with_names().get(pk=agreed.pk)
        return Response(ResultOut(shown).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=LeftOutIn, responses=ComparisonOut)
    @action(detail=True, methods=["post"], url_path="leave-out")
    def leave_out(self, request: Request, slug: str, pk: str) -> Response:
        """Leave a result out of what is agreed, with a reason."""
        self._side(pk)
        services.leave_out_result(by=self.user, **self._of(pk, self._read(LeftOutIn)))
        return Response(compared(self._side(pk)))

    @extend_schema(request=None, responses=TakenOut)
    @action(detail=True, methods=["post"], url_path="take-agreeing")
    def take_agreeing(self, request: Request, slug: str, pk: str) -> Response:
        """Take over all that both agree on."""
        taken = services.take_all_agreeing(study=self._side(pk).study, by=self.user)
        return Response(TakenOut(taken).data)

    @extend_schema(responses=AgreementOut)
    @action(detail=False, methods=["get"], pagination_class=None)
    def agreement(self, request: Request, slug: str) -> Response:
        """How well people agreed before the consensus."""
        return Response(AgreementOut(agreement_between(comparisons(self.review, self.membership))).data)

    def _side(self, pk: str) -> SideBySide:
        if not pk.isdecimal():
            raise Http404("A study has a number.")
        study = get_object_or_404(Study.objects.select_related("review"), review=self.review, pk=pk)
        side = side_by_side(study, self.membership)
        if side is None:
            raise Http404("There is nothing to compare yet.")
        return side

    def _read(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    @staticmethod
    def _of(pk: str, given: dict[str, Any]) -> dict[str, Any]:
        if given["result"].study_id != int(pk):
            raise serializers.ValidationError({"result": "This is a result of another study."})
        return given


def compared(side: SideBySide) -> dict[str, Any]:
    """One comparison as JSON."""
    counts = dict(CountsOut(side).data)
    return counts | {
        "fields": [_field(item) for item in side.items],
        "results": [_result(item) for item in side.results],
    }


def _field(item: FieldItem) -> dict[str, Any]:
    difference = item.difference
    return {
        "field": difference.field.key,
        "row": difference.row,
        "label": difference.field.label,
        "grade": str(difference.grade),
        "left": difference.left,
        "right": difference.right,
        "hint": difference.verdict.hint,
        "agreed": item.shared.value if item.shared else None,
        "settled": item.settled,
        "seen_version": item.seen_version,
    }


def _result(item: ResultItem) -> dict[str, Any]:
    pair = item.pair
    return {
        "left": item.left.pk if item.left else None,
        "right": item.right.pk if item.right else None,
        "grade": str(pair.grade),
        "changes_effect": pair.matters,
        "lines": [
            {
                "name": line.name,
                "grade": str(line.grade),
                "left": line.left,
                "right": line.right,
                "hint": line.verdict.hint,
                "changes_effect": line.matters,
            }
            for line in (*pair.numbers, *pair.circumstances)
        ],
        "effects": [_shift(shift) for shift in pair.effects],
        "agreed": item.shared.pk if item.shared and not item.left_out else None,
        "left_out": item.shared.withdrawal_reason if item.shared and item.left_out else "",
        "settled": item.settled,
        "seen": item.stamp,
    }


def _shift(shift: Shift) -> dict[str, Any]:
    left, right = shift.left, shift.right
    return {
        "measure": shift.measure,
        "left": left.value if left else None,
        "left_se": left.se if left else None,
        "right": right.value if right else None,
        "right_se": right.se if right else None,
        "share_of_se": shift.shift,
        "sentence": shift.sentence,
    }
