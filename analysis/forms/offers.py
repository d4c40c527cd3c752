"""What the form of a plan offers: the words that the results, studies and protocol of a review hold."""

from collections.abc import Iterable

from django.db.models import Count, F

from analysis.forms.fields import Option
from extraction.models import Arm, Characteristic, Result, VocabularyTerm
from extraction.services.vocabulary import offered
from reviews.models import Review


def characteristics(review: Review) -> list[str]:
    """Names of the facts about the review's studies, each once."""
    found = Characteristic.objects.filter(study__review=review).order_by("name")
    return list(found.values_list("name", flat=True).distinct())


def scales(review: Review) -> list[Option]:
    """Scales of results, the most frequent first, then those of vocabulary and protocol without a result."""
    held = _held(review, "scale")
    words = sorted(held, key=lambda scale: (-held[scale], scale.casefold()))
    words += [word for word in offered(review, VocabularyTerm.Kind.SCALE) if word not in held]
    return [Option(word, word, held.get(word, 0)) for word in words]


def raters(review: Review) -> list[Option]:
    return _of(Result.Rater.choices, _held(review, "rater"))


def populations(review: Review) -> list[Option]:
    return _of(Result.Population.choices, _held(review, "population"))


def arms(review: Review) -> list[str]:
    """Names of what is compared: interventions of the vocabulary, else the labels of arms."""
    terms = VocabularyTerm.objects.filter(
        review=review, kind=VocabularyTerm.Kind.INTERVENTION, preferred=None
    ).values_list("name", flat=True)
    labels = Arm.objects.filter(study__review=review, intervention=None).values_list("label", flat=True)
    return sorted({*terms, *labels.distinct()}, key=str.casefold)


def _held(review: Review, field: str) -> dict[str, int]:
    found = Result.objects.current().filter(review=review).exclude(**{field: ""}).order_by()
    return dict(found.values(word=F(field)).annotate(held=Count("pk")).values_list("word", "held"))


def _of(choices: Iterable[tuple[str, str]], held: dict[str, int]) -> list[Option]:
    return [Option(key, label, held.get(key, 0)) for key, label in choices]
