from django.urls import path, register_converter

from records import views
from records.models import DuplicateCandidate


class DecidedState:
    regex = f"{DuplicateCandidate.State.MERGED}|{DuplicateCandidate.State.DISTINCT}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(DecidedState, "decided_state")

app_name = "records"
urlpatterns = [
    path("searches/", views.searches, name="searches"),
    path("searches/<int:pk>/", views.search_edit, name="search_edit"),
    path("imports/new/", views.upload, name="upload"),
    path("imports/<int:pk>/", views.batch, name="batch"),
    path("imports/<int:pk>/rejected.csv", views.batch_rejected, name="batch_rejected"),
    path("imports/<int:pk>/undo/", views.batch_undo, name="batch_undo"),
    path("duplicates/", views.duplicates, name="duplicates"),
    path("duplicates/duplicates.csv", views.duplicates_csv, name="duplicates_csv"),
    path("duplicates/find/", views.find_duplicates, name="find_duplicates"),
    path("duplicates/<decided_state:state>/", views.decided, name="decided"),
    path("duplicates/<int:pk>/decide/", views.duplicate_decide, name="duplicate_decide"),
    path("duplicates/<int:pk>/reopen/", views.duplicate_reopen, name="duplicate_reopen"),
    path("records/<int:pk>/split/", views.split, name="split"),
]
