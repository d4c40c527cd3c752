"""The languages of reports by their English names, whatever a database writes: "ger", "de", "German"."""

from django.conf.locale import LANG_INFO

#: ISO 639-2 as PubMed and Ovid write it, where it is not in Django's table of two-letter codes.
_THREE = {
    "afr": "af", "alb": "sq", "ara": "ar", "arm": "hy", "bos": "bs", "bul": "bg", "cat": "ca", "chi": "zh-hans",
    "zho": "zh-hans", "cze": "cs", "ces": "cs", "dan": "da", "dut": "nl", "nld": "nl", "eng": "en", "est": "et",
    "fin": "fi", "fre": "fr", "fra": "fr", "geo": "ka", "ger": "de", "deu": "de", "gre": "el", "ell": "el",
    "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ice": "is", "isl": "is", "ind": "id", "ita": "it",
    "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "mac": "mk", "mkd": "mk", "nor": "nb", "per": "fa",
    "fas": "fa", "pol": "pl", "por": "pt", "rum": "ro", "ron": "ro", "rus": "ru", "scr": "hr", "scc": "sr",
    "slo": "sk", "slk": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr",
    "ukr": "uk", "vie": "vi",
}  # fmt: skip
_NAMES = {"zh": "Chinese", "zh-hans": "Chinese", "zh-hant": "Chinese", "no": "Norwegian", "nb": "Norwegian"}


def language_name(written: str) -> str:
    """The English name of a language or of several ("eng; ger"); what is unknown is given back as it was written."""
    parts = [part.strip() for part in written.replace("/", ";").replace(",", ";").split(";") if part.strip()]
    names = [_name(part) for part in parts]
    return ", ".join(dict.fromkeys(names))


def _name(written: str) -> str:
    code = written.lower().replace("_", "-")
    code = _THREE.get(code, code)
    for each in (code, code.partition("-")[0] if len(code) <= 8 else code):
        if each in _NAMES:
            return _NAMES[each]
        if "name" in LANG_INFO.get(each, ()):
            return LANG_INFO[each]["name"]
    return written[:1].upper() + written[1:]
