"""The pages of extraction forms."""

from django.urls import path

from extraction.views import form_builder, forms

urlpatterns = [
    path("extraction/forms/", forms.form_list, name="forms"),
    path("extraction/forms/add/", forms.form_add, name="form_add"),
    path("extraction/forms/take-over/", forms.form_take_over, name="form_take_over"),
    path("extraction/forms/<int:pk>/", forms.form_page, name="form"),
    path("extraction/forms/<int:pk>/change/", forms.form_change, name="form_change"),
    path("extraction/forms/<int:pk>/move/", forms.form_move, name="form_move"),
    path("extraction/forms/<int:pk>/retire/", forms.form_retire, name="form_retire"),
    path("extraction/forms/<int:pk>/begin/", forms.form_begin, name="form_begin"),
    path("extraction/forms/<int:pk>/discard/", forms.form_discard, name="form_discard"),
    path("extraction/forms/<int:pk>/build/", form_builder.form_build, name="form_build"),
    path("extraction/forms/<int:pk>/check/", form_builder.form_check, name="form_check"),
    path("extraction/forms/<int:pk>/import/", forms.form_import, name="form_import"),
    path("extraction/forms/<int:pk>/pilot/", forms.form_pilot, name="form_pilot"),
    path("extraction/forms/<int:pk>/pilot/end/", forms.form_pilot_end, name="form_pilot_end"),
    path("extraction/forms/<int:pk>/publish/", forms.form_publish, name="form_publish"),
    path("extraction/form-versions/<int:pk>/", form_builder.form_version, name="form_version"),
    path("extraction/form-versions/<int:pk>/codebook/", forms.form_codebook, name="form_codebook"),
    path("extraction/form-versions/<int:pk>/codebook.csv", forms.form_codebook_csv, name="form_codebook_csv"),
    path("extraction/form-versions/<int:pk>/form.json", forms.form_json, name="form_json"),
]
