// monitor.py for the lanes of a vector, without an arcsine in a usual step.
//
// With near = |w - w*| and far = |w + w*|, theta = 2 atan2(near, far), and its change is
// 2 atan2(near' far - far' near, far' far + near' near): a short series where it is small.
#pragma once
#include "batch.h"

// What one step hands over: |v|, 1 / |v|, squares of |w - w*|, |w + w*|, |w' - w| and
// |u' - <u', w> w|, lam P(u') + beta/2 |w' - u'|^2, and how near w was to a jump.
template <class T> struct Step {
  Real<T> length, inverse, near2, far2, moved2, across2, rest, gap;
};

// Squares of |x - w*| and |x + w*|.
template <class T> struct Pair {
  Real<T> near2 = {}, far2 = {};

  void add(Real<T> x, Real<T> t) {
    near2 += (x - t) * (x - t);
    far2 += (x + t) * (x + t);
  }
};

// What is known of a step before it is taken in.
template <class T> struct Look {
  Real<T> near, far, theta, lagrangian;  // the last two are changes
  Whole<T> good;
};

template <class T> inline Real<T> small_atan(Real<T> z) {
  Real<T> q = z * z, sum = {};
  for (int k = sizeof(T) == 8 ? 6 : 3; k >= 0; k--)
    sum = sum * q + (k % 2 ? -T(1) : T(1)) / (2 * k + 1);
  return z * sum;
}

// By how much the drift moves the change of theta: at most `most`, and `part / sine`.
template <class T> struct Moved {
  Real<T> sine, most, part;
};

template <class T> struct Monotone {
  Real<T> max_increase = all<T>(-INFINITY), max_increase_covered = max_increase;
  Whole<T> max_increase_at = whole<T>(NEVER), first_increase = max_increase_at;

  // An increase counts beyond the rounding of the step and what the drift moves it by.
  RVSJAX_INLINE void take(Whole<T> step, Real<T> by, Real<T> error, Whole<T> covered,
                          const Moved<T> &drift, Real<T> slope) {
    max_increase_at = by > max_increase ? step : max_increase_at;
    max_increase = most(by, max_increase);
    Real<T> rise = by - error;
    Whole<T> rises = (rise > slope * drift.most) | (rise * drift.sine > slope * drift.part);
    first_increase = rises & (first_increase < 0) ? step : first_increase;
    max_increase_covered =
        (by > max_increase_covered) & covered ? by : max_increase_covered;
  }
};

template <class T> struct Watch {
  const Group<T> &group;
  Real<T> K, vector_error, epsilon, settled, short_step, b2;
  Real<T> theta_error[2], lagrangian_error[2];
  Real<T> spread, tie, turn[2], of_lagrangian;  // see rounding.py
  Real<T> drift, drift_max;
  Real<T> near, far, rest, length_min, moved2;
  Real<T> near_max = {}, far_max = all<T>(1);  // after the start
  Whole<T> last_unsettled = {};
  Monotone<T> theta, lagrangian;
  int64_t stopped_at[Lanes<T>::count] = {};  // first bad step of a lane, 0 if none
  int32_t last_nnz[Lanes<T>::count] = {};

  explicit Watch(const Group<T> &group)
      : Watch(group, group.numbers, group.numbers.beta / group.numbers.K) {}

  Watch(const Group<T> &group, const Numbers<Real<T>> &of, Real<T> b)
      : group(group), K(of.K), vector_error(of.vector_error), epsilon(of.epsilon),
        settled(of.settled), short_step(of.eta * (of.beta + K)), b2(b * b),
        theta_error{of.theta_at_rest, of.theta_slope},
        lagrangian_error{of.lagrangian_at_rest, of.lagrangian_slope},
        spread(of.spread), tie(of.tie), turn{4 * of.eta * K * b, 4 * of.eta * K * (1 + b)},
        of_lagrangian(K + 5 * of.beta), drift(epsilon), drift_max(epsilon) {}

  void begin(Real<T> near2, Real<T> far2, Real<T> rest_0) {
    near = root(near2);
    far = root(far2);
    rest = rest_0;
    length_min = moved2 = all<T>(INFINITY);
  }

  RVSJAX_RARE static Real<T> large_change(Whole<T> large, Real<T> across,
                                         Real<T> along, Real<T> small) {
    for (int i = 0; i < Lanes<T>::count; i++)
      if (large[i]) small[i] = 2 * std::atan2(across[i], along[i]);
    return small;
  }

  RVSJAX_INLINE Look<T> look(const Step<T> &step) const {
    Look<T> now;
    now.near = root(step.near2);
    now.far = root(step.far2);
    Real<T> across = now.near * far - now.far * near;
    Real<T> along = now.far * far + now.near * near, z = across / along;
    now.theta = 2 * small_atan<T>(z);
    Whole<T> large = size(z) > T(0.0625);
    if (__builtin_expect(any(large), 0))
      now.theta = large_change(large, across, along, now.theta);
    now.lagrangian = K * now.theta + (step.rest - rest);
    Real<T> limit = all<T>(std::numeric_limits<T>::max());
    now.good = (size(now.lagrangian) <= limit) & (step.length <= limit) &
               (step.length > vector_error);
    return now;
  }

  RVSJAX_INLINE void take(int64_t number, const Step<T> &step, const Look<T> &now) {
    Whole<T> at = whole<T>(number);
    Real<T> inverse = step.inverse;
    Whole<T> is_far = near * near * (far * far) >= 4 * b2 * step.across2;
    Whole<T> falls = (now.theta <= Real<T>{}) & (short_step <= 1 + step.length);
    Real<T> turned = vector_error * inverse + epsilon;
    Real<T> drifts = least(spread * inverse * drift + turned, all<T>(1));
    drifts = step.gap <= drift + tie ? all<T>(1) : drifts;
    Moved<T> by_drift;
    by_drift.sine = near * far / 2;
    by_drift.most = T(M_PI) * most(drift, drifts);
    by_drift.part = (turn[0] + turn[1] * by_drift.sine) * most(drift, drifts);
    theta.take(at, now.theta, theta_error[0] + theta_error[1] * inverse, is_far,
               by_drift, all<T>(1));
    lagrangian.take(at, now.lagrangian,
                    lagrangian_error[0] + lagrangian_error[1] * inverse, falls,
                    by_drift, of_lagrangian);
    drift = drifts;
    drift_max = most(drift_max, drift);
    Real<T> limit = settled - turned;
    Whole<T> unsettled = (limit < Real<T>{}) | (step.moved2 > limit * limit);
    last_unsettled = unsettled ? at : last_unsettled;
    Whole<T> widest = now.near * far_max > now.far * near_max;
    near_max = widest ? now.near : near_max;
    far_max = widest ? now.far : far_max;
    length_min = least(step.length, length_min);
    moved2 = step.moved2;
    near = now.near;
    far = now.far;
    rest = step.rest;
  }

  void stop(int lane, int64_t number, int32_t nnz) {
    stopped_at[lane] = number;
    last_nnz[lane] = nnz;
  }

  bool running(int lane) const { return !stopped_at[lane]; }

  T angle(int lane) const { return 2 * std::atan2(near[lane], far[lane]); }

  // Note the point of the curves at a step of the grid, or that there is none; of u the
  // entries and the angle.
  void sample(int64_t point, const int32_t *nnz, Pair<T> u) const {
    const Raw<T> &to = group.batch.to;
    for (int i = 0; i < Lanes<T>::count; i++) {
      if (!group.is_real(i)) continue;
      int64_t at = group.run(i) * group.batch.points + point;
      T value = running(i) ? angle(i) : std::numeric_limits<T>::quiet_NaN();
      to.theta[at] = value;
      to.lagrangian[at] = K[i] * value + rest[i];
      to.nnz_u[at] = running(i) ? nnz[i] : last_nnz[i];
      T angle_u = 2 * std::atan2(std::sqrt(u.near2[i]), std::sqrt(u.far2[i]));
      to.theta_u[at] = running(i) ? angle_u : std::numeric_limits<T>::quiet_NaN();
    }
  }

  // Write what has been seen of a lane after `steps` steps.
  void finish(int lane, int64_t steps, int64_t bad, bool degenerate) const {
    if (!group.is_real(lane)) return;
    const auto at = [&](Whole<T> step) { return int32_t(step[lane]); };
    const int64_t run = group.run(lane);
    const T value = angle(lane);
    group.batch.to.reals[run] = {
        .theta_value = value,
        .theta_max_increase = theta.max_increase[lane],
        .theta_max_increase_covered = theta.max_increase_covered[lane],
        .lagrangian_value = K[lane] * value + rest[lane],
        .lagrangian_max_increase = lagrangian.max_increase[lane],
        .lagrangian_max_increase_covered = lagrangian.max_increase_covered[lane],
        .theta_max = 2 * std::atan2(near_max[lane], far_max[lane]),
        .length_min = length_min[lane],
        .moved = std::sqrt(moved2[lane]),
        .drift = drift[lane],
        .drift_max = drift_max[lane],
    };
    group.batch.to.integers[run] = {
        .step = int32_t(steps),
        .theta_max_increase_at = at(theta.max_increase_at),
        .theta_first_increase = at(theta.first_increase),
        .lagrangian_max_increase_at = at(lagrangian.max_increase_at),
        .lagrangian_first_increase = at(lagrangian.first_increase),
        .last_unsettled = at(last_unsettled),
        .first_bad_step = int32_t(bad),
        .degenerate = degenerate,
    };
  }
};
