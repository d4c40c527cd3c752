from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "screening"

    def ready(self) -> None:
        """Tell the records room what would be lost here: it looks upstream and cannot ask."""
        from records.services import LOSSES, OWN_WORDS, STEPS, WORDS_ABOUT
        from reviews.models.audit import BLINDING
        from reviews.services.team import LEAVING, OPEN_WORK, RETURNING
        from screening import history, losses
        from screening.services import people

        LOSSES.append(losses.of_import)
        WORDS_ABOUT.append(losses.about)
        STEPS.append(losses.steps)
        OWN_WORDS.append(losses.own)
        BLINDING.append(history.without_blinded)
        OPEN_WORK.append(people.open_work)
        LEAVING.append(people.release)
        RETURNING.append(people.take_up)
