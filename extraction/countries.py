"""Names of countries as reports write them. No Django here."""

from __future__ import annotations

import re

_NAMES = """Afghanistan Albania Algeria Angola Argentina Armenia Australia Austria Azerbaijan Bahrain Bangladesh
Barbados Belarus Belgium Belize Benin Bhutan Bolivia Bosnia_and_Herzegovina Botswana Brazil Brunei
Bulgaria Burkina_Faso Burundi Cambodia Cameroon Canada Central_African_Republic Chad Chile China
Colombia Costa_Rica Croatia Cuba Cyprus Czech_Republic Czechia Denmark Dominican_Republic Ecuador
Egypt El_Salvador Eritrea Estonia Eswatini Ethiopia Fiji Finland France Gabon Gambia Germany Ghana
Greece Greenland Guatemala Guinea Haiti Honduras Hong_Kong Hungary Iceland India Indonesia Iran Iraq
Ireland Israel Italy Jamaica Japan Kazakhstan Kenya Kosovo Kuwait Kyrgyzstan Laos Latvia Lebanon
Lesotho Liberia Libya Liechtenstein Lithuania Luxembourg Madagascar Malawi Malaysia Maldives Mali
Malta Mauritania Mauritius Mexico Moldova Monaco Mongolia Montenegro Morocco Mozambique Myanmar
Namibia Nepal Netherlands New_Zealand Nicaragua Nigeria North_Macedonia Norway Oman Pakistan
Palestine Panama Papua_New_Guinea Paraguay Peru Philippines Poland Portugal Puerto_Rico Qatar
Romania Russia Rwanda Saudi_Arabia Senegal Serbia Sierra_Leone Singapore Slovakia Slovenia Somalia
South_Africa South_Korea South_Sudan Spain Sri_Lanka Sudan Suriname Sweden Switzerland Syria Taiwan
Tajikistan Tanzania Thailand Timor-Leste Togo Trinidad_and_Tobago Tunisia Turkey Turkmenistan Uganda
Ukraine United_Arab_Emirates United_Kingdom United_States Uruguay Uzbekistan Venezuela Vietnam Yemen
Zambia Zimbabwe"""
_ALIASES = {
    "USA": "United States",
    "U.S.A.": "United States",
    "U.S.": "United States",
    "US": "United States",
    "United States of America": "United States",
    "UK": "United Kingdom",
    "U.K.": "United Kingdom",
    "Great Britain": "United Kingdom",
    "England": "United Kingdom",
    "Scotland": "United Kingdom",
    "Wales": "United Kingdom",
    "Northern Ireland": "United Kingdom",
    "Republic of Korea": "South Korea",
    "Korea": "South Korea",
    "Republic of Ireland": "Ireland",
    "Türkiye": "Turkey",
    "Viet Nam": "Vietnam",
    "The Netherlands": "Netherlands",
    "Holland": "Netherlands",
    "Russian Federation": "Russia",
}
_KNOWN = {name.replace("_", " "): name.replace("_", " ") for name in _NAMES.split()} | _ALIASES
#: Not "New England" or "New South Wales", which are not where they seem to be.
_PATTERN = re.compile(
    r"(?<![\w.])(?<!New )(?<!New South )("
    + "|".join(re.escape(name) for name in sorted(_KNOWN, key=len, reverse=True))
    + r")(?![\w$])(?! ink\b)"
)


def countries_in(text: str) -> list[str]:
    """The countries named, each once under one name, in the order of the text; case counts ("us" is nobody)."""
    return list(dict.fromkeys(_KNOWN[match[1]] for match in _PATTERN.finditer(text)))
