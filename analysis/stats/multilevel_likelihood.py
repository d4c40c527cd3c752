"""The (restricted) likelihood of y ~ N(Xb, M), M = V + sum_c lambda_c B_c, with gradient and Hessian.

Rows that share neither a random effect nor a sampling covariance are independent, so M falls into blocks; blocks of
similar size are padded to the same one and worked on as a stack. With W = M^-1, C = (X'WX)^-1 and
P = W - WXCX'W (so that Py = W(y - Xb)),

    REML  l = -1/2 [(k - p) log 2 pi + log|M| + log|X'WX| - log|X'X| + y'Py]
    ML    l = -1/2 [k log 2 pi + log|M| + y'Py]
    dl/dlambda_c = 1/2 [y'P B_c P y - tr(P B_c)]                     (ML: tr(W B_c))
    d2l/dlambda_c dlambda_d = 1/2 tr(P B_c P B_d) - y'P B_c P B_d P y    (ML: W in the trace)

Source: Harville 1977, doi 10.1080/01621459.1977.10480998; metafor: `rma.mv`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analysis.stats.errors import InvalidValue, RankDeficient
from analysis.stats.multilevel_terms import Term


@dataclass(frozen=True, eq=False)
class Stack:
    """Blocks of one padded size: row numbers (blocks, m) with -1 for padding, and their parts of y, X, V and B."""

    rows: np.ndarray
    y: np.ndarray
    design: np.ndarray
    sampling: np.ndarray
    basis: np.ndarray

    def covariance(self, lam: np.ndarray) -> np.ndarray:
        """M of the blocks, (blocks, m, m); padding has variance 1."""
        if not len(lam):
            return self.sampling
        return self.sampling + (lam @ self.basis.reshape(len(lam), -1)).reshape(self.sampling.shape)


@dataclass(frozen=True, eq=False)
class Model:
    """The data of a model, scaled: y and V in units of `unit` (a typical deviation), X made orthonormal.

    X = QR with `triangle` R; coefficients are R^-1 times those of Q. `blocks`: number of each row's block (k,).
    `fixed`: variance parameters that are given, by their number, with their value."""

    y: np.ndarray
    design: np.ndarray
    triangle: np.ndarray
    sampling: np.ndarray
    terms: tuple[Term, ...]
    stacks: tuple[Stack, ...]
    blocks: np.ndarray
    restricted: bool
    unit: float
    fixed: Mapping[int, float] = field(default_factory=dict)

    @property
    def k(self) -> int:
        return len(self.y)

    @property
    def p(self) -> int:
        return self.design.shape[1]

    @property
    def size(self) -> int:
        """Number of variance parameters."""
        return sum(term.size for term in self.terms)

    def covariance_of(self, rows: np.ndarray, lam: np.ndarray) -> np.ndarray:
        """M of the given rows (m,), an (m, m) matrix."""
        own = np.diag(self.sampling[rows]) if self.sampling.ndim == 1 else self.sampling[np.ix_(rows, rows)]
        if not self.terms:
            return own
        return own + np.tensordot(lam, np.concatenate([t.basis(rows[None]) for t in self.terms]), axes=1)[0]

    def parts(self, theta: np.ndarray) -> list[np.ndarray]:
        """The parameters of each term."""
        return [theta[own] for own in self.slices]

    @cached_property
    def _squares(self) -> np.ndarray | None:
        """The second derivatives of lambda = theta^2, None unless every term is a random intercept."""
        if any(term.inner is not None for term in self.terms):
            return None
        n = len(self.terms)
        second = np.zeros((n, n, n))
        second[np.arange(n), np.arange(n), np.arange(n)] = 2.0
        return second

    @cached_property
    def slices(self) -> list[slice]:
        ends = np.cumsum([term.size for term in self.terms], dtype=int).tolist()
        return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]

    def covariances(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """lambda of all terms with first and second derivatives by theta."""
        if self._squares is not None:
            return theta**2, np.diag(2.0 * theta), self._squares
        parts = [term.covariances(own) for term, own in zip(self.terms, self.parts(theta), strict=True)]
        if len(parts) == 1:
            return parts[0]
        c, n = sum(len(part[0]) for part in parts), self.size
        lam, jacobian, hessian = np.zeros(c), np.zeros((c, n)), np.zeros((c, n, n))
        row = column = 0
        for values, first, second in parts:
            rows, columns = slice(row, row + len(values)), slice(column, column + first.shape[1])
            lam[rows], jacobian[rows, columns], hessian[rows, columns, columns] = values, first, second
            row, column = rows.stop, columns.stop
        return lam, jacobian, hessian


@dataclass(frozen=True, eq=False)
class Fitted:
    """Generalised least squares at given lambda, in the model's units.

    `value`: the log-likelihood of the model's method (of scaled data). `gradient` (c,), `hessian` (c, c) by lambda.
    `gamma`: coefficients of the orthonormal design; `covariance`: C. `weighted`: per stack (W, WX, W(y - Xb))."""

    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    gamma: np.ndarray
    covariance: np.ndarray
    log_det_m: float
    log_det_xwx: float
    rss: float
    weighted: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]


def build_model(
    y: np.ndarray, design: np.ndarray, sampling: np.ndarray, terms: tuple[Term, ...], *, restricted: bool
) -> Model:
    """Scale, find the independent blocks and stack them. `sampling`: (k,) variances or (k, k) covariances."""
    diagonal = sampling if sampling.ndim == 1 else np.diagonal(sampling)
    basis, triangle = np.linalg.qr(design)
    spread = float(np.sum((y - basis @ (basis.T @ y)) ** 2)) / max(1, len(y) - design.shape[1])
    unit = math.sqrt(max(float(np.median(diagonal)), spread))
    y, sampling = y / unit, sampling / unit**2
    blocks = independent_blocks(len(y), [term.outer for term in terms], sampling)
    stacks = tuple(
        _stack(rows, y, basis, sampling, terms) for rows in _padded(blocks, positive=sampling.ndim == 1)
    )
    return Model(y, basis, triangle, sampling, terms, stacks, blocks, restricted, unit)


def independent_blocks(k: int, groupings: Sequence[np.ndarray], sampling: np.ndarray) -> np.ndarray:
    """Number of the block of each row (k,): the connected components of sharing a group or a covariance."""
    label = np.arange(k)
    links = np.argwhere(np.triu(sampling != 0.0, 1)) if sampling.ndim == 2 else np.zeros((0, 2), dtype=int)
    while True:
        before = label.copy()
        for codes in groupings:
            least = np.full(int(codes.max()) + 1, k)
            np.minimum.at(least, codes, label)
            label = least[codes]
        if len(links):
            least = np.minimum(label[links[:, 0]], label[links[:, 1]])
            np.minimum.at(label, links[:, 0], least)
            np.minimum.at(label, links[:, 1], least)
        label = label[label]
        if np.array_equal(before, label):
            return np.unique(label, return_inverse=True)[1].reshape(-1)


def _padded(blocks: np.ndarray, *, positive: bool) -> list[np.ndarray]:
    """Row numbers of the blocks, padded with -1 to a few sizes; one array (blocks, m) per size."""
    order = np.argsort(blocks, kind="stable")
    sizes = np.bincount(blocks)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    room = np.array([_room(int(n)) for n in sizes]) if len(blocks) > 200 else np.full(len(sizes), sizes.max())
    found = []
    for m in np.unique(room):
        chosen = np.flatnonzero(room == m)
        place = np.arange(int(min(m, sizes[chosen].max())))
        inside = place[None, :] < sizes[chosen][:, None]
        index = np.minimum(starts[chosen][:, None] + place[None, :], len(blocks) - 1)
        found.append(np.where(inside, order[index], -1))
    return found


def _room(n: int) -> int:
    """The next size from 1, 2, 3, 4, 6, 8, 12, 16, ..."""
    power = 1 << max(0, n - 1).bit_length()
    return power if n > 3 * power // 4 or power < 4 else 3 * power // 4


def _stack(
    rows: np.ndarray, y: np.ndarray, design: np.ndarray, sampling: np.ndarray, terms: tuple[Term, ...]
) -> Stack:
    real = rows >= 0
    eye = np.eye(rows.shape[1])
    if sampling.ndim == 1:
        own = np.where(real, sampling[rows], 1.0)[:, :, None] * eye
    else:
        both = real[:, :, None] & real[:, None, :]
        own = np.where(both, sampling[rows[:, :, None], rows[:, None, :]], 0.0) + (~real)[:, :, None] * eye
    parts = [term.basis(rows) for term in terms]
    basis = np.concatenate(parts) if parts else np.zeros((0, *own.shape))
    return Stack(
        rows, np.where(real, y[rows], 0.0), np.where(real[:, :, None], design[rows], 0.0), own, basis
    )


def evaluate(model: Model, lam: np.ndarray, *, derivatives: bool = True) -> Fitted | None:
    """Likelihood, derivatives and least squares at lambda; None where M is not positive definite."""
    p = model.p
    log_det, xwx, xwy = 0.0, np.zeros((p, p)), np.zeros(p)
    halves = []
    for stack in model.stacks:
        try:
            root = np.linalg.cholesky(stack.covariance(lam))
        except np.linalg.LinAlgError:
            return None
        log_det += 2.0 * float(np.sum(np.log(root.diagonal(0, 1, 2))))
        inverse = np.linalg.inv(root)
        w = inverse.transpose(0, 2, 1) @ inverse
        wx = w @ stack.design
        flat = wx.reshape(-1, p)
        xwx += stack.design.reshape(-1, p).T @ flat
        xwy += flat.T @ stack.y.reshape(-1)
        halves.append((w, wx))
    if not np.all(np.diagonal(xwx) > 0.0):  # so large a variance that the weights are 0
        return None
    try:
        covariance = np.linalg.inv(xwx) if p > 1 else 1.0 / xwx
    except np.linalg.LinAlgError:
        return None
    covariance = 0.5 * (covariance + covariance.T)
    gamma = covariance @ xwy
    rss, weighted = 0.0, []
    for stack, (w, wx) in zip(model.stacks, halves, strict=True):
        residuals = stack.y - stack.design @ gamma
        u = (w @ residuals[:, :, None])[:, :, 0]
        rss += float(residuals.reshape(-1) @ u.reshape(-1))
        weighted.append((w, wx, u))
    log_det_xwx = float(np.linalg.slogdet(xwx)[1]) if p > 1 else math.log(xwx[0, 0])
    value = -0.5 * (log_det + rss + model.k * math.log(2.0 * math.pi))
    if model.restricted:
        value += -0.5 * log_det_xwx + 0.5 * p * math.log(2.0 * math.pi)
    if not math.isfinite(value):
        return None
    gradient, hessian = (
        _derivatives(model, covariance, weighted)
        if derivatives and len(lam)
        else (np.zeros(0), np.zeros((0, 0)))
    )
    return Fitted(value, gradient, hessian, gamma, covariance, log_det, log_det_xwx, rss, tuple(weighted))


def _derivatives(
    model: Model, covariance: np.ndarray, weighted: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (c,) and Hessian (c, c) of the log-likelihood by lambda."""
    c, p = model.stacks[0].basis.shape[0], model.p
    quadratic, trace = np.zeros(c), np.zeros(c)
    curve, traces = np.zeros((c, c)), np.zeros((c, c))
    sandwich, slope = np.zeros((c, p, p)), np.zeros((c, p))
    shared = np.zeros((c, c, p, p))
    for stack, (w, wx, u) in zip(model.stacks, weighted, strict=True):
        wb = w @ stack.basis  # (c, blocks, m, m)
        flat = wb.reshape(c, -1)
        trace += stack.basis.reshape(c, -1) @ w.reshape(-1)
        traces += flat @ wb.transpose(0, 1, 3, 2).reshape(c, -1).T
        bu = stack.basis @ u[:, :, None]
        rows = bu.reshape(c, -1)
        quadratic += rows @ u.reshape(-1)
        curve += rows @ (w @ bu).reshape(c, -1).T
        slope += rows @ wx.reshape(-1, p)
        if model.restricted:
            bwx = (stack.basis @ wx).reshape(c, -1, p)
            turned = bwx.transpose(0, 2, 1)
            sandwich += turned @ wx.reshape(-1, p)
            shared += turned[:, None] @ (wb @ wx).reshape(c, -1, p)[None]
    curve -= slope @ covariance @ slope.T
    if model.restricted:
        cs = covariance @ sandwich
        flat_cs = cs.reshape(c, -1)
        trace = trace - sandwich.reshape(c, -1) @ covariance.reshape(-1)
        traces = traces - 2.0 * shared.reshape(c, c, -1) @ covariance.reshape(-1)
        traces = traces + flat_cs @ cs.transpose(0, 2, 1).reshape(c, -1).T
    return 0.5 * (quadratic - trace), 0.5 * traces - curve


def require_identified(model: Model) -> None:
    """`RankDeficient` where the data cannot tell the variance components (or one and the coefficients) apart.

    Looks at the Gram matrix tr(P B_c P B_d) with P the residual projection of ordinary least squares. Terms with a
    parameter that is given are left out."""
    names = [name for term in model.terms for name in term.pattern_names]
    given = [any(own.start <= i < own.stop for i in model.fixed) for own in model.slices]
    sizes = [len(term.first) for term in model.terms]
    judged = np.flatnonzero(~np.repeat(np.array(given, dtype=bool), sizes))
    if not judged.size:
        return
    flat = [
        Stack(
            s.rows,
            np.zeros_like(s.y),
            s.design,
            np.broadcast_to(np.eye(s.rows.shape[1]), s.sampling.shape),
            s.basis,
        )
        for s in model.stacks
    ]
    plain = Model(
        np.zeros(model.k),
        model.design,
        model.triangle,
        np.ones(model.k),
        model.terms,
        tuple(flat),
        model.blocks,
        model.restricted,
        1.0,
    )
    found = evaluate(plain, np.zeros(len(names)))
    assert found is not None
    gram = 2.0 * found.hessian[np.ix_(judged, judged)]
    names = [names[i] for i in judged.tolist()]
    own = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
    flat_ones = np.flatnonzero(own <= 1e-9 * math.sqrt(model.k))
    if flat_ones.size:
        raise RankDeficient(
            f"The random effects of {names[int(flat_ones[0])]} cannot be told from the coefficients (or never "
            "occur) in these data, so their variance cannot be estimated. Leave them out."
        )
    values, vectors = np.linalg.eigh(gram / np.outer(own, own))
    if values[0] < 1e-10:
        mixed = ", ".join(names[i] for i in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1))
        raise RankDeficient(
            f"The random effects {mixed} cannot be told apart in these data (each group of one has one row or one "
            "group of the other, say). Leave one of them out."
        )


def require_covariance(matrix: np.ndarray) -> np.ndarray:
    """A symmetric positive definite matrix, or `InvalidValue`."""
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-12 * float(np.max(np.abs(matrix)))):
        raise InvalidValue("V is not symmetric; it must be the covariance matrix of the sampling errors.")
    deviation = np.sqrt(np.diagonal(matrix))
    blocks = independent_blocks(len(matrix), [], matrix)
    order = np.argsort(blocks, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(blocks))[:-1]):
        if len(rows) > 1 and definite_root(matrix[np.ix_(rows, rows)], deviation[rows]) is None:
            raise InvalidValue(
                "V is not positive definite: some of its correlations contradict one another or are 1. Check the "
                "correlations within studies."
            )
    return 0.5 * (matrix + matrix.T)


def definite_root(matrix: np.ndarray, deviation: np.ndarray) -> np.ndarray | None:
    """Cholesky factor of the correlations, None where they are not positive definite beyond rounding."""
    if not np.all(deviation > 0.0):
        return None
    try:
        root = np.linalg.cholesky(matrix / np.outer(deviation, deviation))
    except np.linalg.LinAlgError:
        return None
    return root if float(np.min(np.diagonal(root))) > 1e-6 else None
