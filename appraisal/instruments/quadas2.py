"""QUADAS-2 for studies of diagnostic accuracy: risk of bias and applicability, in our own words."""

from collections.abc import Mapping

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import SignallingQuestion, Tool

LEVELS = (
    Level(key="low", label="Low", symbol="+", colour="low", robvis="Low"),
    Level(key="high", label="High", symbol="−", colour="high", robvis="High"),
    Level(key="unclear", label="Unclear", symbol="?", colour="unclear", robvis="Some concerns"),
)
BIAS = (
    ("D1", "Patient selection", "Could the way patients were selected have biased the result?"),
    ("D2", "Index test", "Could doing or reading the index test have biased the result?"),
    ("D3", "Reference standard", "Could the reference standard, or its reading, have biased the result?"),
    ("D4", "Flow and timing", "Could the flow of patients or the timing of tests have biased the result?"),
)
APPLICABILITY = (
    ("A1", "Applicability: patient selection", "Do the patients differ from those the review asks about?"),
    ("A2", "Applicability: index test", "Does the test, or its reading, differ from the review's question?"),
    (
        "A3",
        "Applicability: reference standard",
        "Does the target condition differ from the review's question?",
    ),
)
QUESTIONS = (
    ("1.1", "Was the sample consecutive or random?"),
    ("1.2", "Was a case-control design avoided?"),
    ("1.3", "Were inappropriate exclusions avoided?"),
    ("2.1", "Was the index test read without knowing the reference standard?"),
    ("2.2", "If a threshold was used, was it set beforehand?"),
    ("3.1", "Is the reference standard likely to classify the condition correctly?"),
    ("3.2", "Was the reference standard read without knowing the index test?"),
    ("4.1", "Was the time between index test and reference standard appropriate?"),
    ("4.2", "Did all patients get a reference standard?"),
    ("4.3", "Did all patients get the same reference standard?"),
    ("4.4", "Were all patients in the analysis?"),
)


def flagged(a: Mapping[str, str]) -> tuple[str | None, str]:
    """Low when every answer is yes (or not applicable), unclear when the rest is unclear; a no asks for judgement."""
    no = [key for key, value in a.items() if value == "N"]
    if no:
        return None, f"A no flags a potential for bias ({', '.join(no)}): judge whether it matters."
    unclear = [key for key, value in a.items() if value == "U"]
    if unclear:
        return "unclear", f"Too little is reported ({', '.join(unclear)})."
    return "low", "Every answer is yes."


QUADAS2 = Tool(
    key="quadas2",
    name="QUADAS-2",
    about="Four domains of bias and three of applicability of a study of diagnostic accuracy; no overall judgement.",
    reference="Whiting PF, Rutjes AWS, Westwood ME, et al. Ann Intern Med 2011;155:529-536",
    reference_url="https://doi.org/10.7326/0003-4819-155-8-201110180-00009",
    guidance_url="https://www.bristol.ac.uk/population-health-sciences/projects/quadas/quadas-2/",
    domains=tuple(
        Domain(key=key, short=key, label=label, guidance=guidance)
        for key, label, guidance in (*BIAS, *APPLICABILITY)
    ),
    levels=LEVELS,
    questions=tuple(
        SignallingQuestion(
            key=key,
            domain=f"D{key[0]}",
            text=text,
            options=("Y", "N", "U", "NA") if key == "2.2" else ("Y", "N", "U"),
            na_is_answer=key == "2.2",
        )
        for key, text in QUESTIONS
    ),
    rules={key: flagged for key, _, _ in BIAS},
    designs=("diagnostic_accuracy",),
    version="2011",
    licence="Free to use with citation; the wording here is our own.",
)
