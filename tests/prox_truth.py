"""The prox in 40 digits, from its definition, and how far a computed one is off.

The root of the transformed l1 is found by halving, not as `theory.exact` finds it.
"""

import mpmath
import numpy as np
from mpmath import mpf

PENALTIES = ("l0", "l1", "transformed-l1")


def threshold(penalty, m, a):
    if penalty != "transformed-l1":
        return m if penalty == "l1" else mpmath.sqrt(2 * m)
    z = mpmath.sqrt(2 * m * (a + 1))
    return m * (a + 1) / a if z <= a else z - a / 2


def root(x, m, a):
    """Return the largest u with ``u + m a (a+1) / (a+u)^2 = x``, by halving."""
    scale = m * a * (a + 1)
    low, high = max(mpmath.cbrt(2 * scale) - a, mpf(0)), x  # it rises from the left end
    for _ in range(160):
        u = (low + high) / 2
        low, high = (u, high) if u + scale / (a + u) ** 2 < x else (low, u)
    return high


def prox(penalty, x, m, a):
    """Return the prox of x >= 0."""
    if x <= threshold(penalty, m, a):
        return mpf(0)
    return x if penalty == "l0" else x - m if penalty == "l1" else root(x, m, a)


def is_within(u, room, penalty, x, lam, beta, a):
    """Say whether u is the prox of a number that is at most `room` away from x."""
    with mpmath.workdps(40):
        u, room, x, lam, beta, a = (mpf(float(v)) for v in (u, room, x, lam, beta, a))
        u, x, m = u * mpmath.sign(x), abs(x), lam / beta
        low, high = (prox(penalty, max(x + by, 0), m, a) for by in (-room, room))
        return low <= u <= high or (low == 0 and abs(u) <= room)


def draw(seed, runs, dtype, d=6):
    """Return rows of x with ``|x| = 1``, and lam, beta and a: all over the place.

    a from 1e-6 to 1e6. Of m, a third is at or next to where the prox begins to jump;
    of x, half is just beyond the threshold, where the prox is steep.
    """
    rng = np.random.default_rng(seed)
    a = 10 ** rng.uniform(-6, 6, runs)
    a[::8], a[1::8] = 1e6, 1e-6
    beta = 10 ** rng.uniform(-2, 1, runs)
    m = 10 ** rng.uniform(-8, 0, runs)
    jump = a**2 / (2 * (a + 1)) * (1 + rng.choice([0, 1e-12, -1e-6, 1e-3], runs))
    m = np.where((rng.random(runs) < 1 / 3) & (jump < 1), jump, m)
    a, beta, lam = (v.astype(dtype) for v in (a, beta, m * beta))
    z = np.sqrt(2 * m * (a + 1.0))
    t = np.where(z <= a, m * (1 + 1.0 / a), z - a / 2)[:, None]
    x = np.where(rng.random((runs, d)) < 0.2, 10 ** rng.uniform(-8, 0, (runs, d)), 0.0)
    x += t * (1 + 10 ** rng.uniform(-14, 0, (runs, d)))
    x = np.where(x < 1 / np.sqrt(d), x, rng.uniform(0, 1 / np.sqrt(d), (runs, d)))
    x[:, -1] = np.sqrt(1 - np.sum(x[:, :-1] ** 2, axis=1))
    return (x * rng.choice([-1, 1], (runs, d))).astype(dtype), lam, beta, a
