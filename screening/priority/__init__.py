"""Which records to read first, and when to stop. No Django; numpy and scipy, which are imported here only.

    features    titles, abstracts and keywords -> a sparse matrix of weighted words and pairs of words
    model       some labelled rows -> a linear model -> a score between 0 and 1 for every record
    balance     how much each labelled record weighs
    strategy    scores -> an order (oldest, random, likely, uncertain, mixed)
    cold_start  the protocol's words -> scores, before anything is labelled
    explain     which terms moved a record, exactly

The modules below are heavy to import (0.5 s of numpy and scipy), so nothing is imported here: callers import the
module they need inside the function or task that computes.
"""
