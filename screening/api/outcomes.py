"""Votes, outcomes, full texts and studies for programs."""

from django.db.models import Prefetch
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import queue, serializers, services
from screening.linked import linked
from screening.models import Decision, FullText, Study, Verdict
from screening.services.full_texts import detach_pdf, set_language
from screening.serving import pdf_response
from screening.set_aside import sections


def valid(serializer) -> dict:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class DecisionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Votes the reader may see: one's own, and colleagues' on records that are complete."""

    queryset = Decision.objects.none()
    serializer_class = serializers.DecisionSerializer
    filterset_fields = ["record", "stage", "vote"]
    permissions = {"create": Permission.SCREEN, "undo": Permission.SCREEN}

    def get_queryset(self):
        return Decision.objects.visible_to(self.membership).select_related("reviewer").order_by("pk")

    @extend_schema(request=serializers.VoteSerializer, responses={201: serializers.DecisionSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Cast a vote."""
        given = serializers.VoteSerializer(data=request.data, context=self.get_serializer_context())
        decision = services.cast_vote(review=self.review, reviewer=self.user, **valid(given))
        return Response(self.get_serializer(decision).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=serializers.DecisionSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take back a vote of one's own while its record is not complete."""
        vote = self.get_object()
        if vote.reviewer_id != self.user.pk:
            raise services.NotAllowed("Only your own votes can be taken back by you.")
        if vote.withdrawn_at is None:
            vote = services.undo_vote(
                review=self.review, stage=vote.stage, reviewer=self.user, record=vote.record
            )
        return Response(self.get_serializer(vote).data)


class QueueViewSet(ReviewViewSet):
    """What the signed-in reviewer has still to screen."""

    queryset = Decision.objects.none()
    serializer_class = serializers.QueueSerializer
    permission = Permission.SCREEN

    @extend_schema(parameters=[serializers.StageQuery], responses=serializers.QueueSerializer)
    def list(self, request: Request, slug: str) -> Response:
        """The next record (null when none is left) and the reviewer's progress."""
        asked = valid(serializers.StageQuery(data=request.query_params))
        stage = asked["stage"]
        found = {
            "record": queue.next_record(self.review, stage, self.user, asked.get("after")),
            "progress": queue.progress(self.review, stage, self.user),
        }
        return Response(self.get_serializer(found).data)


class VerdictViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Outcomes of records at a stage, as far as the reader may see them."""

    queryset = Verdict.objects.none()
    serializer_class = serializers.VerdictSerializer
    filterset_fields = ["record", "stage", "state", "reason"]
    permissions = {"reopen": Permission.ADJUDICATE, "recount": Permission.AMEND_PROTOCOL}

    def get_queryset(self):
        return Verdict.objects.visible_to(self.membership).filter(review=self.review).order_by("pk")

    @extend_schema(request=None, responses={202: serializers.RecountSerializer})
    @action(detail=False, methods=["post"])
    def recount(self, request: Request, slug: str) -> Response:
        """Count all votes anew under the present rules, in the background."""
        job = services.request_recount(review=self.review, by=self.user)
        return Response(serializers.RecountSerializer({"job": job.pk}).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=serializers.ReopenSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        """Open a complete record again."""
        verdict = self.get_object()
        given = valid(serializers.ReopenSerializer(data=request.data))
        services.reopen(review=self.review, record=verdict.record, stage=verdict.stage, by=self.user, **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConflictViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Conflicts the signed-in person may resolve; the votes without names."""

    queryset = Verdict.objects.none()
    serializer_class = serializers.ConflictSerializer
    filterset_fields = ["stage", "record"]
    permission = Permission.ADJUDICATE

    def get_queryset(self):
        mine = Verdict.objects.filter(review=self.review).to_resolve_by(self.user)
        votes = Prefetch("record__decisions", Decision.objects.live(), to_attr="ballots")
        return mine.select_related("record").prefetch_related(votes).order_by("pk")

    @extend_schema(request=serializers.ResolutionSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def adjudicate(self, request: Request, slug: str, pk: str) -> Response:
        """Resolve the conflict."""
        conflict = self.get_object()
        given = serializers.ResolutionSerializer(data=request.data, context=self.get_serializer_context())
        services.adjudicate(
            review=self.review,
            record=conflict.record,
            stage=conflict.stage,
            adjudicator=self.user,
            **valid(given),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=serializers.StageSerializer, responses=serializers.ReopenedSerializer)
    @action(detail=False, methods=["post"], url_path="undo")
    def undo_last(self, request: Request, slug: str) -> Response:
        """Take back one's own last resolution at a stage: its record is a conflict again."""
        stage = valid(serializers.StageSerializer(data=request.data))["stage"]
        record = services.undo_resolution(review=self.review, stage=stage, by=self.user)
        return Response(serializers.ReopenedSerializer({"record": record.pk}).data)


class FullTextViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Reports sought, by the id of their record."""

    queryset = FullText.objects.none()
    serializer_class = serializers.FullTextSerializer
    lookup_field = "record_id"
    filterset_fields = ["state", "needs_translation"]
    permissions = dict.fromkeys(
        ("partial_update", "attach", "detach", "language"), Permission.MANAGE_FULL_TEXT
    )

    def get_queryset(self):
        found = FullText.objects.current().filter(review=self.review)
        return found.select_related("record").order_by("record_id")

    def partial_update(self, request: Request, slug: str, record_id: str) -> Response:
        """Say how far the retrieval is."""
        full_text = self.get_object()
        given = valid(self.get_serializer(data=request.data))
        saved = services.set_full_text_state(
            review=self.review, record=full_text.record, by=self.user, **given
        )
        return Response(self.get_serializer(saved).data)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, slug: str, record_id: str) -> HttpResponseBase:
        """The PDF."""
        full_text = self.get_object()
        return pdf_response(request, services.open_pdf(full_text), full_text.file_name)

    @extend_schema(
        request={"multipart/form-data": serializers.PdfSerializer}, responses=serializers.FullTextSerializer
    )
    @file.mapping.post
    def attach(self, request: Request, slug: str, record_id: str) -> Response:
        """Attach a PDF (multipart, field ``file``)."""
        given = valid(serializers.PdfSerializer(data=request.data))
        saved = services.attach_full_text(
            review=self.review, record=self.get_object().record, by=self.user, **given
        )
        return Response(self.get_serializer(saved).data)

    @extend_schema(request=None, responses=serializers.FullTextSerializer)
    @action(detail=True, methods=["post"])
    def detach(self, request: Request, slug: str, record_id: str) -> Response:
        """Take a wrong PDF off: the one it replaced comes back, or none."""
        saved = detach_pdf(review=self.review, record=self.get_object().record, by=self.user)
        return Response(self.get_serializer(saved).data)

    @extend_schema(request=serializers.LanguageSerializer, responses=serializers.FullTextSerializer)
    @action(detail=True, methods=["post"])
    def language(self, request: Request, slug: str, record_id: str) -> Response:
        """Say in which language the report is and whether it needs a translation."""
        given = valid(serializers.LanguageSerializer(data=request.data))
        saved = set_language(review=self.review, record=self.get_object().record, by=self.user, **given)
        return Response(self.get_serializer(saved).data)

    def get_parsers(self):
        if getattr(self, "action_map", {}).get("post") == "attach":
            return [MultiPartParser()]
        return super().get_parsers()


class StudyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Studies with their reports."""

    queryset = Study.objects.none()
    serializer_class = serializers.StudySerializer
    permissions = dict.fromkeys(
        ("partial_update", "group", "separate", "group_linked", "undo_grouping"), Permission.MANAGE_FULL_TEXT
    ) | {"design": Permission.ASSESS}

    def get_queryset(self):
        studies = Study.objects.current().filter(review=self.review)
        return studies.prefetch_related("reports").order_by("label")

    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Rename a study."""
        study = self.get_object()
        label = valid(self.get_serializer(data=request.data))["label"]
        services.rename_study(review=self.review, study=study, label=label, by=self.user)
        return self._answer(study)

    @extend_schema(request=serializers.DesignSerializer, responses=serializers.StudySerializer(many=True))
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def design(self, request: Request, slug: str) -> Response:
        """Say of which design studies are; answers with those whose design changed."""
        given = serializers.DesignSerializer(data=request.data, context=self.get_serializer_context())
        changed = services.set_design(review=self.review, by=self.user, **valid(given))
        rows = self.get_queryset().filter(pk__in=[study.pk for study in changed])
        return Response(self.get_serializer(rows, many=True).data)

    @extend_schema(request=serializers.ReportsSerializer, responses=serializers.StudySerializer)
    @action(detail=True, methods=["post"])
    def group(self, request: Request, slug: str, pk: str) -> Response:
        """Put reports under this study."""
        given = serializers.ReportsSerializer(data=request.data, context=self.get_serializer_context())
        study = self.get_object()
        services.group_reports(review=self.review, study=study, by=self.user, **valid(given))
        return self._answer(study)

    @extend_schema(request=serializers.ReportIdSerializer, responses=serializers.StudySerializer)
    @action(detail=False, methods=["post"])
    def separate(self, request: Request, slug: str) -> Response:
        """Make a report a study of its own; answers with the new study."""
        given = serializers.ReportIdSerializer(data=request.data, context=self.get_serializer_context())
        study = services.separate_report(review=self.review, by=self.user, **valid(given))
        return self._answer(study)

    @extend_schema(responses=serializers.SetAsideSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="set-aside", pagination_class=None, filter_backends=[])
    def set_aside(self, request: Request, slug: str) -> Response:
        """Reports awaiting classification and of ongoing studies, in groups of one study each."""
        found = [
            {
                "state": section.state,
                "records": [report.pk for report in group.reports],
                "registry_ids": group.numbers,
                "notes": group.notes,
                "study": group.study and group.study.pk,
            }
            for section in sections(self.review)
            for group in section.groups
        ]
        return Response(serializers.SetAsideSerializer(found, many=True).data)

    @extend_schema(responses=serializers.LinkSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def linked(self, request: Request, slug: str) -> Response:
        """Linked reports that are under two studies yet."""
        return Response(serializers.LinkSerializer(linked(self.review), many=True).data)

    @extend_schema(request=serializers.PairIdSerializer, responses=serializers.GroupingSerializer)
    @action(detail=False, methods=["post"], url_path="group-linked")
    def group_linked(self, request: Request, slug: str) -> Response:
        """Put the studies of a linked pair together; the answer's ``grouping`` takes it back."""
        given = serializers.PairIdSerializer(data=request.data, context=self.get_serializer_context())
        study, event = services.group_linked(review=self.review, by=self.user, **valid(given))
        return Response({"study": study.pk, "grouping": event.pk})

    @extend_schema(request=serializers.GroupingIdSerializer, responses=serializers.StudySerializer(many=True))
    @action(
        detail=False, methods=["post"], url_path="undo-grouping", pagination_class=None, filter_backends=[]
    )
    def undo_grouping(self, request: Request, slug: str) -> Response:
        """Give the reports of a grouping back to their studies; answers with these."""
        given = serializers.GroupingIdSerializer(data=request.data, context=self.get_serializer_context())
        event = valid(given)["grouping"]
        back = services.undo_grouping(review=self.review, event=event, by=self.user)
        studies = self.get_queryset().filter(pk__in=[study.pk for study in back])
        return Response(self.get_serializer(studies, many=True).data)

    def _answer(self, study: Study) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=study.pk)).data)
