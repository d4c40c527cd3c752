"""Newton's method for the model of ``screening.priority.model``, by conjugate gradients on the labelled rows.

Nothing of the size (labelled x labelled) is ever held: a review in which 20,000 records are labelled would need 3 GB
for it. Sums are made by scipy's sparse products and numpy's ``sum``, in one order, and not by BLAS, whose order hangs
on the processor; and the iterations go on until only the last bits change. So two machines differ by about 1e-12,
which rounding hides.
"""

import numpy as np
from scipy import sparse

#: The share of the right-hand side that may be left unsolved.
TOLERANCE = 1e-12
ROUGHLY = 1e-4
_STEPS = 500
_ROUNDS = 50


def minimise(
    x: sparse.csr_matrix,
    own: np.ndarray,
    sign: np.ndarray,
    cost: np.ndarray,
    start: np.ndarray | None = None,
    tolerance: float = TOLERANCE,
) -> np.ndarray:
    """The a (m,) of w = sum_i a_i x_i that minimises |w|^2 / 2 + sum_i cost_i max(0, 1 - sign_i w.x_i)^2.

    ``x`` has the labelled rows (float64, m x terms), to which a column of ones is thought (the intercept), and for
    each row a column of its own with the square ``own_i`` (what its rare words weigh; they occur nowhere else).
    ``sign`` is +1 or -1, ``cost`` positive. ``start`` is the a of a similar problem, NaN for rows that are new.
    """
    back = x.T
    ridge = own + 1 / (2 * cost)
    before = np.full(len(sign), np.nan) if start is None else start
    alpha, inside = np.nan_to_num(before), np.isnan(before) | (before != 0)
    now_at = max(ROUGHLY, tolerance)  # while it is not known which rows are inside, exactness is wasted
    for _ in range(_ROUNDS):
        alpha = _solved(x, back, ridge, sign, inside, np.where(inside, alpha, 0.0), now_at)
        reached = _products(x, back, alpha) + own * alpha
        now = sign * reached < 1
        if (now == inside).all():
            if now_at == tolerance:
                break
            now_at = tolerance
        inside = now
    return alpha


def _products(x: sparse.csr_matrix, back: sparse.csc_matrix, alpha: np.ndarray) -> np.ndarray:
    """(X X' + 1) a."""
    return np.asarray(x @ (back @ alpha)) + alpha.sum()


def _solved(
    x: sparse.csr_matrix,
    back: sparse.csc_matrix,
    ridge: np.ndarray,
    sign: np.ndarray,
    inside: np.ndarray,
    alpha: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """(X X' + 1 + diag(ridge)) a = sign over the rows ``inside``, 0 elsewhere; from ``alpha`` on, preconditioned."""
    easy = inside / (ridge + 1)
    rest = np.where(inside, sign - _products(x, back, alpha) - ridge * alpha, 0.0)
    step = easy * rest
    size, enough = float((rest * step).sum()), tolerance * tolerance * float((sign * sign * easy).sum())
    for _ in range(_STEPS):
        if size <= enough:
            break
        turned = np.where(inside, _products(x, back, step) + ridge * step, 0.0)
        length = size / float((step * turned).sum())
        alpha = alpha + length * step
        rest = rest - length * turned
        ahead = easy * rest
        last, size = size, float((rest * ahead).sum())
        step = ahead + (size / last) * step
    return alpha
