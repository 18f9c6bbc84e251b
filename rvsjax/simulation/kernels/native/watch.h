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

template <class T> struct Descent {
  Real<T> change = all<T>(-INFINITY), among = all<T>(-INFINITY);
  Whole<T> change_at = whole<T>(NEVER), rise_at = whole<T>(NEVER);

  // A rise counts beyond the rounding of the step and what the drift moves it by.
  RVSJAX_INLINE void take(Whole<T> step, Real<T> by, Real<T> error, Whole<T> counts,
                          const Moved<T> &drift, Real<T> slope) {
    change_at = by > change ? step : change_at;
    change = most(by, change);
    Real<T> rise = by - error;
    Whole<T> rises = (rise > slope * drift.most) | (rise * drift.sine > slope * drift.part);
    rise_at = rises & (rise_at < 0) ? step : rise_at;
    among = (by > among) & counts ? by : among;
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
  Descent<T> theta, lagrangian;
  int64_t stopped_at[Lanes<T>::count] = {};  // first bad step of a lane, 0 if none
  int32_t last_nnz[Lanes<T>::count] = {};

  explicit Watch(const Group<T> &group)
      : group(group), K(group.number(SLOPE)), vector_error(group.number(VECTOR_ERROR)),
        epsilon(group.number(EPSILON)), settled(group.number(SETTLED)),
        short_step(group.number(ETA) * (group.number(BETA) + K)),
        b2(group.number(BETA) / K * (group.number(BETA) / K)),
        theta_error{group.number(THETA_AT_REST), group.number(THETA_SLOPE)},
        lagrangian_error{group.number(LAGRANGIAN_AT_REST),
                         group.number(LAGRANGIAN_SLOPE)},
        spread(group.number(SPREAD)), tie(group.number(TIE)), of_lagrangian(K + 5 * group.number(BETA)),
        drift(epsilon), drift_max(epsilon) {
    Real<T> s = 4 * group.number(ETA) * K, b = group.number(BETA) / K;
    turn[0] = s * b, turn[1] = s * (1 + b);
  }

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
    const Batch<T> &to = group.batch;
    for (int i = 0; i < Lanes<T>::count; i++) {
      if (!group.is_real(i)) continue;
      int64_t at = group.run(i) * to.points + point;
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
    T *real = group.batch.reals + group.run(lane) * REALS;
    int32_t *integer = group.batch.integers + group.run(lane) * INTEGERS;
    T value = angle(lane);
    const T reals[REALS] = {
        value, theta.change[lane], theta.among[lane],
        K[lane] * value + rest[lane], lagrangian.change[lane], lagrangian.among[lane],
        2 * std::atan2(near_max[lane], far_max[lane]), length_min[lane],
        std::sqrt(moved2[lane]), drift[lane], drift_max[lane]};
    const int64_t integers[INTEGERS] = {
        steps, theta.change_at[lane], theta.rise_at[lane], lagrangian.change_at[lane],
        lagrangian.rise_at[lane], last_unsettled[lane], bad, degenerate};
    for (int i = 0; i < REALS; i++) real[i] = reals[i];
    for (int i = 0; i < INTEGERS; i++) integer[i] = int32_t(integers[i]);
  }
};
