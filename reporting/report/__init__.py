"""A whole review as a Word report: what a team submits, with everything the application knows already written.

    content = building.build_report(membership)              # bytes of a DOCX; the same data give the same bytes
    parts = readiness.readiness(source.Source(membership))   # what stands in each part, and what is lacking

Its parts are those of ``outline`` (free of Django). Blinding holds as on the member's own pages: only what was
agreed, or is told to everybody, stands in it.
"""
