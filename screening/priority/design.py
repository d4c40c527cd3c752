"""Whether a record may report a randomised trial, by published search filters. No Django here.

    decide(title, abstract, types=["Journal Article"], keywords=["Humans"])
    -> Found(stays=False, words=(), why="none of the words of a trial")

A filter was written to find trials in a database of millions; here it is asked of records that were found already, so
that those it would not have found can leave screening. It looks at words only. What it cannot judge stays: a record
without abstract, one that is not in English, one from a trial register.

Sources of the words:

- ``sensitive`` and ``precise``: the Cochrane Highly Sensitive Search Strategies for MEDLINE, sensitivity-maximising
  and sensitivity- and precision-maximising (Lefebvre et al., Cochrane Handbook, technical supplement to chapter 4;
  Glanville, Lefebvre, Miles & Camosso-Stefinovic 2006, J Med Libr Assoc 94:130). Of 27,617 trials in MEDLINE the
  sensitive one found 96 % (Glanville, Kotas, Featherstone & Dooley 2020, J Med Libr Assoc 108:556).
- ``widest``: the words of ``sensitive`` and those of the filters by which Cochrane searches Embase (Lefebvre,
  Eisinga, McDonald & Paul 2008, Emerg Themes Epidemiol 5:13; Glanville and others 2019, Health Info Libr J 36:264):
  random*, factorial*, crossover*, placebo*, double or single blind*, assign*, allocat*, volunteer*, open label,
  controlled near study or design, compare in the title; not their clause on abstracts that evaluate and compare.

Where we differ: both spellings and all endings of "randomise" count, singular and plural of trial, and the
title is asked where the filters ask the abstract alone. Each of these keeps more records, none fewer.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

WIDEST, SENSITIVE, PRECISE = "widest", "sensitive", "precise"
#: Fewer characters are no abstract ("[Abstract not available]").
SHORTEST_ABSTRACT = 100
#: Publication types of trials, as MEDLINE has them and as other databases repeat them, in lower case.
TRIAL_TYPES = (
    "randomized controlled trial",
    "randomised controlled trial",
    "controlled clinical trial",
    "clinical trial",
    "pragmatic clinical trial",
    "adaptive clinical trial",
    "equivalence trial",
)
#: What most English sentences hold, and other languages do not.
_ENGLISH = frozenset(
    {
        "the",
        "and",
        "of",
        "in",
        "with",
        "to",
        "was",
        "were",
        "is",
        "are",
        "for",
        "that",
        "this",
        "on",
        "by",
        "from",
    }
)
_LEAST_ENGLISH = 0.12


@dataclass(frozen=True)
class Rule:
    """``words`` count in title and abstract, ``title_words`` in the title alone, ``headings`` among the keywords."""

    name: str
    label: str
    about: str
    source: str
    words: tuple[tuple[str, str], ...]
    title_words: tuple[tuple[str, str], ...] = ()
    headings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Found:
    """What a filter says of a record: whether it stays, by which words (as they stand in it), and why."""

    stays: bool
    words: tuple[str, ...]
    why: str


_RANDOMISED = ("randomised", r"randomi[sz]\w*")
_RANDOMLY = ("randomly", r"randomly")
_PLACEBO = ("placebo", r"placebos?")
_TRIAL = ("trial", r"trials?")
_SENSITIVE = (_RANDOMISED, _PLACEBO, _RANDOMLY, _TRIAL, ("groups", r"groups"))
_DRUG_THERAPY = (("drug therapy (subheading)", r"drug therapy"),)

RULES = {
    rule.name: rule
    for rule in (
        Rule(
            WIDEST,
            "Widest",
            "Cochrane's sensitive filter for MEDLINE and its filter for Embase together: keeps the most.",
            "words of Cochrane's sensitivity-maximising filter for MEDLINE and of its filter for Embase",
            (
                *_SENSITIVE,
                ("random", r"random\w*"),
                ("group", r"group"),
                ("factorial", r"factorial\w*"),
                ("crossover", r"cross-?\s?over\w*"),
                ("blind", r"(?:doubl|singl|tripl)\w*[\s-]*(?:blind|mask)\w*"),
                ("assign", r"assign\w*"),
                ("allocate", r"allocat\w*"),
                ("volunteer", r"volunteer\w*"),
                ("open label", r"open[\s-]label\w*"),
                ("controlled study", r"controlled(?:\W+\w+){0,6}?\W+(?:stud(?:y|ies)|designs?)"),
                ("study, controlled", r"(?:stud(?:y|ies)|designs?)(?:\W+\w+){0,6}?\W+controlled"),
            ),
            title_words=(("compare", r"compar(?:ed?|ing|isons?|ative)"),),
            headings=_DRUG_THERAPY,
        ),
        Rule(
            SENSITIVE,
            "Sensitive",
            "The sensitivity-maximising filter that Cochrane recommends for MEDLINE.",
            "Cochrane Highly Sensitive Search Strategy, sensitivity-maximising version",
            _SENSITIVE,
            headings=_DRUG_THERAPY,
        ),
        Rule(
            PRECISE,
            "Precise",
            "Cochrane's sensitivity- and precision-maximising filter: takes out more, and more trials with it.",
            "Cochrane Highly Sensitive Search Strategy, sensitivity- and precision-maximising version",
            (_RANDOMISED, _PLACEBO, _RANDOMLY),
            title_words=(_TRIAL,),
            headings=(("Clinical Trials as Topic", r"clinical trials as topic"),),
        ),
    )
}


def decide(
    title: str,
    abstract: str,
    *,
    types: Iterable[str] = (),
    keywords: Iterable[str] = (),
    register: bool = False,
    rule: str = WIDEST,
    animals: bool = True,
) -> Found:
    """What the filter ``rule`` says of one record.

    ``types`` are its publication types, ``keywords`` its keywords and MeSH headings ("Depression/drug therapy"),
    ``register``: it comes from a trial register. With ``animals`` a record goes that MEDLINE indexed with animals and
    not with humans, whatever its words. Raises KeyError for a rule that does not exist.
    """
    chosen = RULES[rule]
    headings = [_plain(word) for word in keywords]
    if animals and "animals" in headings and "humans" not in headings:
        return Found(False, ("Animals",), "indexed with animals and not with humans")
    if named := [each for each in types if _is_trial(each)]:
        return Found(True, tuple(dict.fromkeys(named)), "publication type")
    if register:
        return Found(True, (), "from a trial register")
    found = [
        *_found(chosen.words, f"{title}\n{abstract}".lower()),
        *_found(chosen.title_words, title.lower()),
        *(label for label, heading in chosen.headings if any(heading in each for each in headings)),
    ]
    if found:
        return Found(True, tuple(dict.fromkeys(found)), "words of a trial")
    if len(abstract.strip()) < SHORTEST_ABSTRACT:
        return Found(True, (), "no abstract to judge by")
    if not is_english(abstract):
        return Found(True, (), "the abstract does not seem to be in English")
    return Found(False, (), "none of the words of a trial")


def is_english(text: str) -> bool:
    """Whether a text has as many of the smallest English words as English has."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return bool(words) and sum(word in _ENGLISH for word in words) / len(words) >= _LEAST_ENGLISH


def _is_trial(type: str) -> bool:
    plain = _plain(type)
    return plain.startswith(TRIAL_TYPES) and "protocol" not in plain and "veterinary" not in plain


def _plain(text: str) -> str:
    """A heading as it is compared: without the mark of a main heading, in lower case."""
    return text.replace("*", "").strip().casefold()


def _found(patterns: Iterable[tuple[str, str]], text: str) -> list[str]:
    """Each word as it stands in the text (in lower case), once for each pattern."""
    hits = (_compiled(pattern).search(text) for _, pattern in patterns)
    return list(dict.fromkeys(hit.group() for hit in hits if hit))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")
