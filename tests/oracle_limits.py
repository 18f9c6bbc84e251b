"""The limits and the claims of the theory a second time, in NumPy and SciPy.

Like `oracle`, nothing here is imported from rvsjax: the limits are found by brute
force over supports, the claims by a plain loop over the steps. One problem at a
time: `w_star` and `w_start` are vectors of length d and length one.
"""

from itertools import combinations

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from tests import oracle

RTOL = 4 * np.finfo(float).eps  # the smallest that brentq takes
RESIDUAL = 1e-12


def threshold(penalty, m, a=None):
    """Return the largest |x| that prox_m sends to 0."""
    if penalty == "l1":
        return m
    if penalty == "l0":
        return np.sqrt(2 * m)
    if penalty == "transformed-l1":
        return float(oracle.transformed_l1_threshold(m, a))
    raise ValueError(penalty)


def rejection(x, w):
    """Return |x| sin(angle of x and w) for a unit w; 0 for x = 0."""
    return oracle.norm(x - (x @ w) * w)


def root(function, low, high):
    """Return the root of a function in [low, high] to the last bits."""
    return brentq(function, low, high, xtol=1e-300, rtol=RTOL, maxiter=1000)


# The limits


def limit_points(w_star, penalty, a, k, readout, lam, beta, most=14):
    """Return all w with w = (w* + b prox(w)) / |w* + b prox(w)|, b = beta/K.

    Every set of coordinates with w*_j != 0 is tried as the support of u = prox(w),
    and kept if the solution has that support and solves the equation to 1e-12.
    These are the fixed points with c = |w* + b u| > b and the one with u = 0. For
    b < 1 there are no others: 0 <= prox(x)/x <= 1 bounds |w*_j| = |c w_j - b u_j|
    by max(c, b - c) |w_j|, below |w_j| for every j if c <= b < 1. With c > b the
    signs of w and w* agree, w*_j = 0 leaves w_j = 0, and
    (c - b) |w_j| <= |w*_j| <= c |w_j| puts c in [1, 1 + b].

    With transformed l1 a coordinate has up to two roots x of c x = |w*_j| + b prox(x)
    above the jump: the larger, where b prox' < c, and a smaller, where b prox' > c. All
    choices are tried. Two smaller ones make the point unstable (the Jacobian
    (b/c) (I - ww') diag(prox') interlaces with its diagonal), one need not.

    Returns a list of dicts: `w`, `u`, `support` (a tuple of indices), `c`,
    `C` = 1/(c - b), `theta`, `gamma` (nan for u = 0) and `rate`, the spectral radius
    of that Jacobian: the factor of the error a step at eta = 1/(beta + K), above 1
    for an unstable point.
    """
    w_star = np.asarray(w_star, dtype=np.float64)
    slope = oracle.slope(k, readout)
    b, m = beta / slope, lam / beta
    candidates = np.flatnonzero(w_star).tolist()
    if len(candidates) > most:
        raise ValueError(f"{len(candidates)} candidates are more than {most}")
    solve = {"l0": _solve, "l1": _solve, "transformed-l1": _solve_transformed_l1}
    solve = solve[penalty](np.abs(w_star), penalty, a, b, m)
    points = []
    for count in range(len(candidates) + 1):
        for support in combinations(candidates, count):
            for size in solve(list(support)) if support else [np.abs(w_star)]:
                w = np.sign(w_star) * size
                u = oracle.prox(penalty, w, m, a)
                c = oracle.norm(w_star + b * u)
                if tuple(np.flatnonzero(u)) != support:
                    continue
                if not oracle.norm(w - (w_star + b * u) / c) < RESIDUAL:
                    continue
                if any(np.allclose(w, p["w"], rtol=0, atol=1e-10) for p in points):
                    continue  # where the roots of a coordinate meet both lead here
                points.append(_describe(w_star, w, u, c, penalty, a, b, m))
    return points


def attractors(w_star, penalty, a, k, readout, lam, beta, starts, steps=2000):
    """Return where the map F(w) = unit(w* + b prox(w)) leads from `starts` ``(n, d)``.

    Whatever b. The rows of an array, each end once; ends that still move are left out.
    """
    slope = oracle.slope(k, readout)
    b, m = beta / slope, lam / beta
    w = np.asarray(starts, dtype=np.float64)
    for _ in range(steps):
        before, w = w, oracle.unit(w_star + b * oracle.prox(penalty, w, m, a))
    ends = []
    for end in w[oracle.norm(w - before) < 1e-14]:
        if all(oracle.norm(end - other) > 1e-9 for other in ends):
            ends.append(end)
    return np.array(ends)


def _describe(w_star, w, u, c, penalty, a, b, m):
    """Return a point of `limit_points` as the dict of that docstring."""
    on = u != 0
    growth = on.astype(float)  # prox'
    if penalty == "transformed-l1":
        growth[on] /= 1 - 2 * m * a * (a + 1) / (a + np.abs(u[on])) ** 3
    root_growth = np.sqrt(growth)
    tangential = np.eye(len(w)) - np.outer(w, w)
    jacobian = b / c * root_growth[:, None] * tangential * root_growth
    return {
        "w": w,
        "u": u,
        "support": tuple(np.flatnonzero(u).tolist()),
        "c": float(c),
        "C": float(1 / (c - b)) if c != b else np.inf,
        "theta": float(oracle.angle(w, w_star)),
        "gamma": float(oracle.angle(w, u)),
        "rate": float(np.linalg.eigvalsh(jacobian)[-1]),
    }


def _solve(size, penalty, a, b, m):
    """Return the solver for l0 and l1: support -> the |w| of length one, in a list.

    The unknown is e = c - b > 0. Every |w_j| falls with e, so |w| = 1 has one root.
    """

    def solve(support):
        force = b * m if penalty == "l1" else 0.0
        if np.any(size[support] <= force):
            return []  # |w*_j| > c m is needed, and c > b

        def length(e):
            x = size / (b + e)
            x[support] = (size[support] - force) / e
            return x

        def excess(e):
            return oracle.norm(length(e)) - 1

        low = 1.0
        while excess(low) <= 0:
            low /= 2
        return [length(root(excess, low, 2.0))]

    return solve


def _solve_transformed_l1(size, penalty, a, b, m, cells=200):
    """Return the solver for transformed l1, any of the roots the smaller.

    |w| = 1 is bracketed on a grid of e = c - b. The grid has the points where the two
    roots of a coordinate meet, beyond which `_branch` is no root.
    """
    lowest = max(1 - b, 1e-6) * (1 - 1e-9)
    meets = [_meeting(s, a, b, m, lowest) for s in size[size > 0]]
    grid = np.union1d(np.geomspace(lowest, 2.0, cells), meets)
    off = np.array([size / (b + e) for e in grid])
    on = {
        (smaller, j): np.array([_branch(size[j], smaller, a, b, m, e) for e in grid])
        for smaller in (False, True)
        for j in np.flatnonzero(size)
    }

    # prox' is steepest at the jump, z = max(a, sqrt(2 m (a+1))); b prox' > c >= 1
    jump = max(a, np.sqrt(2 * m * (a + 1)))
    steep = b > 1 - 2 * m * a * (a + 1) / jump**3

    def solve(support):
        rest = np.setdiff1d(range(len(size)), support)
        found = []
        most = len(support) if steep else 0
        for odd in (odd for n in range(most + 1) for odd in combinations(support, n)):

            def length(e, odd=odd):
                x = size / (b + e)
                x[support] = [_branch(size[j], j in odd, a, b, m, e) for j in support]
                return x

            def excess(e, length=length):
                return oracle.norm(length(e)) - 1

            squares = (off[:, rest] ** 2).sum(axis=1)
            squares += sum(on[j in odd, j] ** 2 for j in support)
            for i in np.flatnonzero((squares[1:] > 1) != (squares[:-1] > 1)):
                low, high = grid[i], grid[i + 1]
                if excess(low) * excess(high) <= 0:
                    found.append(length(root(excess, low, high)))
        return found

    return solve


def _branch(s, smaller, a, b, m, e):
    """Return a root x of (b + e) x = s + b prox(x) for transformed l1.

    Through z = a + prox(x), x = z - a + m a(a+1)/z^2, it reads
    e (z - a) + c m a(a+1)/z^2 = s, convex in z: one root on each side of the minimum.
    Where there is none the minimum stands in, which keeps x continuous in e.
    """
    force = m * a * (a + 1)

    def excess(z):
        return e * (z - a) + (b + e) * force / z**2 - s

    z = (2 * (b + e) * force / e) ** (1 / 3)
    if excess(z) < 0:
        if smaller:
            z = root(excess, ((b + e) * force / (s + e * a)) ** 0.5, z)
        else:
            z = root(excess, z, a + s / e + z)
    return z - a + force / z**2


def _meeting(s, a, b, m, lowest):
    """Return the e at which the two roots of `_branch` meet, 2 if beyond."""

    def discriminant(e):
        return 4 * (e * a + s) ** 3 - 27 * e**2 * (b + e) * m * a * (a + 1)

    if discriminant(lowest) <= 0 or discriminant(2.0) >= 0:
        return 2.0
    return root(discriminant, lowest, 2.0)


# The claims


def claims(w_star, w_start, penalty, a, k, readout, lam, beta, eta, steps):
    """Run Algorithm 1 and return {claim: (observed, bound, hypothesis)}.

    Lemmas 5 and 6: observed is the largest change over one step among the steps
    that meet the step's hypothesis (nan, and hypothesis False, where none does) and
    the bound is 0; for Lemma 5 as proved, the largest angle and theta_0 = pi - delta.
    C_t <= 2 belongs to a step in Lemma 6 and to every step in "all hypotheses"
    of Theorem 1. The other claims are read off the last iterate w, u = prox(w).
    `ratios` holds beta/beta_max, lam/lam_max and eta/eta_max.
    """
    w_star = np.asarray(w_star, dtype=np.float64)
    w = np.asarray(w_start, dtype=np.float64)
    d = len(w_star)
    slope = oracle.slope(k, readout)
    b, m = beta / slope, lam / beta
    delta = np.pi - oracle.angle(w, w_star)
    beta_max = float(slope * np.sin(min(delta, np.pi / 2)))
    lam_max, eta_max = float(slope / np.sqrt(d)), 1 / (beta + slope)
    beta_holds, eta_holds = beta <= beta_max, eta <= eta_max

    def energy(u, w):
        return oracle.lagrangian(u, w, w_star, penalty, a, k, readout, lam, beta)

    u = oracle.prox(penalty, w, m, a)
    theta, value = oracle.angle(w, w_star), energy(u, w)
    theta_0 = theta_max = theta
    length_min = np.inf
    turns = {"stated": [], "corrected": []}  # changes of theta
    falls = {"stated": [], "corrected": []}  # changes of L_beta
    for _ in range(steps):
        u = oracle.prox(penalty, w, m, a)
        in_reach = rejection(w_star, w) >= b * rejection(u, w)
        pull = oracle.coarse_gradient(w, w_star, k, readout)
        v = w - eta * pull - eta * beta * (w - u)
        length = oracle.norm(v)
        if length == 0:
            raise ValueError("v = 0 has no direction")
        w = v / length
        turn, fall = oracle.angle(w, w_star) - theta, energy(u, w) - value
        theta, value = oracle.angle(w, w_star), energy(u, w)
        theta_max, length_min = max(theta_max, theta), min(length_min, length)
        turns["stated"].append(turn)
        if in_reach:
            turns["corrected"].append(turn)
        if length >= 1 / 2:
            falls["stated"].append(fall)
        if turn <= 0 and eta <= (1 + length) / (beta + slope):
            falls["corrected"].append(fall)

    def largest(changes, hypothesis):
        if not changes:
            return np.nan, 0.0, False
        return float(max(changes)), 0.0, hypothesis

    result = {
        "lemma_5_stated": largest(turns["stated"], beta_holds),
        "lemma_5_proved": (float(theta_max), float(theta_0), beta_holds),
        "lemma_5_corrected": largest(turns["corrected"], eta_holds),
        "lemma_6_stated": largest(falls["stated"], eta_holds),
        "lemma_6_corrected": largest(falls["corrected"], True),
        "ratios": (
            beta / beta_max if beta_max > 0 else np.inf,
            lam / lam_max,
            eta / eta_max,
        ),
    }

    u = oracle.prox(penalty, w, m, a)
    pull = w_star + b * u
    c = oracle.norm(pull)
    constant = 1 / (c - b) if c != b else np.inf
    sin_theta, sin_gamma = rejection(w_star, w), rejection(u, w)  # the latter |u| sin
    descends = beta_holds and eta_holds and bool(length_min >= 1 / 2)
    everything = descends and lam < lam_max
    l1 = penalty == "l1"
    spread = b * threshold(penalty, m, a) * np.sqrt(d)
    shrinks = np.max(np.abs(w) - constant * np.abs(w_star))
    signs = np.max(-np.sign(w_star) * w, where=u != 0, initial=-np.inf)
    last = {
        "theorem_1_i": (theta, delta, everything),
        "equation_12": (oracle.norm(w - pull / c), None, everything),
        "constant_12": (constant, _over_one_minus(lam / lam_max), everything and l1),
        "identity_13": (abs(sin_theta - b * sin_gamma), None, everything),
        "equation_13": (oracle.norm(w - w_star), 2 * b * sin_gamma, everything),
        "l1_bound": (sin_theta, lam / lam_max, l1),
        "remark_1": (max(shrinks, signs), None, everything),
        "corollary_1_1": (
            constant,
            _over_one_minus(spread),
            descends and not l1 and bool(spread < 1),
        ),
    }
    for name, (observed, bound, hypothesis) in last.items():
        bound = None if bound is None else float(bound)
        result[name] = float(observed), bound, hypothesis
    return result


def _over_one_minus(x):
    """Return 1/(1 - x), inf from x = 1 on."""
    return 1 / (1 - x) if x < 1 else np.inf


# The statistics


def cap_probability(d, delta):
    """Return P(theta_0 <= pi - delta), w^0 uniform on the sphere in R^d, d >= 2.

    The density of theta_0 is proportional to sin(theta)^(d-2), of width 1/sqrt(d).
    """
    cuts = np.pi / 2 + np.array([-12, -6, -3, -1, 0, 1, 3, 6, 12]) / np.sqrt(d)

    def mass(end):
        edges = [0.0, *cuts[(cuts > 0) & (cuts < end)], end]
        pieces = [
            quad(lambda x: np.sin(x) ** (d - 2), *pair, epsabs=0, epsrel=1e-12)[0]
            for pair in zip(edges, edges[1:])
        ]
        return sum(pieces)

    return mass(np.pi - delta) / mass(np.pi) if delta < np.pi else 0.0


def wilson(successes, n, z):
    """Return the two roots p of |p - x/n| = z sqrt(p (1 - p) / n)."""
    share = successes / n

    def excess(p):
        return abs(p - share) - z * np.sqrt(p * (1 - p) / n)

    inside = min(max(share, 1e-12), 1 - 1e-12)
    return root(excess, 0.0, inside), root(excess, inside, 1.0)
