"""Estimators, intervals and measures as a methods section names them, and whom it cites for them."""

METHODS_OF_TAU2 = {
    "REML": "restricted maximum likelihood",
    "DL": "the DerSimonian-Laird method",
    "PM": "the Paule-Mandel method",
    "ML": "maximum likelihood",
    "HE": "the Hedges-Olkin method",
    "HS": "the Hunter-Schmidt method",
    "HSk": "the Hunter-Schmidt method with small-sample correction",
    "SJ": "the Sidik-Jonkman method",
    "PMM": "the median-unbiased Paule-Mandel method",
}
METHODS_OF_TEST = {
    "knha": "the Knapp-Hartung adjustment",
    "adhoc": "the Knapp-Hartung adjustment, never narrower than the Wald interval",
    "z": "the normal distribution",
    "t": "the t distribution",
}
METHODS_OF_MEASURE = {
    "SMD": "standardised mean differences (Hedges g with the exact small-sample correction)",
    "SMDH": "standardised mean differences allowing for unequal variances",
    "MD": "mean differences",
    "ROM": "log ratios of means",
    "OR": "log odds ratios",
    "RR": "log risk ratios",
    "RD": "risk differences",
    "AS": "arcsine risk differences",
    "PETO": "Peto log odds ratios",
    "MC": "differences in mean change from baseline",
    "SMCC": "differences in standardised mean change (by the SD of the changes)",
    "SMCR": "differences in standardised mean change (by the SD at baseline)",
    "IRR": "log rate ratios",
    "IRD": "rate differences",
    "IRSD": "differences of square root transformed rates",
    "HR": "log hazard ratios",
    "PR": "proportions as they are",
    "PLO": "logit transformed proportions",
    "PFT": "double arcsine transformed proportions (turned back at the harmonic mean of the sample sizes)",
    "PAS": "arcsine transformed proportions",
    "ZCOR": "Fisher's z transformed correlations",
    "COR": "correlations as they are",
    "DOR": "log diagnostic odds ratios",
}
#: {name: keys of analysis.wording.references}; what is common knowledge has none.
CITED_FOR_TAU2 = {
    "REML": ("viechtbauer_reml",),
    "DL": ("dersimonian",),
    "PM": ("paule",),
    "ML": ("hardy",),
    "HE": ("hedges_olkin",),
    "HS": ("hunter",),
    "HSk": ("brannick",),
    "SJ": ("sidik",),
    "PMM": ("viechtbauer_median",),
}
CITED_FOR_TEST = {"knha": ("knapp",), "adhoc": ("knapp", "roever")}
CITED_FOR_MEASURE = {
    "SMD": ("hedges",),
    "ROM": ("hedges_ratio",),
    "PETO": ("yusuf",),
    "HR": ("tierney",),
    "SMCC": ("morris",),
    "SMCR": ("morris",),
    "PFT": ("freeman",),
}
CITED_FOR_MANTEL_HAENSZEL = {
    "OR": ("mantel", "robins"),
    "RR": ("mantel", "greenland"),
    "RD": ("mantel", "sato"),
    "IRR": ("greenland",),
    "IRD": ("greenland",),
}
CITED_FOR_SMALL_STUDY = {
    "egger": "egger",
    "begg": "begg",
    "thompson-sharp": "thompson_sharp",
    "harbord": "harbord",
    "peters": "peters",
    "macaskill": "macaskill",
    "rucker": "rucker",
    "schwarzer": "schwarzer",
    "deeks": "deeks",
    "pustejovsky-rodgers": "pustejovsky",
}
