"""What programs send and get about risk of bias."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from appraisal import services
from appraisal.models import Answer, Assessment, Judgement, ReviewTool, ToolVersion
from appraisal.registry import current_version
from reviews.models import Outcome
from screening.models import FullText, Study

WORDS = 10_000


class LevelOut(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class DomainOut(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    guidance = serializers.CharField()
    levels = serializers.ListField(child=serializers.CharField(), help_text="Empty: every level.")


class QuestionOut(serializers.Serializer):
    key = serializers.CharField()
    domain = serializers.CharField()
    text = serializers.CharField()
    options = serializers.SerializerMethodField(help_text="{option: words} of what may be chosen.")

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_options(self, question) -> dict[str, str]:
        return dict(question.choices)


class InstrumentOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    reference = serializers.CharField()
    per_result = serializers.BooleanField(help_text="One result (an outcome) is assessed, not a study.")
    designs = serializers.ListField(
        child=serializers.CharField(), help_text="It is made for; empty: every one."
    )
    domains = DomainOut(many=True)
    questions = QuestionOut(many=True)
    levels = LevelOut(many=True)
    overall_levels = LevelOut(source="overall_choices", many=True, help_text="Empty: no overall judgement.")
    together = serializers.CharField(help_text="The question it may ask before an overall judgement.")


class JudgementOut(serializers.ModelSerializer):
    class Meta:
        model = Judgement
        fields = ["domain", "value", "proposed", "override_reason", "direction", "support", "quote", "page"]
        fields += ["full_text", "changed_at"]


class AnswerOut(serializers.ModelSerializer):
    class Meta:
        model = Answer
        fields = ["question", "value", "support", "quote", "page", "full_text", "changed_at"]


class AssessmentOut(serializers.ModelSerializer):
    study_label = serializers.CharField(source="study.label")
    outcome_name = serializers.CharField(source="outcome.name", default="")
    assessor_name = serializers.CharField(source="assessor.name")
    judgements = JudgementOut(many=True)
    answers = AnswerOut(many=True)
    outdated = serializers.SerializerMethodField(help_text="Made with an older version of an own tool.")
    stamp = serializers.SerializerMethodField(
        help_text="Of a consensus: send it back as `seen` to change it."
    )

    class Meta:
        model = Assessment
        fields = [
            "id",
            "study",
            "study_label",
            "instrument",
            "tool_version",
            "outdated",
            "outcome",
            "outcome_name",
        ]
        fields += ["time_point", "result_label", "kind", "state", "assessor", "assessor_name", "created_at"]
        fields += ["completed_at", "stamp", "several_together", "judgements", "answers"]

    def get_stamp(self, assessment: Assessment) -> str:
        return services.consensus_stamp(assessment) if assessment.is_consensus else ""

    def get_outdated(self, assessment: Assessment) -> bool:
        current: dict[str, int] = self.context.setdefault("current_versions", {})  # type: ignore[attr-defined]
        if assessment.instrument not in current:
            current[assessment.instrument] = current_version(assessment.review, assessment.instrument)
        return assessment.tool_version < current[assessment.instrument]


class ProposalOut(serializers.Serializer):
    domain = serializers.CharField()
    level = serializers.CharField(
        allow_null=True, help_text="null: something is missing, or a person judges."
    )
    why = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())
    asks = serializers.CharField(allow_blank=True)


class AssessmentStandOut(serializers.Serializer):
    shown = serializers.ListField(child=serializers.CharField(), help_text="Questions needed now.")
    proposals = ProposalOut(many=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="Sentences; empty: complete.")


class JudgedOut(serializers.Serializer):
    study = serializers.IntegerField()
    instrument = serializers.CharField(source="judged.tool.key")
    values = serializers.DictField(source="judged.values", child=serializers.CharField())
    overall = serializers.CharField(source="judged.overall")
    source = serializers.CharField(  # type: ignore[assignment]
        source="judged.source", help_text="What was assessed: result, outcome or study."
    )
    assessment = serializers.IntegerField(source="judged.assessment_id")


class InReview(serializers.PrimaryKeyRelatedField):
    """Something of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class ResultIn(serializers.Serializer):
    study = InReview(queryset=Study.objects.all())
    instrument = serializers.CharField(max_length=30)
    outcome = InReview(queryset=Outcome.objects.all(), allow_null=True, default=None)
    time_point = serializers.CharField(max_length=120, allow_blank=True, default="")


class AssessmentStartIn(ResultIn):
    result_label = serializers.CharField(max_length=300, allow_blank=True, default="")


class SupportedIn(serializers.Serializer):
    value = serializers.CharField(max_length=30, allow_blank=True)
    support = serializers.CharField(max_length=WORDS, allow_blank=True, default="")
    quote = serializers.CharField(max_length=WORDS, allow_blank=True, default="")
    page = serializers.CharField(max_length=40, allow_blank=True, default="")
    full_text = InReview(queryset=FullText.objects.all(), allow_null=True, default=None)


class QuestionAnswerIn(SupportedIn):
    question = serializers.CharField(max_length=60)


class JudgeIn(SupportedIn):
    domain = serializers.CharField(max_length=60, help_text='A domain key, or "overall".')
    override_reason = serializers.CharField(max_length=WORDS, allow_blank=True, default="")
    direction = serializers.CharField(max_length=20, allow_blank=True, default="")


class TogetherIn(serializers.Serializer):
    yes = serializers.BooleanField(allow_null=True)


class NameResultIn(serializers.Serializer):
    result_label = serializers.CharField(max_length=300, allow_blank=True)


def _words(**kwargs) -> serializers.DictField:
    return serializers.DictField(
        child=serializers.CharField(max_length=WORDS, allow_blank=True), required=False, **kwargs
    )


class ConsensusIn(ResultIn):
    values = serializers.DictField(child=serializers.CharField(max_length=30), help_text="{domain: level}")
    overall = serializers.CharField(max_length=30, allow_blank=True, default="")
    several_together = serializers.BooleanField(allow_null=True, default=None)
    supports = _words(help_text='{domain or "overall": words}')
    override_reasons = _words(help_text='{domain or "overall": words}')
    directions = _words(help_text='{domain or "overall": direction}')
    answers = _words(help_text="{question: option}")
    seen = serializers.CharField(
        allow_blank=True, default="", help_text="`stamp` of the consensus to be changed."
    )


class AssessmentsImportIn(serializers.Serializer):
    file = serializers.FileField()
    instrument = serializers.CharField(max_length=30)
    outcome = InReview(queryset=Outcome.objects.all(), allow_null=True, default=None)
    time_point = serializers.CharField(max_length=120, allow_blank=True, default="")


class AssessmentsImportedOut(serializers.Serializer):
    assessments = serializers.IntegerField()
    ignored = serializers.ListField(child=serializers.CharField())


class ToolVersionOut(serializers.ModelSerializer):
    fault = serializers.SerializerMethodField(help_text="Why a draft cannot be published yet.")
    stamp = serializers.SerializerMethodField(help_text="Of a draft: send it back as `seen` to change it.")

    class Meta:
        model = ToolVersion
        fields = ["number", "data", "note", "published_at", "fault", "stamp"]

    def get_fault(self, version: ToolVersion) -> str:
        return services.fault_of(version.data) if version.is_draft else ""

    def get_stamp(self, version: ToolVersion) -> str:
        return services.draft_stamp(version) if version.is_draft else ""


class ToolOut(serializers.ModelSerializer):
    versions = ToolVersionOut(many=True)

    class Meta:
        model = ReviewTool
        fields = ["key", "is_own", "designs", "retired_at", "versions"]


class AddToolIn(serializers.Serializer):
    key = serializers.CharField(max_length=30)
    designs = serializers.ListField(
        child=serializers.CharField(max_length=30), allow_null=True, default=None, help_text="null: its own."
    )


class ToolDesignsIn(serializers.Serializer):
    designs = serializers.ListField(child=serializers.CharField(max_length=30), help_text="Empty: every one.")


class ToolDraftIn(serializers.Serializer):
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="The tool, as docs/risk-of-bias.md describes it."
    )
    note = serializers.CharField(max_length=WORDS, allow_blank=True, default="")


class ToolChangeIn(serializers.Serializer):
    data = serializers.DictField()  # type: ignore[assignment]
    note = serializers.CharField(max_length=WORDS, allow_blank=True, required=False)
    seen = serializers.CharField(allow_blank=True, default="")


class ToolPublishIn(serializers.Serializer):
    note = serializers.CharField(max_length=WORDS, allow_blank=True, required=False)
