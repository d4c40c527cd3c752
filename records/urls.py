from django.urls import path, register_converter

from records.models import DuplicateCandidate
from records.views import (
    duplicate_groups,
    duplicate_lots,
    duplicates,
    imports,
    network,
    previews,
    records,
    searches,
)


class DecidedState:
    regex = "|".join([DuplicateCandidate.State.MERGED, *DuplicateCandidate.APART])

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(DecidedState, "decided_state")

app_name = "records"
urlpatterns = [
    path("searches/", searches.searches, name="searches"),
    path("searches/new/", searches.search_add, name="search_add"),
    path("searches/report/", searches.search_report, name="search_report"),
    path("searches/report/edit/", searches.search_report_edit, name="search_report_edit"),
    path("searches/report.md", searches.search_report_file, name="search_report_file"),
    path("searches/<int:pk>/", searches.search_edit, name="search_edit"),
    path("searches/<int:pk>/remove/", searches.search_remove, name="search_remove"),
    path("imports/new/", imports.upload, name="upload"),
    path("imports/check/", previews.to_check, name="to_check"),
    path("imports/check/all/", previews.import_all, name="import_all"),
    path("imports/<int:pk>/", imports.batch, name="batch"),
    path("imports/<int:pk>/rejected.csv", imports.batch_rejected, name="batch_rejected"),
    path("imports/<int:pk>/import/", previews.batch_import, name="batch_import"),
    path("imports/<int:pk>/discard/", previews.batch_discard, name="batch_discard"),
    path("imports/<int:pk>/read-again/", previews.batch_reread, name="batch_reread"),
    path("imports/<int:pk>/columns/", previews.columns, name="columns"),
    path("imports/<int:pk>/hits/", previews.batch_hits, name="batch_hits"),
    path("imports/<int:pk>/source/", previews.batch_move, name="batch_move"),
    path("imports/<int:pk>/undo/", imports.batch_undo, name="batch_undo"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/duplicates.csv", duplicates.duplicates_csv, name="duplicates_csv"),
    path("duplicates/duplicates.ris", duplicates.duplicates_ris, name="duplicates_ris"),
    path("duplicates/thresholds/", duplicate_lots.thresholds, name="thresholds"),
    path("duplicates/thresholds/trial/", duplicate_lots.thresholds_trial, name="thresholds_trial"),
    path("duplicates/accept/", duplicate_lots.accept, name="accept"),
    path("duplicates/accept/<int:pk>/undo/", duplicate_lots.accepted_undo, name="accepted_undo"),
    path("duplicates/groups/", duplicate_groups.groups, name="groups"),
    path("duplicates/groups/merge/", duplicate_groups.group_merge, name="merge_by_hand"),
    path("duplicates/groups/<int:pk>/", duplicate_groups.group, name="group"),
    path("duplicates/groups/<int:pk>/primary/", duplicate_groups.group_primary, name="group_primary"),
    path("duplicates/groups/<int:pk>/values/", duplicate_groups.group_values, name="group_values"),
    path("duplicates/groups/<int:pk>/dissolve/", duplicate_groups.group_dissolve, name="group_dissolve"),
    path("duplicates/find/", duplicates.find_duplicates, name="find_duplicates"),
    path("duplicates/<decided_state:state>/", duplicates.decided, name="decided"),
    path("duplicates/<int:pk>/decide/", duplicates.duplicate_decide, name="duplicate_decide"),
    path("duplicates/<int:pk>/reopen/", duplicates.duplicate_reopen, name="duplicate_reopen"),
    path("network/pubmed/", network.pubmed, name="pubmed"),
    path("network/pubmed/<int:pk>/again/", network.pubmed_again, name="pubmed_again"),
    path("network/citations/", network.citations, name="citations"),
    path("records/new/", records.record_add, name="record_add"),
    path("records/<int:pk>/edit/", records.record_edit, name="record_edit"),
    path("records/<int:pk>/restore/", records.record_restore, name="record_restore"),
    path("records/<int:pk>/split/", duplicates.split, name="split"),
]
