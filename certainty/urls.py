"""Certainty of the evidence, page by page."""

from django.urls import path

from certainty.views import comparing, findings, rating, tables

app_name = "certainty"
urlpatterns = [
    path("certainty/", findings.findings, name="findings"),
    path("certainty/add/", findings.add, name="add"),
    path("certainty/take/", findings.take, name="take"),
    path("certainty/findings/<int:pk>/", findings.finding, name="finding"),
    path("certainty/findings/<int:pk>/edit/", findings.edit, name="finding_edit"),
    path("certainty/findings/<int:pk>/choose/", findings.choose, name="finding_choose"),
    path("certainty/findings/<int:pk>/move/", findings.move, name="finding_move"),
    path("certainty/findings/<int:pk>/retire/", findings.retire, name="finding_retire"),
    path("certainty/findings/<int:pk>/restore/", findings.restore, name="finding_restore"),
    path("certainty/findings/<int:pk>/begin/", rating.begin, name="begin"),
    path("certainty/findings/<int:pk>/compare/", comparing.compare, name="compare"),
    path("certainty/findings/<int:pk>/consensus/", comparing.settle, name="settle"),
    path("certainty/grades/<int:pk>/", rating.grade, name="grade"),
    path("certainty/grades/<int:pk>/save/", rating.save, name="grade_save"),
    path("certainty/grades/<int:pk>/domains/<slug:domain>/", rating.rate, name="rate"),
    path("certainty/grades/<int:pk>/again/", rating.again, name="again"),
    path("certainty/grades/<int:pk>/reopen/", rating.reopen, name="reopen"),
    path("certainty/grades/<int:pk>/discard/", rating.discard, name="discard"),
    path("certainty/tables/<slug:kind>/", tables.table, name="table"),
    path("certainty/tables/<slug:kind>.<slug:extension>", tables.table_file, name="table_file"),
]
