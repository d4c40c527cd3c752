"""The room's table of contents."""

from django.urls import path, register_converter

from screening.models import Stage
from screening.views import agreement, conflicts, duplicates, full_texts, intakes, records, screen, studies


class StageConverter:
    regex = "|".join(Stage.values)

    def to_python(self, value: str) -> Stage:
        return Stage(value)

    def to_url(self, value: str) -> str:
        return Stage(value).value


register_converter(StageConverter, "stage")

app_name = "screening"
urlpatterns = [
    path("screen/", screen.screen_start, name="screen_start"),
    path("screen/<stage:stage>/", screen.screen, name="screen"),
    path("screen/<stage:stage>/<int:pk>/", screen.screen_record, name="screen_record"),
    path("screen/<stage:stage>/<int:pk>/vote/", screen.vote, name="vote"),
    path("screen/<stage:stage>/undo/", screen.undo, name="undo"),
    path("screen/<stage:stage>/<int:pk>/duplicate/", duplicates.screen_duplicate, name="screen_duplicate"),
    path("screen/<stage:stage>/<int:pk>/duplicate/mark/", duplicates.screen_mark, name="screen_mark"),
    path("screen/<stage:stage>/pairs/<int:pk>/unmark/", duplicates.screen_unmark, name="screen_unmark"),
    path("records/", records.records, name="records"),
    path("records/<int:pk>/", records.record, name="record"),
    path("records/<int:pk>/reopen/", records.reopen_record, name="reopen"),
    path("records/<int:pk>/duplicate/", duplicates.record_duplicate, name="record_duplicate"),
    path("records/<int:pk>/duplicate/mark/", duplicates.record_mark, name="record_mark"),
    path("records/pairs/<int:pk>/unmark/", duplicates.record_unmark, name="record_unmark"),
    path("intakes/", intakes.intakes, name="intakes"),
    path("intakes/files/<int:pk>/", intakes.intake, name="intake"),
    path("intakes/<int:pk>/undo/", intakes.intake_undo, name="intake_undo"),
    path("conflicts/", conflicts.conflicts, name="conflicts"),
    path("conflicts/recount/", conflicts.recount, name="recount"),
    path("conflicts/<stage:stage>/<int:pk>/", conflicts.conflict, name="conflict"),
    path("full-texts/", full_texts.full_texts, name="full_texts"),
    path("full-texts/<int:pk>/", full_texts.full_text, name="full_text"),
    path("full-texts/<int:pk>/state/", full_texts.full_text_state, name="full_text_state"),
    path("full-texts/<int:pk>/file/", full_texts.full_text_file, name="full_text_file"),
    path("full-texts/<int:pk>/pdf/", full_texts.full_text_pdf, name="full_text_pdf"),
    path("studies/", studies.studies, name="studies"),
    path("studies/<int:pk>/", studies.study, name="study"),
    path("studies/<int:pk>/rename/", studies.study_rename, name="study_rename"),
    path("studies/<int:pk>/group/", studies.study_group, name="study_group"),
    path("studies/linked/<int:pk>/group/", studies.linked_group, name="linked_group"),
    path("studies/groupings/<int:pk>/undo/", studies.grouping_undo, name="grouping_undo"),
    path("reports/<int:pk>/separate/", studies.report_separate, name="report_separate"),
    path("agreement/", agreement.agreement_page, name="agreement"),
]
