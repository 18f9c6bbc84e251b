// Step by step, one pass over w: what the next step needs of u is summed on the way.
//
//   v = w + C (w* - w) + B (u - w),  B = eta beta, C = eta K,  w' = v / |v|
//
// |v|^2 follows from inner products of w, u and w*, unless it is small.
#pragma once
#include <utility>
#include <vector>

#include "penalties.h"
#include "watch.h"

// What a pass sums up of w, u = prox(w) and t = w*.
template <class T> struct Sums {
  Real<T> near2 = {}, far2 = {}, uw = {}, ut = {}, uu = {}, value = {};

  // All but P(u).
  template <class Penalty> void add(const Penalty &, Real<T> w, Real<T> u, Real<T> t) {
    near2 += (w - t) * (w - t);
    far2 += (w + t) * (w + t);
    uw += u * w, ut += u * t;
    if (!Penalty::keeps) uu += u * u;
  }

  // |w + C (t - w) + B (u - w)|^2; near2 and far2 also give <w, t> and <w, w>.
  Real<T> length2(Real<T> B, Real<T> C, Real<T> tt, Real<T> uu) const {
    Real<T> wt = (far2 - near2) / 4, ww = (far2 + near2) / 2 - tt;
    return ww + 2 * (C * (wt - ww) + B * (uw - ww)) + C * C * near2 +
           B * B * (ww - 2 * uw + uu) + 2 * B * C * (ut - wt - uw + ww);
  }
};

template <class T, class Penalty> struct Direct {
  using R = Real<T>;
  static constexpr int abreast = 1;
  const Group<T> &group;
  int64_t d;
  Penalty penalty;
  Watch<T> watch;
  R beta, lam, B, C, tt = {};
  std::vector<R> space;
  R *w, *w_new, *w_star;
  R *u_old, *u, *u_new;  // the state's, its next, and the one after
  R *memory;             // of the penalty
  R gap = all<T>(8);     // of w to a jump of the prox
  Sums<T> sums;
  Step<T> step;

  explicit Direct(const Group<T> &group)
      : group(group), d(group.batch.d), penalty(group), watch(group),
        beta(group.numbers.beta), lam(group.numbers.lam),
        B(group.numbers.eta * beta), C(group.numbers.eta * group.numbers.K),
        space((Penalty::remembers ? 7 : 6) * d) {
    w = space.data(), w_new = w + d, w_star = w_new + d;
    u_old = w_star + d, u = u_old + d, u_new = u + d, memory = u_new + d;
    const R m = group.numbers.m;
    const Whole<T> known = m == m;  // where it is NaN, so is u, and the run stops
    R apart2 = {};
    for (int64_t j = 0; j < d; j++) {
      R x = group.gather(group.batch.from.start + j, d), y = known ? penalty.prox(x) : m;
      R t = group.gather(group.batch.from.w_star + j, d);
      w[j] = x, w_star[j] = t, u_old[j] = u[j] = y;
      sums.add(penalty, x, y, t);
      sums.value += penalty.value(y);
      if constexpr (Penalty::remembers) memory[j] = penalty.memory(y);
      apart2 += (x - y) * (x - y);
      tt += t * t;
      if constexpr (Penalty::jumps) gap = least(size(size(x) - penalty.threshold), gap);
    }
    watch.begin(sums.near2, sums.far2, lam * sums.value + beta / 2 * apart2);
  }

  R length2() const {
    R found = sums.length2(B, C, tt, Penalty::keeps ? sums.uw : sums.uu);
    const Real<T> most = all<T>(std::numeric_limits<T>::max());  // a square may overflow
    Whole<T> doubtful = ~((found >= T(0.25)) & (found <= most));
    if (__builtin_expect(any(doubtful), 0)) {
      R sum = {};
      for (int64_t j = 0; j < d; j++) {
        R v = w[j] + (C * (w_star[j] - w[j]) + B * (u[j] - w[j]));
        sum += v * v;
      }
      found = doubtful ? sum : found;
    }
    return found;
  }

  RVSJAX_INLINE void move() {
    step.length = root(length2());
    const R scale = step.inverse = 1 / step.length, shadow = sums.uw, b = B * scale, c = C * scale;
    const Penalty penalty = this->penalty;
    R moved2 = {}, across2 = {}, apart2 = {}, next_gap = all<T>(8);
    Sums<T> next;
    Whole<T> doubt = {};
    for (int64_t j = 0; j < d; j++) {
      R x = w[j], y = u[j], t = w_star[j];
      R x_new = x * scale + (b * (y - x) + c * (t - x));
      R y_new;
      if constexpr (Penalty::remembers) {
        y_new = penalty.follow(x_new, memory + j, next.value, doubt);
      } else {
        y_new = penalty.prox(x_new);
        next.value += penalty.value(y_new);
      }
      if constexpr (Penalty::jumps)
        next_gap = least(size(size(x_new) - penalty.threshold), next_gap);
      w_new[j] = x_new, u_new[j] = y_new;
      moved2 += (x_new - x) * (x_new - x);
      apart2 += (x_new - y) * (x_new - y);
      across2 += (y - shadow * x) * (y - shadow * x);
      next.add(penalty, x_new, y_new, t);
    }
    if constexpr (Penalty::remembers)
      if (any(doubt)) look_up(doubt, next);
    step.near2 = next.near2, step.far2 = next.far2;
    step.moved2 = moved2, step.across2 = across2;
    step.rest = lam * sums.value + beta / 2 * apart2;
    step.gap = gap, gap = next_gap;
    sums = next;
  }

  // Take u from the prox itself in the lanes in doubt.
  RVSJAX_APART void look_up(Whole<T> lanes, Sums<T> &next) {
    Sums<T> sure;
    for (int64_t j = 0; j < d; j++) {
      R y = penalty.prox(w_new[j]);
      u_new[j] = lanes ? y : u_new[j];
      memory[j] = lanes ? penalty.memory(y) : memory[j];
      sure.add(penalty, w_new[j], y, w_star[j]);
      sure.value += penalty.value(y);
    }
    for (auto sum : {&Sums<T>::uw, &Sums<T>::ut, &Sums<T>::uu, &Sums<T>::value})
      next.*sum = lanes ? sure.*sum : next.*sum;
  }

  RVSJAX_INLINE void note(int64_t number) {
    Look<T> now = watch.look(step);
    if (__builtin_expect(any(~now.good), 0)) stop(number, step.length, now.good);
    watch.take(number, step, now);
    std::swap(w, w_new);
    std::swap(u_old, u);
    std::swap(u, u_new);
  }

  RVSJAX_RARE void stop(int64_t number, R length, Whole<T> good) {
    for (int i = 0; i < Lanes<T>::count; i++) {
      if (good[i] || !watch.running(i)) continue;
      write(i, number - 1, number, length[i] <= watch.vector_error[i]);
      watch.stop(i, number, nnz(i));
      for (int64_t j = 0; j < d; j++) w_new[j][i] = u_new[j][i] = w_star[j][i] = 0;
      w_new[0][i] = sums.near2[i] = sums.far2[i] = 1;  // from here on the lane rests
      B[i] = C[i] = tt[i] = sums.uw[i] = sums.ut[i] = sums.uu[i] = 0;
    }
  }

  int32_t nnz(int lane) const {
    int32_t sum = 0;
    for (int64_t j = 0; j < d; j++) sum += u_old[j][lane] != 0;
    return sum;
  }

  void sample(int64_t point) const {
    int32_t counts[Lanes<T>::count];
    for (int i = 0; i < Lanes<T>::count; i++) counts[i] = nnz(i);
    watch.sample(point, counts, direction_of_u());
  }

  // u/|u| beside w*; NaN where u is empty.
  Pair<T> direction_of_u() const {
    R uu = {};
    for (int64_t j = 0; j < d; j++) uu += u_old[j] * u_old[j];
    const R length = root(uu);
    Pair<T> pair;
    for (int64_t j = 0; j < d; j++) pair.add(u_old[j] / length, w_star[j]);
    return pair;
  }

  void write(int lane, int64_t steps, int64_t bad = NEVER, bool degenerate = false) const {
    if (!group.is_real(lane)) return;
    int64_t row = group.run(lane) * d;
    for (int64_t j = 0; j < d; j++) {
      group.batch.to.w[row + j] = w[j][lane];
      group.batch.to.u[row + j] = u_old[j][lane];
    }
    watch.finish(lane, steps, bad, degenerate);
  }
};
