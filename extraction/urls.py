"""Extraction, page by page."""

from django.urls import path

from extraction import views

app_name = "extraction"
urlpatterns = [
    path("extraction/", views.overview, name="overview"),
    path("extraction/studies/<int:study_pk>/", views.study_page, name="study"),
    path("extraction/studies/<int:study_pk>/arms/", views.arm_add, name="arm_add"),
    path(
        "extraction/studies/<int:study_pk>/characteristics/",
        views.characteristic_set,
        name="characteristic_set",
    ),
    path("extraction/studies/<int:study_pk>/results/<slug:kind>/", views.result_add, name="result_add"),
    path("extraction/arms/<int:pk>/", views.arm_change, name="arm_change"),
    path("extraction/arms/<int:pk>/remove/", views.arm_remove, name="arm_remove"),
    path("extraction/results/<int:pk>/", views.result_page, name="result"),
    path("extraction/results/<int:pk>/correct/", views.result_correct, name="result_correct"),
    path("extraction/results/<int:pk>/withdraw/", views.result_withdraw, name="result_withdraw"),
    path("extraction/results/<int:pk>/verify/", views.result_verify, name="result_verify"),
    path("extraction/results/<int:pk>/prefer/", views.result_prefer, name="result_prefer"),
]
