"""Arms and characteristics, results and what is done with them, warnings."""

from django.urls import path

from extraction.views import arms, results, several, warnings

urlpatterns = [
    path("extraction/studies/<int:study_pk>/arms/", arms.arm_add, name="arm_add"),
    path(
        "extraction/studies/<int:study_pk>/characteristics/",
        arms.characteristic_set,
        name="characteristic_set",
    ),
    path("extraction/arms/<int:pk>/", arms.arm_change, name="arm_change"),
    path("extraction/arms/<int:pk>/remove/", arms.arm_remove, name="arm_remove"),
    path("extraction/studies/<int:study_pk>/several-arms/", several.several_arms, name="several_arms"),
    path("extraction/studies/<int:study_pk>/results/<slug:kind>/", results.result_add, name="result_add"),
    path("extraction/results/<int:pk>/", results.result_page, name="result"),
    path("extraction/results/<int:pk>/correct/", results.result_correct, name="result_correct"),
    path("extraction/results/<int:pk>/withdraw/", results.result_withdraw, name="result_withdraw"),
    path("extraction/results/<int:pk>/verify/", results.result_verify, name="result_verify"),
    path("extraction/results/<int:pk>/prefer/", results.result_prefer, name="result_prefer"),
    path("extraction/results/<int:pk>/as-means/", several.as_means, name="result_as_means"),
    path("extraction/results/<int:pk>/dismiss/", warnings.warning_dismiss, name="warning_dismiss"),
    path("extraction/warnings/", warnings.warning_list, name="warnings"),
    path("extraction/warnings/<int:pk>/restore/", warnings.warning_restore, name="warning_restore"),
]
