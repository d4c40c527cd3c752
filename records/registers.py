"""Where an identifier of a record can be looked up. Pure: no database."""

import re
from urllib.parse import quote

#: Registers that have a page for each number: (spelling as in records.formats.normalise, address).
_PAGES = tuple(
    (re.compile(pattern), address)
    for pattern, address in (
        (r"(NCT\d{8})", "https://clinicaltrials.gov/study/{}"),
        (r"(ISRCTN\d{8})", "https://www.isrctn.com/{}"),
        (
            r"EudraCT (\d{4}-\d{6}-\d\d)",
            "https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:{}",
        ),
        (r"EUCT (\d{4}-\d{6}-\d\d)", "https://euclinicaltrials.eu/ctis-public/view/{}-00"),
        (r"(ACTRN\d{14})", "https://www.anzctr.org.au/{}.aspx"),
        (r"(DRKS\d{8})", "https://drks.de/search/en/trial/{}"),
        (r"(jRCTs?\d{9,10})", "https://jrct.mhlw.go.jp/en-latest-detail/{}"),
    )
)
#: WHO's portal shows the trials of its primary registers by number.
_PORTAL = "https://trialsearch.who.int/Trial2.aspx?TrialID={}"
_PORTAL_SPELLING = {"UMIN": "JPRN-UMIN", "JapicCTI": "JPRN-JapicCTI"}
_IN_PORTAL = re.compile(
    r"(ChiCTR|UMIN|JapicCTI|CTRI/|IRCT|KCT|NTR|PACTR|RBR-|SLCTR/|TCTR|RPCEC|PER-|LBCTR)(?=.*\d)[\w/-]+"
)


def trial_address(number: str) -> str:
    """The page of a trial register number, in its own register or in WHO's portal; "" for one that is not known.

    >>> trial_address("NCT01234567")
    'https://clinicaltrials.gov/study/NCT01234567'
    """
    for pattern, address in _PAGES:
        if found := pattern.fullmatch(number):
            return address.format(found[1])
    if found := _IN_PORTAL.fullmatch(number):
        letters = found[1]
        return _PORTAL.format(
            quote(number.replace(letters, _PORTAL_SPELLING.get(letters, letters), 1), safe="")
        )
    return ""
