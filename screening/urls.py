"""The room's table of contents."""

from django.urls import path, register_converter

from screening.models import Stage
from screening.views import (
    agreement,
    checks,
    conflicts,
    dashboard,
    duplicates,
    exchange,
    full_texts,
    intakes,
    lots,
    open_access,
    pdfs,
    records,
    retrieval,
    rounds,
    screen,
    searches,
    settings,
    studies,
)


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
    path("screen/<stage:stage>/votes/", exchange.votes, name="votes"),
    path("screen/<stage:stage>/before/", exchange.before, name="before"),
    path("screen/<stage:stage>/progress/", exchange.progress, name="progress"),
    path("screen/<stage:stage>/<int:pk>/pane/", exchange.pane, name="screen_pane"),
    path("screen/<stage:stage>/<int:pk>/postpone/", screen.postpone, name="screen_postpone"),
    path("screen/<stage:stage>/<int:pk>/duplicate/", duplicates.screen_duplicate, name="screen_duplicate"),
    path("screen/<stage:stage>/<int:pk>/duplicate/mark/", duplicates.screen_mark, name="screen_mark"),
    path("screen/<stage:stage>/pairs/<int:pk>/unmark/", duplicates.screen_unmark, name="screen_unmark"),
    path("records/", records.records, name="records"),
    path("records/searches/", searches.searches, name="searches"),
    path("records/searches/save/", searches.search_save, name="search_save"),
    path("records/searches/<int:pk>/change/", searches.search_change, name="search_change"),
    path("records/searches/<int:pk>/remove/", searches.search_remove, name="search_remove"),
    path("records/searches/<int:pk>/restore/", searches.search_restore, name="search_restore"),
    path("records/<stage:stage>/<int:pk>/vote/", lots.row_vote, name="row_vote"),
    path("lots/", lots.lots, name="lots"),
    path("lots/new/", lots.lot_new, name="lot_new"),
    path("lots/cast/", lots.lot_cast, name="lot_cast"),
    path("lots/<int:pk>/", lots.lot, name="lot"),
    path("lots/<int:pk>/undo/", lots.lot_undo, name="lot_undo"),
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
    path("full-texts/<int:pk>/language/", full_texts.full_text_language, name="full_text_language"),
    path("full-texts/<int:pk>/detach/", pdfs.pdf_detach, name="pdf_detach"),
    path("full-texts/pdfs/", pdfs.pdfs, name="pdfs"),
    path("full-texts/pdfs/read/", pdfs.pdfs_read, name="pdfs_read"),
    path("full-texts/pdfs/<int:pk>/", pdfs.pdf_look, name="pdf_look"),
    path("full-texts/pdfs/<int:pk>/pdf/", pdfs.pdf_file, name="pdf_file"),
    path("full-texts/pdfs/<int:pk>/attach/", pdfs.pdf_attach, name="pdf_attach"),
    path("full-texts/pdfs/<int:pk>/discard/", pdfs.pdf_discard, name="pdf_discard"),
    path("full-texts/states/", retrieval.states_set, name="states_set"),
    path("full-texts/states/file/", retrieval.states_file, name="states_file"),
    path("full-texts/states/table/", retrieval.states_table, name="states_table"),
    path("full-texts/states/<int:pk>/undo/", retrieval.states_undo, name="states_undo"),
    path("full-texts/<int:pk>/reminded/", retrieval.reminded, name="reminded"),
    path("full-texts/open-access/", open_access.open_access, name="open_access"),
    path("studies/", studies.studies, name="studies"),
    path("studies/<int:pk>/", studies.study, name="study"),
    path("studies/<int:pk>/rename/", studies.study_rename, name="study_rename"),
    path("studies/<int:pk>/group/", studies.study_group, name="study_group"),
    path("studies/linked/<int:pk>/group/", studies.linked_group, name="linked_group"),
    path("studies/groupings/<int:pk>/undo/", studies.grouping_undo, name="grouping_undo"),
    path("reports/<int:pk>/separate/", studies.report_separate, name="report_separate"),
    path("screening/settings/", settings.settings, name="settings"),
    path("screening/settings/<stage:stage>/", settings.settings_save, name="settings_save"),
    path("agreement/", agreement.agreement_page, name="agreement"),
    path("agreement/table.csv", agreement.agreement_csv, name="agreement_csv"),
    path("screening/", dashboard.dashboard, name="dashboard"),
    path("screening/stages-and-people/", dashboard.dashboard_lead, name="dashboard_lead"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/pilot/", rounds.pilot_begin, name="pilot_begin"),
    path("rounds/check/", checks.check_begin, name="check_begin"),
    path("rounds/<int:pk>/", rounds.round, name="round"),
    path("rounds/<int:pk>/discuss/", rounds.pilot_discuss, name="pilot_discuss"),
    path("rounds/<int:pk>/close/", rounds.pilot_close, name="pilot_close"),
    path("rounds/<int:pk>/excuse/", rounds.pilot_excuse, name="pilot_excuse"),
    path("rounds/<int:pk>/check/", checks.check_vote, name="check_vote"),
    path("rounds/<int:pk>/check/undo/", checks.check_undo, name="check_undo"),
    path("rounds/<int:pk>/check/close/", checks.check_close, name="check_close"),
    path("rounds/<int:pk>/check/<int:record>/reopen/", checks.check_reopen, name="check_reopen"),
]
