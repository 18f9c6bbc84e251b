// As long as no weight crosses its threshold, w stays in the span of a few vectors: w*
// and w on the support of u, w* and w off it, and for l1 the signs on the support. Steps
// are taken in orthonormal coordinates of that span, in O(1) instead of O(d).
//
// A weight is a row of the basis times the coordinates. A tube around the way that lies
// ahead of the coordinates, so short that no weight can reach its threshold inside it,
// or come so near that rounding decides on which side it is, bounds where the basis holds.
// Once they leave the tube, w is laid out again and a basis
// is made for the support that it has then: at every step u is prox(w), as in direct.h.
#pragma once
#include "basis.h"
#include "penalties.h"
#include "watch.h"

template <class T, class Penalty> struct Span {
  using R = Real<T>;
  static constexpr int abreast = 8;
  static constexpr bool shifts = !Penalty::keeps;  // l1: u = w - m sgn(w)
  static constexpr int on = shifts ? 3 : 2;        // coordinates on the support: w*, w,
  static constexpr int D = on + 2;                 // signs; then off it: w*, w
  static constexpr T eps = std::numeric_limits<T>::epsilon();
  static constexpr T noise = sizeof(T) == 8 ? 1e-7 : 1e-3;  // roots of a few eps
  static constexpr T bend = 0.75;  // a tube of length s has the radius bend s^2, about
  const Group<T> &group;
  const int64_t d;
  Watch<T> watch;
  const R threshold, m, beta, lam;
  R B, C;
  Step<T> step;
  Whole<T> leaving;  // the lanes that got a basis in this step
  R v[D];            // coordinates of the w to come
  R at[D], before[D];           // coordinates of w, of the w before
  R made[D], ahead[D];          // where the tube begins, its direction
  R reach, radius2, behind;     // its length, and what it holds aside and behind
  R gap, drift_held;            // of w to a jump; a drift that the tube holds for
  R star[D], sign[D], shift[D];
  R count, base;  // size of the support, m times it
  std::vector<R> space;
  std::vector<Whole<T>> support, found;
  R *w, *w_star, *u, *row[3], *next[3];
  R count_before;  // of the lanes that have just left, with u

  explicit Span(const Group<T> &group)
      : group(group), d(group.batch.d), watch(group),
        threshold(group.numbers.threshold), m(group.numbers.m),
        beta(group.numbers.beta), lam(m == m ? group.numbers.lam : m), B(group.numbers.eta * beta),
        C(group.numbers.eta * group.numbers.K), space(9 * d), support(d), found(d) {
    w = space.data(), w_star = w + d, u = w_star + d;
    for (int k = 0; k < 3; k++) row[k] = u + (1 + k) * d, next[k] = row[k] + 3 * d;
    for (int64_t j = 0; j < d; j++) {
      w[j] = group.gather(group.batch.from.start + j, d);
      w_star[j] = group.gather(group.batch.from.w_star + j, d);
    }
    make(whole<T>(-1));
    for (int i = 0; i < D; i++) before[i] = at[i];
    step.near2 = step.far2 = R{};
    R apart2 = {};
    for (int i = 0; i < D; i++) {
      step.near2 += (at[i] - star[i]) * (at[i] - star[i]);
      step.far2 += (at[i] + star[i]) * (at[i] + star[i]);
      apart2 += (at[i] - prox(i, at[i])) * (at[i] - prox(i, at[i]));
    }
    watch.begin(step.near2, step.far2, lam * value(at) + beta / 2 * apart2);
  }

  R prox(int i, R x) const {
    if (i >= on) return R{};
    return shifts ? x - shift[i] : x;
  }

  // P(prox(x)).
  R value(const R *x) const {
    if (!shifts) return count;
    return sign[0] * x[0] + sign[2] * x[2] - base;
  }

  RVSJAX_INLINE Whole<T> leaves() const {
    R along = {}, distance2 = {};
    for (int i = 0; i < D; i++) {
      R apart = at[i] - made[i];
      along += apart * ahead[i];
      distance2 += apart * apart;
    }
    Whole<T> holds = (watch.drift <= drift_held) | (watch.drift >= all<T>(1));
    return ~((along <= reach) & (along >= behind) &
             (distance2 - along * along <= radius2) & holds);
  }

  RVSJAX_INLINE R drift(int i, R x) const {
    return B * (prox(i, x) - x) + C * (star[i] - x);
  }

  RVSJAX_INLINE void move() {
    leaving = leaves();
    if (__builtin_expect(any(leaving), 0)) {
      lay_out(leaving);
      make(leaving);
    }
    R length2 = {}, shadow = {};
    for (int i = 0; i < D; i++) {
      v[i] = at[i] + drift(i, at[i]);
      length2 += v[i] * v[i];
      if (i < on) shadow += prox(i, at[i]) * at[i];
    }
    step.length = root(length2);
    step.inverse = 1 / step.length;
    R moved2[2] = {}, apart2 = {}, square = {}, off2 = {};
    step.near2 = step.far2 = step.across2 = R{};
    for (int i = 0; i < D; i++) {
      R x = at[i], x_new = v[i] * step.inverse, by = x_new - x;
      v[i] = x_new;
      moved2[i >= on] += by * by;
      if (i == 0 || i == on) {
        step.near2 += (x_new - star[i]) * (x_new - star[i]);
        step.far2 += (x_new + star[i]) * (x_new + star[i]);
      } else {
        square += x_new * x_new;
      }
      if (i >= on) apart2 += x_new * x_new, off2 += x * x;
      if (shifts) {
        if (i < on && i != 1) apart2 += (2 * by + shift[i]) * shift[i];
        R across = prox(i, x) - shadow * x;
        step.across2 += across * across;
      }
    }
    step.near2 += square;
    step.far2 += square;
    step.moved2 = moved2[0] + moved2[1];
    if (!shifts) step.across2 = shadow * off2;  // |u|^2 = <u, w>, and |w| = 1
    step.rest = lam * value(at) + beta / 2 * (apart2 + moved2[0]);
    step.gap = gap;
  }

  RVSJAX_INLINE void note(int64_t number) {
    Look<T> now = watch.look(step);
    if (__builtin_expect(any(~now.good), 0)) stop(number, step.length, now.good);
    watch.take(number, step, now);
    for (int i = 0; i < D; i++) before[i] = at[i], at[i] = v[i];
  }

  // w_j of the coordinates x.
  R weight(int64_t j, const R *x) const {
    Whole<T> is_on = support[j];
    R sum = row[0][j] * (is_on ? x[0] : x[on]) + row[1][j] * (is_on ? x[1] : x[on + 1]);
    return shifts ? sum + row[2][j] * x[2] : sum;
  }

  R prox_weight(int64_t j, const R *x) const {
    R y[D];
    for (int i = 0; i < D; i++) y[i] = prox(i, x[i]);
    return support[j] ? weight(j, y) : R{};
  }

  RVSJAX_APART void lay_out(Whole<T> leaving) {
    count_before = count;
    for (int64_t j = 0; j < d; j++) {
      w[j] = leaving ? weight(j, at) : w[j];
      u[j] = prox_weight(j, before);
    }
  }

  // Make a basis for the support of w in the lanes that leave theirs.
  RVSJAX_APART void make(Whole<T> leaving) {
    for (int64_t j = 0; j < d; j++) {
      found[j] = ~(size(w[j]) <= threshold);
      next[0][j] = w_star[j], next[1][j] = w[j];
      next[2][j] = shifts ? sign_of(j) : R{};
    }
    orthonormalise<T>(found, next[0]);
    if (shifts) orthonormalise<T>(found, next[2], next[0]);
    orthonormalise<T>(found, next[1], next[0], next[2]);
    take_over(leaving);
  }

  R sign_of(int64_t j) const {
    return found[j] ? (w[j] < R{} ? all<T>(-1) : all<T>(1)) : R{};
  }

  void take_over(Whole<T> leaving) {
    auto put = [&](R &to, R x) { to = leaving ? x : to; };
    R size_of = {}, sign_along[3] = {};
    for (int64_t j = 0; j < d; j++) {
      size_of += sign_of(j) * sign_of(j);
      for (int k = 0; k < 3; k++) sign_along[k] += sign_of(j) * next[k][j];
    }
    Both<T> along[3], star_along = dot<T>(found, w_star, next[0]);
    for (int k = 0; k < 3; k++) along[k] = dot<T>(found, w, next[k]);
    for (int i = 0; i < D; i++) {
      put(at[i], i < on ? along[i].on : along[i - on].off);
      put(star[i], i == 0 ? star_along.on : i == on ? star_along.off : R{});
      put(sign[i], i < on && i != 1 ? sign_along[i] : R{});
      put(shift[i], sign[i] != R{} ? m * sign[i] : R{});
    }
    put(count, size_of);
    put(base, size_of > R{} ? m * size_of : R{});
    R way[D], length = all<T>(1), nearest = all<T>(8);
    look_ahead(way);
    const Whole<T> decides = (watch.tie >= R{}) & (watch.drift < all<T>(1));
    const R room = decides ? 2 * (watch.drift + watch.tie) : R{};
    for (int64_t j = 0; j < d; j++) {
      length = least(until_met(j, way, room), length);
      nearest = least(size(size(w[j]) - threshold), nearest);
      support[j] = leaving ? found[j] : support[j];
      for (int k = 0; k < 3; k++) put(row[k][j], next[k][j]);
    }
    R radius = bend * length * length + noise * length + 4 * eps;
    for (int i = 0; i < D; i++) put(made[i], at[i]), put(ahead[i], way[i]);
    put(reach, length);
    put(gap, length > R{} ? all<T>(8) : nearest);
    put(drift_held, decides ? room - watch.tie : all<T>(INFINITY));
    put(radius2, radius * radius);
    put(behind, -noise * length - 4 * eps);
  }

  // The direction of a small step: that of the drift, across w; 0 at rest.
  void look_ahead(R *way) const {
    R along = {}, way2 = {};
    for (int i = 0; i < D; i++) along += at[i] * drift(i, at[i]);
    for (int i = 0; i < D; i++) {
      way[i] = drift(i, at[i]) - along * at[i];
      way2 += way[i] * way[i];
    }
    for (int i = 0; i < D; i++) way[i] = way2 > R{} ? way[i] / root(way2) : R{};
  }

  // The length of the tube in which w_j cannot reach a threshold: with t for what one
  // unit along brings it closer, and r for the length of its row, the root s of
  // s t + r (bend s^2 + 2 noise s) = gap, less the room and some roundings.
  R until_met(int64_t j, const R *way, R room) const {
    R along = {}, row2 = {};
    for (int k = 0; k < 3; k++) {
      row2 += next[k][j] * next[k][j];
      if (k < on) along += next[k][j] * (k == 2 ? way[k] : found[j] ? way[k] : way[on + k]);
    }
    const R x = w[j], r = root(row2), never = all<T>(8);  // out of reach
    R above = found[j] ? (x > R{} ? never : -threshold - x) : threshold - x;
    R below = found[j] ? (x > R{} ? x - threshold : never) : threshold + x;
    auto meets = [&](R gap, R t) {
      t = most(t, R{}) + 2 * noise * r;
      gap -= room + 4 * eps * (1 + r);
      R length = 2 * gap / (t + root(t * t + 4 * bend * r * gap));
      return gap > R{} ? length : R{};
    };
    return least(meets(above, along), meets(below, -along));
  }

  RVSJAX_RARE void stop(int64_t number, R length, Whole<T> good) {
    for (int i = 0; i < Lanes<T>::count; i++) {
      if (good[i] || !watch.running(i)) continue;
      write(i, number - 1, number, length[i] <= watch.vector_error[i], leaving[i]);
      watch.stop(i, number, int32_t(leaving[i] ? count_before[i] : count[i]));
      for (int k = 0; k < D; k++) v[k][i] = star[k][i] = ahead[k][i] = 0;
      v[0][i] = 1;  // from here on the lane rests
      B[i] = C[i] = 0, radius2[i] = drift_held[i] = INFINITY;
    }
  }

  void sample(int64_t point) const {
    int32_t counts[Lanes<T>::count];
    for (int i = 0; i < Lanes<T>::count; i++) counts[i] = int32_t(count[i]);
    watch.sample(point, counts, direction_of_u());
  }

  // u/|u| beside w*, in coordinates; NaN where u is empty.
  Pair<T> direction_of_u() const {
    R uu = {};
    for (int i = 0; i < on; i++) uu += prox(i, before[i]) * prox(i, before[i]);
    const R length = root(uu);
    Pair<T> pair;
    for (int i = 0; i < D; i++) pair.add(prox(i, before[i]) / length, star[i]);
    return pair;
  }

  void write(int lane, int64_t steps, int64_t bad = NEVER, bool degenerate = false,
             bool left = false) const {
    if (!group.is_real(lane)) return;
    int64_t first = group.run(lane) * d;
    for (int64_t j = 0; j < d; j++) {
      group.batch.to.w[first + j] = weight(j, at)[lane];
      const T y = (left ? u[j] : prox_weight(j, before))[lane];
      group.batch.to.u[first + j] = m[lane] == m[lane] ? y : m[lane];
    }
    watch.finish(lane, steps, bad, degenerate);
  }
};
