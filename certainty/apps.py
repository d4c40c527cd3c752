from django.apps import AppConfig


class CertaintyConfig(AppConfig):
    name = "certainty"
    verbose_name = "certainty of the evidence"
