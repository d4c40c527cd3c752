from django.urls import URLPattern

app_name = "certainty"
urlpatterns: list[URLPattern] = []
