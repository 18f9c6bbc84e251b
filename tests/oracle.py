"""The mathematics of the paper a second time: plain NumPy, float64, no jax.

Everything is vectorised over runs: arrays of shape (runs, d), one row a run.
Nothing here is imported from rvsjax, so the two can only agree by being right.
"""

import numpy as np


def soft(x, m):
    """Return the prox of m |x|: soft thresholding at m."""
    return np.sign(x) * np.maximum(np.abs(x) - m, 0.0)


def hard(x, m):
    """Return the prox of m (x != 0), Lemma 9: x where |x| > sqrt(2 m)."""
    return np.where(np.abs(x) > np.sqrt(2 * m), x, 0.0)


def transformed_l1_threshold(m, a):
    """Return t* of Lemma 8, the largest |x| that the prox sends to 0."""
    if m <= a**2 / (2 * (a + 1)):
        return m * (a + 1) / a
    return np.sqrt(2 * m * (a + 1)) - a / 2


def transformed_l1(x, m, a):
    """Return the prox of m (a+1)|x| / (a+|x|), in the form of Lemma 8."""
    size = np.abs(x)
    ratio = 27 * m * a * (a + 1) / (2 * (a + size) ** 3)
    phi = np.arccos(np.maximum(1 - ratio, -1.0))  # below -1 only under t*
    root = 2 / 3 * (a + size) * np.cos(phi / 3) - 2 * a / 3 + size / 3
    return np.where(size > transformed_l1_threshold(m, a), np.sign(x) * root, 0.0)


def prox(penalty, x, m, a=None):
    """Return argmin_u m P(u) + |u - x|^2 / 2 for the penalty of that name."""
    if penalty == "l0":
        return hard(x, m)
    if penalty == "l1":
        return soft(x, m)
    if penalty == "transformed-l1":
        return transformed_l1(x, m, a)
    raise ValueError(penalty)


def penalty_value(penalty, u, a=None):
    """Return P(u), one number a run."""
    if penalty == "l0":
        return np.count_nonzero(u, axis=-1).astype(float)
    if penalty == "l1":
        return np.abs(u).sum(axis=-1)
    if penalty == "transformed-l1":
        return ((a + 1) * np.abs(u) / (a + np.abs(u))).sum(axis=-1)
    raise ValueError(penalty)


def norm(x):
    """Return the Euclidean length of every row."""
    return np.sqrt(np.einsum("...j,...j->...", x, x))


def unit(x):
    """Return every row divided by its length (nan for a row of zeros)."""
    with np.errstate(invalid="ignore"):
        return x / norm(x)[..., None]


def angle(x, y):
    """Return the angle of x and y in [0, pi], nan where one of them is 0."""
    x, y = unit(x), unit(y)
    return 2 * np.arctan2(norm(x - y), norm(x + y))


def slope(k, readout):
    """Return K = |v|^2 / (2 pi), v the second layer: all ones, or all 1/k."""
    return {"sum": k, "mean": 1 / k}[readout] / (2 * np.pi)


def loss(w, w_star, k, readout):
    """Return the population loss f(w) = K theta(w, w*)."""
    return slope(k, readout) * angle(w, w_star)


def coarse_gradient(w, w_star, k, readout):
    """Return the expected coarse gradient of Lemma 2, K (w/|w| - w*)."""
    return slope(k, readout) * (unit(w) - w_star)


def lagrangian(u, w, w_star, penalty, a, k, readout, lam, beta):
    """Return L_beta(u, w) of eq. (9); without a penalty it is the loss."""
    f = loss(w, w_star, k, readout)
    if penalty is None:
        return f
    return f + lam * penalty_value(penalty, u, a) + beta / 2 * norm(w - u) ** 2


def recompute(w_star, w_start, penalty, a, k, readout, lam, beta, eta, steps):
    """Run Algorithm 1 (with penalty None: coarse gradient descent) and measure it.

    The arrays `theta_path`, `lagrangian_path`, `nnz_u_path`, ... have the shape
    (steps + 1, runs), their row t belongs to (u^t, w^t); the rest is one row a run.
    """
    w_star = np.array(w_star, dtype=np.float64)
    w = np.array(w_start, dtype=np.float64)
    if penalty is None:
        lam = beta = 0.0
    runs = len(w)
    theta = np.empty((steps + 1, runs))
    lagr = np.empty((steps + 1, runs))
    nnz = np.empty((steps + 1, runs), dtype=np.int32)
    theta_u = np.empty((steps + 1, runs))
    length_min = np.full(runs, np.inf)

    def split(w):
        return w if penalty is None else prox(penalty, w, lam / beta, a)

    u = split(w)
    for t in range(steps + 1):
        if t > 0:
            u = split(w)
            pull = coarse_gradient(w, w_star, k, readout) + beta * (w - u)
            v = w - eta * pull
            length_min = np.minimum(length_min, norm(v))
            w = unit(v)
            if penalty is None:
                u = w
        theta[t] = angle(w, w_star)
        f = slope(k, readout) * theta[t]
        if penalty is not None:
            f += lam * penalty_value(penalty, u, a) + beta / 2 * norm(w - u) ** 2
        lagr[t] = f
        nnz[t] = np.count_nonzero(u, axis=-1)
        theta_u[t] = angle(u, w_star)

    both = np.count_nonzero((u != 0) & (w_star != 0), axis=-1)
    with np.errstate(invalid="ignore"):
        precision = both / np.count_nonzero(u, axis=-1)
    return {
        "theta_0": theta[0],
        "theta": theta[-1],
        "theta_max": theta.max(axis=0),
        "theta_max_increase": max_increase(theta),
        "lagrangian": lagr[-1],
        "lagrangian_max_increase": max_increase(lagr),
        "error": norm(w - w_star),
        "loss": loss(w, w_star, k, readout),
        "nnz_u": nnz[-1],
        "u_empty": nnz[-1] == 0,
        "theta_u": theta_u[-1],
        "length_min": length_min,
        "support_precision": precision,
        "support_recall": both / np.count_nonzero(w_star, axis=-1),
        "w": w,
        "u": u,
        "theta_path": theta,
        "lagrangian_path": lagr,
        "nnz_u_path": nnz,
        "theta_u_path": theta_u,
    }


def max_increase(path):
    """Return the largest change over one step, for every run of a path."""
    return np.max([after - before for before, after in zip(path, path[1:])], axis=0)
