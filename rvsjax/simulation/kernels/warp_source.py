"""The step of `rvscgd` with every monitor, as CUDA C++ that keeps a run in registers.

One text for two machines: on a GPU a run is the work of ``LANES`` neighbouring threads,
each with ``SLOTS`` of its weights in registers from the first step to the last; on a
CPU, for the tests, the first of them does the work of all. Weights past d are zero and
stay so, which no sum notices.

A step reads the weights twice. The first time for ``|v|``, ``<u, w>`` and ``P(u)``,
with ``v = (1 - eta (K + beta)) w + eta K w_star + eta beta u`` since ``|w| = 1``; the
second time to replace w by ``v / |v|`` and to sum the squares of ``w' -+ w_star``,
``w' - w``, ``w' - u`` and ``u - <u, w> w``, all of them differences, so that none loses
digits where it is small. The angle comes from the shorter of ``w' - w_star`` and
``w' + w_star``, whose squares sum to 4.

A step that turns out to be no good has already overwritten the last good weights: the
run is then repeated up to the step before.
"""

from rvsjax.simulation.kernels.abi import INTEGERS, REALS, Numbers, fields
from rvsjax.simulation.monitor import Monotone

__all__ = ["PENALTIES", "source"]

PENALTIES = ("L0", "L1", "TransformedL1")
"""Names of the penalties that the kernel knows, by their number in the text."""


def source(penalty: str, real: str, slots: int, lanes: int, block: int) -> str:
    """Return the body of the kernel's function for one penalty and one precision.

    ``real`` is ``"float"`` or ``"double"``, ``lanes`` a power of two up to 32. The text
    reads and writes the arrays that `rvsjax.simulation.kernels.warp_binding` names; the
    numbers of the monitors are its variables of the same names.
    """
    types = {"real": "T", "int": "int"}
    monotone = " ".join(f"{types[f.kind]} {f.name};" for f in fields(Monotone))
    head = f"""
    using T = {real};
    constexpr int PENALTY = {PENALTIES.index(penalty)};
    constexpr int SLOTS = {slots}, LANES = {lanes}, BLOCK = {block};
    constexpr int NUMBERS = {len(Numbers._fields)};
    enum {{ {", ".join(f"of_{name}" for name in Numbers._fields)} }};
    struct Monotone {{ {monotone} }};
    """
    return head + _SETUP + _PENALTY + _RUN + _END


def _row(array: str, of: str, names: tuple[str, ...]) -> str:
    """Return the text that writes variables into the run's row of an array."""
    return f"""
        const {of} {array}[] = {{{", ".join(names)}}};
        for (int i = 0; i < {len(names)}; ++i)
            {array}_out.data[size_t(run) * {len(names)} + i] = {array}[i];"""


_SETUP = """
    const int run = tid / LANES;
#ifdef __CUDA_ARCH__
    constexpr int OWN = SLOTS, STRIDE = LANES;
    const int lane = tid % LANES;
    const unsigned mates = (0xffffffffu >> (32 - LANES))
                           << (threadIdx.x % 32 / LANES * LANES);
#define EACH _Pragma("unroll") for (int s = 0; s < OWN; ++s)
    // what the compiler cannot see to be the same it computes again, and keeps in
    // no register: u in the second reading, the addresses of what is read once
    auto hidden = [](auto x) {
        if constexpr (sizeof(x) == 8) asm volatile("" : "+d"(x));
        else asm volatile("" : "+f"(x));
        return x;
    };
    auto fma = [](T x, T y, T z) { return ::fma(x, y, z); };
#else
    constexpr int OWN = SLOTS * LANES, STRIDE = 1, lane = 0;
    if (tid % LANES != 0) return;
#define EACH for (int s = 0; s < OWN; ++s)
    auto hidden = [](T x) { return x; };
    auto fma = [](T x, T y, T z) { return x * y + z; };
#endif
    auto from = [&]() {
        int place = lane;
#ifdef __CUDA_ARCH__
        asm volatile("" : "+r"(place));
#endif
        return place;
    };
    auto smallest = [&](T x) {
#ifdef __CUDA_ARCH__
        for (int other = 1; other < LANES; other *= 2)
            x = wp::min(x, __shfl_xor_sync(mates, x, other));
#endif
        return x;
    };
    auto total = [&](T x) {
#ifdef __CUDA_ARCH__
        for (int other = 1; other < LANES; other *= 2)
            x += __shfl_xor_sync(mates, x, other);
#endif
        return x;
    };
    const int d = start.shape[1], points = grid.shape[1],
              steps = grid.data[points - 1];
    const size_t first = size_t(run) * d, row = size_t(run) * points;
    const T *mine = numbers.data + size_t(run) * NUMBERS;
#ifdef __CUDA_ARCH__
    // volatile: read again at every step, for the same reason
    __shared__ T aside[NUMBERS * BLOCK];
    for (int i = 0; i < NUMBERS; ++i) aside[i * BLOCK + threadIdx.x] = mine[i];
    auto given = [&](int i) -> T {
        return static_cast<volatile T *>(aside)[i * BLOCK + threadIdx.x];
    };
#else
    auto given = [&](int i) { return mine[i]; };
#endif
    const T m = given(of_m), threshold = given(of_threshold), shape = given(of_a);
    const T b = given(of_eta) * given(of_K), c = given(of_eta) * given(of_beta),
            a = 1 - given(of_eta) * (given(of_K) + given(of_beta));
    const T infinity = -wp::log(T(0)), pi = T(3.14159265358979323846);
"""

_PENALTY = """
    auto prox = [&](T x) -> T {
        const T size = wp::abs(x);
        if (m != m) return m;
        if (PENALTY == 0) return size <= threshold ? T(0) : x;
        if (PENALTY == 1) return size <= threshold ? T(0)
                                 : x < 0 ? m - size : size - m;
        if (size <= threshold) return T(0);
        if (!wp::isfinite(size)) return x;
        const T sum = shape + size;
        const T scale = m * (shape * (shape + 1));
        const T square = 27 * scale / (4 * sum * sum * sum);
        const T sine = wp::sin(wp::asin(wp::sqrt(wp::min(square, T(1)))) / 3);
        T branch = size - T(4) / 3 * sum * sine * sine;
        // Newton's step for branch + delta = size: delta has all its digits, for any a
        const T z = shape + branch, delta = scale / (z * z), t = 2 * delta / z;
        const T gap = branch - size + delta, noise = sizeof(T) == 8 ? 1e-7 : 1e-3;
        if (1 - t > noise) branch = size - (delta + t * gap / (1 - t));
        branch = wp::max(branch, T(0));
        return x < 0 ? -branch : branch;
    };
    auto cost = [&](T u) -> T {
        const T size = wp::abs(u);
        if (PENALTY == 0) return u != 0 ? T(1) : T(0);
        if (PENALTY == 1) return size;
        return (shape + 1) * size / (shape + size);
    };
"""

_RUN = """
    T w[OWN], p[OWN], kept[PENALTY == 2 ? OWN : 1];
    Monotone theta, lagrangian;
    T theta_max, length_min, moved, drift, drift_max;
    T theta_u = infinity - infinity;
    int last_unsettled, count, here = 0;
    int last = steps, first_bad_step = -1, degenerate = 0;

    EACH {
        const int j = s * STRIDE + from();
        p[s] = j < d ? w_star.data[first + j] : 0;
    }

    auto write = [&](T angle, T energy, T angle_u) {
        if (lane == 0) {
            theta_out.data[row + here] = angle;
            lagrangian_out.data[row + here] = energy;
            nnz_u_out.data[row + here] = count;
            theta_u_out.data[row + here] = angle_u;
        }
        ++here;
    };
    auto apart = [&](T side) {
        T sum = 0;
        EACH { const T gap = fma(-side, p[s], w[s]); sum += gap * gap; }
        return total(sum);
    };
    auto angle_of = [&](T square, T side) {
        const T angle = 2 * wp::atan2(wp::sqrt(square), wp::sqrt(4 - square));
        return side > 0 ? angle : pi - angle;
    };

    // the angle of u, which lies in u_out; NaN where it is empty
    auto angle_of_u = [&]() {
        const int begin = from();
        T uu = 0, near = 0, far = 0;
        EACH {
            const int j = s * STRIDE + begin;
            const T y = j < d ? u_out.data[first + j] : 0;
            uu += y * y;
        }
        const T size = wp::sqrt(total(uu));
        EACH {
            const int j = s * STRIDE + begin;
            const T y = (j < d ? u_out.data[first + j] : 0) / size;
            near += (y - p[s]) * (y - p[s]), far += (y + p[s]) * (y + p[s]);
        }
        return 2 * wp::atan2(wp::sqrt(total(near)), wp::sqrt(total(far)));
    };
    auto energy_of = [&](T angle, T penalty, T coupling) {
        return given(of_K) * angle + given(of_lam) * penalty
               + given(of_beta) / 2 * coupling;
    };

    auto begin_at = [&](T value) {
        Monotone seen;
        seen.value = value;
        seen.max_increase = seen.max_increase_covered = -infinity;
        seen.max_increase_at = seen.first_increase = -1;
        return seen;
    };
    auto follow = [&](Monotone &seen, int step, T value, T increase, T error,
                      bool covered) {
        if (increase > seen.max_increase)
            seen.max_increase = increase, seen.max_increase_at = step;
        if (covered && increase > seen.max_increase_covered)
            seen.max_increase_covered = increase;
        if (seen.first_increase < 0 && increase > error) seen.first_increase = step;
        seen.value = value;
    };

    for (bool again = true; again;) {
        again = false;
        T penalty = 0, coupling = 0, nonzero = 0;
        const int begin = from();
        EACH {
            const int j = s * STRIDE + begin;
            w[s] = j < d ? start.data[first + j] : 0;
            const T y = prox(w[s]);
            penalty += cost(y);
            coupling += (w[s] - y) * (w[s] - y);
            nonzero += y != 0 ? T(1) : T(0);
            if (j < d) u_out.data[first + j] = y;
        }
        T side = 1, square = apart(side);
        if (square > 2) { side = -1; square = apart(side); }
        theta_max = angle_of(square, side);
        penalty = total(penalty), coupling = total(coupling);
        theta = begin_at(theta_max);
        lagrangian = begin_at(energy_of(theta_max, penalty, coupling));
        length_min = moved = infinity;
        drift = drift_max = given(of_epsilon);
        last_unsettled = here = 0;
        count = static_cast<int>(total(nonzero));
        write(theta.value, lagrangian.value, angle_of_u());

        int next = here < points ? grid.data[here] : 0;
        for (int step = 1; step <= last; ++step) {
            T vv = 0, uw = 0, gap = 8;
            penalty = 0;
            EACH {
                const T x = w[s], y = prox(x);
                if (PENALTY != 1 && s * STRIDE + lane < d)
                    gap = wp::min(gap, wp::abs(wp::abs(x) - threshold));
                if (PENALTY == 2) kept[s] = y;
                const T v = fma(c, y, fma(b, p[s], a * x));
                vv += v * v;
                uw += y * x;
                penalty += cost(y);
            }
            if (step == next || step == last) {
                nonzero = 0;
                const int begin = from();
                EACH {
                    const int j = s * STRIDE + begin;
                    const T y = PENALTY == 2 ? kept[s] : prox(hidden(w[s]));
                    nonzero += y != 0 ? T(1) : T(0);
                    if (j < d) u_out.data[first + j] = y;
                }
                count = static_cast<int>(total(nonzero));
                if (step == next) theta_u = angle_of_u();
            }
            vv = total(vv), uw = total(uw), penalty = total(penalty);
            const T length = wp::sqrt(vv), scale = 1 / length;
            const bool short_step = length <= given(of_vector_error);
            bool good = wp::isfinite(length) && !short_step;
            T next_theta = 0, next_value = 0, across = 0, way = 0;
            const T half = square;
            if (good) {
                const T A = a * scale, B = b * scale, C = c * scale;
                square = coupling = 0;
                EACH {
                    const T x = hidden(w[s]), y = PENALTY == 2 ? kept[s] : prox(x);
                    const T t = fma(C, y, fma(B, p[s], A * x));
                    const T from_p = fma(-side, p[s], t), from_x = t - x,
                            from_u = t - y, beside = fma(-uw, x, y);
                    square += from_p * from_p;
                    way += from_x * from_x;
                    coupling += from_u * from_u;
                    across += beside * beside;
                    w[s] = t;
                }
                square = total(square), way = wp::sqrt(total(way));
                coupling = total(coupling), across = wp::sqrt(total(across));
                if (square > 2) { side = -side; square = apart(side); }
                next_theta = angle_of(square, side);
                next_value = energy_of(next_theta, penalty, coupling);
                good = wp::isfinite(next_value);
            }
            if (!good) {
                first_bad_step = step, degenerate = short_step;
                last = step - 1, again = true;
                break;
            }
            const T K = given(of_K), beta = given(of_beta), eta = given(of_eta);
            const bool far = wp::sqrt(half * (4 - half)) / 2 >= beta / K * across;
            const bool falls = next_theta <= theta.value
                               && eta * (beta + K) <= 1 + length;
            const T rise = next_theta - theta.value,
                    climb = next_value - lagrangian.value;
            const T way_error = given(of_vector_error) * scale + given(of_epsilon);
            const T sine = wp::sqrt(half * (4 - half)) / 2, share = beta / K;
            const T spread = given(of_spread) * scale;
            const bool tied = smallest(gap) <= drift + given(of_tie);
            const T drifts = tied ? T(1) : wp::min(spread * drift + way_error, T(1));
            const T by_drift = wp::min(4 * eta * K * (1 + share + share / sine), pi)
                               * wp::max(drift, drifts);
            const T rise_error = given(of_theta_at_rest)
                                 + given(of_theta_slope) * scale + by_drift;
            const T climb_error = given(of_lagrangian_at_rest)
                                  + given(of_lagrangian_slope) * scale
                                  + (K + 5 * beta) * by_drift;
            drift = drifts, drift_max = wp::max(drift_max, drift);
            follow(theta, step, next_theta, rise, rise_error, far);
            follow(lagrangian, step, next_value, climb, climb_error, falls);
            if (way + way_error > given(of_settled)) last_unsettled = step;
            moved = way;
            theta_max = wp::max(theta_max, theta.value);
            length_min = wp::min(length_min, length);
            if (step == next) {
                write(theta.value, lagrangian.value, theta_u);
                next = here < points ? grid.data[here] : 0;
            }
        }
    }

    const T none = infinity - infinity;
    while (here < points) write(none, none, none);
    EACH {
        const int j = s * STRIDE + from();
        if (j < d) w_out.data[first + j] = w[s];
    }
    const int step = last;
"""

_END = f"""
    if (lane == 0) {{{_row("reals", "T", REALS)}{_row("integers", "int", INTEGERS)}
    }}
#undef EACH
"""
