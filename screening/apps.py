from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "screening"

    def ready(self) -> None:
        """Tell the records room what would be lost here: it looks upstream and cannot ask."""
        from records.services import LOSSES
        from screening.losses import of_import

        LOSSES.append(of_import)
