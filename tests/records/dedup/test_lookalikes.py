"""Different publications that PubMed and Scopus hold side by side: never merged without a person.

Bibliographic fields are PubMed's (baseline files 20n0014 and 21n1298, whose numbers are the ids) and Scopus's; the
abstracts are our own words, alike where theirs are alike. Identifiers are left out, as they often are elsewhere.
"""

import pytest

from records.dedup import MERGE_THRESHOLD, DedupRecord, find_pairs


def article(number, title, authors, year, journal, volume, issue, pages, abstract=""):
    return DedupRecord(str(number), title, authors, year, journal, volume, issue, pages, abstract=abstract)


DOG = (
    "The effects of {} anaesthesia on cardiac output, preportal and hepatic blood flow and oxygen uptake were "
    "studied in eight dogs by an electromagnetic flow technique. Blood flow in the hepatic artery and the portal "
    "vein was measured before, during and after {}. Cardiac output fell by a {} amount and total oxygen uptake "
    "with it, while the splanchnic part of both remained what it was before."
)
ACTA = ["Irestedt, L", "Andreen, M"]
DISSECTED = "oxygen consumption in the dog with special reference to the liver and preportal tissues"
LETTERS = ["Yadav, Sunil Kumar", "Magotra, Ankita", "Ghosh, Srayan"]
MICROBIAL = (
    "How Comparable are Microbial Electrochemical Systems around the Globe? An Electrochemical and Microbiological "
    "Cross-Laboratory Study"
)
CATHODE = ["Santoro, Carlo", "Babanova, Sofia", "Cristiani, Pierangela"]
ICCSA = "Computational Science and Its Applications - ICCSA 2010 - International Conference"
LNCS = "Lecture Notes in Computer Science"
CHILD = "Journal of the American Academy of Child and Adolescent Psychiatry"
PAIRS = {
    "one drug and another, one after the other in an issue": (
        article(425808, f"Effects of neurolept anaesthesia (NLA) on haemodynamics and {DISSECTED}", ACTA, 1979,
                "Acta anaesthesiologica Scandinavica", "23", "1", "1-12", DOG.format("neurolept", "it", "small")),
        article(425810, f"Effects of enflurane on haemodynamics and {DISSECTED}", ACTA, 1979,
                "Acta anaesthesiologica Scandinavica", "23", "1", "13-26", DOG.format("enflurane", "this", "large")),
    ),
    "a preface and the article": (
        article(403634, "Cost containment in the health care industry", ["Cleverley, W O"], 1977,
                "Topics in health care financing", "3", "3", "xi-xii"),
        article(403635, "Cost containment in the health care industry", ["Cleverley, W O"], 1977,
                "Topics in health care financing", "3", "3", "1-17"),
    ),
    "the first of a series and the next": (
        article(422146, "Auditing dietetic services: first of a series", ["Schiller, R", "Behm, V"], 1979,
                "Hospitals", "53", "8", "122-7", "Dietetic audits may be used to judge the quality of care."),
        article(428924, "Auditing dietetic services", ["Schiller, R", "Bartlett, B"], 1979,
                "Hospitals", "53", "10", "118, 120, 122 passim"),
    ),
    "two parts of a history": (
        article(399557, "Part XI: a pictorial history of dentistry. The nineteenth century--No. 1",
                ["Proskauer, C"], 1979, "Tic", "38", "12", "12-4"),
        article(399567, "Part VIII of a series: a pictorial history of dentistry--the seventeenth century--no. 2",
                ["Proskauer, C"], 1979, "Tic", "38", "9", "12-3"),
    ),
    "an article and its cover picture": (
        article(33755321, MICROBIAL, CATHODE, 2021, "ChemSusChem", "14", "11", "2313-2330",
                "Five laboratories ran the same microbial fuel cells and compared currents and communities."),
        article(34002490, MICROBIAL, CATHODE, 2021, "ChemSusChem", "14", "11", "2267",
                "This month's cover comes from the groups of the network. Read the full text on page 2313."),
    ),
    "an article and its correction under the same title": (
        article(33786997, "Immunity proteins of dual nuclease T6SS effectors function as transcriptional repressors",
                LETTERS, 2021, "EMBO reports", "22", "6", "e51857", "Bacteria use a secretion system to compete."),
        article(34060187, "Immunity proteins of dual nuclease T6SS effectors function as transcriptional repressors",
                LETTERS, 2021, "EMBO reports", "22", "6", "e53112"),
    ),
    "two notices on pages that follow": (
        article(34095636, "JACC: Basic to Translational Science 2021 Young Author Award Winner",
                ["Mann, Douglas L"], 2021, "JACC. Basic to translational science", "6", "5", "483"),
        article(34095637, "JACC: Basic to Translational Science 2021 Young Author Award Winner",
                ["Mann, Douglas L"], 2021, "JACC. Basic to translational science", "6", "5", "484"),
    ),
    "two corrections on one page": (
        article(33962828, "Correction", [], 2021, CHILD, "60", "6", "789", "In one article a table was wrong."),
        article(33972156, "Correction", [], 2021, CHILD, "60", "6", "789", "In another article a name was wrong."),
    ),
    "two volumes of one congress": (
        article(77952412778, f"{ICCSA}, Proceedings", ["[No author name available]"], 2010, LNCS, "6016 LNCS",
                "PART 1", "", "The proceedings contain 192 papers on computing, its methods and its uses. " * 3),
        article(77952380739, f"{ICCSA}, Proceedings", ["[No author name available]"], 2010, LNCS, "6017 LNCS",
                "PART 2", "", "The proceedings contain 193 papers on computing, its methods and its uses. " * 3),
    ),
    "two notices of error on one page": (
        article(33971153, "Department of Error", [], 2021, "Lancet (London, England)", "397", "10290", "2150"),
        article(34090603, "Department of Error", [], 2021, "Lancet (London, England)", "397", "10290", "2150"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_a_lookalike_is_not_merged_by_itself(name):
    left, right = PAIRS[name]
    assert [pair for pair in find_pairs([left, right]) if pair.score >= MERGE_THRESHOLD] == []
