// penalties.py for the lanes of a vector: value and prox side by side. NaN stays NaN.
//
// A penalty that `remembers` keeps a number for each weight from step to step: `follow` is
// its prox of weights that were close by one step ago. It adds P of it to a sum, and says
// for which lanes it is in doubt.
#pragma once
#include "batch.h"

template <class T> struct L0 {
  static constexpr bool keeps = true;  // u_j is w_j or 0, hence |u|^2 = <u, w>
  static constexpr bool remembers = false, jumps = true;
  Real<T> threshold;
  explicit L0(const Group<T> &group) : threshold(group.numbers.threshold) {}
  Real<T> prox(Real<T> x) const { return size(x) <= threshold ? Real<T>{} : x; }
  Real<T> value(Real<T> u) const { return u != Real<T>{} ? all<T>(1) : Real<T>{}; }
};

template <class T> struct L1 {
  static constexpr bool keeps = false, remembers = false, jumps = false;
  Real<T> m;
  explicit L1(const Group<T> &group) : m(group.numbers.m) {}
  Real<T> prox(Real<T> x) const { return x - least(most(x, -m), m); }
  Real<T> value(Real<T> u) const { return size(u); }
};

// With z = a + |u|, s = a + |x| and y = z/s the prox solves y^3 - y^2 + kappa = 0 for the
// largest root, kappa = m a (a+1) / s^3: |u| = |x| - s e, e = 1 - y. For large a, s e is the
// small share of two large numbers: its digits come from delta = m a (a+1) / z^2, which has
// all of them for any z that is nearly right.
template <class T> struct TransformedL1 {
  static constexpr bool keeps = false, remembers = true, jumps = true;
  Real<T> a, threshold, scale, at_zero;
  explicit TransformedL1(const Group<T> &group)
      : a(group.numbers.a), threshold(group.numbers.threshold), at_zero(1 / a) {
    const Real<T> lam = group.numbers.lam, beta = group.numbers.beta;
    for (int i = 0; i < Lanes<T>::count; i++)  // rounded once
      scale[i] = T((long double)lam[i] / beta[i] * a[i] * ((long double)a[i] + 1));
  }

  Real<T> value(Real<T> u) const { return (a + 1) * size(u) / (a + size(u)); }

  Real<T> prox(Real<T> x) const {
    Real<T> s = a + size(x), kappa = scale / (s * s * s);
    Real<T> u = most(polish(size(x) - s * shrinkage(kappa), size(x)), Real<T>{});
    u = size(x) <= all<T>(std::numeric_limits<T>::max()) ? u : size(x);  // infinite, NaN
    return size(x) <= threshold ? Real<T>{} : (x < Real<T>{} ? -u : u);
  }

  // One step of Newton's method for u + delta(u) = x, x > 0; where the slope of the left
  // side is a root of rounding, u is as good as it gets.
  Real<T> polish(Real<T> u, Real<T> x) const {
    const Real<T> z = a + u, delta = scale / (z * z), t = 2 * delta / z;
    const Real<T> gap = u - x + delta, slope = 1 - t;
    const T noise = sizeof(T) == 8 ? 1e-7 : 1e-3;
    return slope > noise ? x - (delta + t * gap / slope) : u;
  }

  // With r = 1/(a + |u|) the equation is 1 - s r + p = 0, p = scale r^3: no division, if r
  // is nearly known. Newton's step is r / (1 - 2p) times the left side. The largest u has
  // the root with 0 <= 2p < 1. The quotient `by` is 1 + 2p + ... + (2p)^7, then that with
  // its error squared. A second step goes from r to r (1 + e), to the second order of e;
  // it is not rounded into r first, since delta = scale r^2 (1 + e)^2.
  Real<T> follow(Real<T> x, Real<T> *memory, Real<T> &sum, Whole<T> &doubt) const {
    const Real<T> s = a + size(x);
    Real<T> r = *memory, p = scale * r * r * r, t = 2 * p, t2 = t * t;
    Real<T> by = (1 + t) * (1 + t2) * (1 + t2 * t2);
    r += r * (1 - s * r + p) * by;
    const Real<T> delta = scale * r * r;
    p = delta * r;
    const Real<T> rest = 1 - s * r + p, off = 1 - (1 - 2 * p) * by;
    by += by * off;
    Real<T> e = rest * by, bend = e * (T(1.5) * by - T(0.5));
    const Whole<T> on = ~(size(x) <= threshold);
    // what is left open, of e up to 4 |e|^2 |bend|, is below half an epsilon
    const T error = std::numeric_limits<T>::epsilon() / 2;
    const T most_bend = sizeof(T) == 8 ? 3e-6 : 2.4e-3;
    const Whole<T> sure = (size(bend) <= most_bend) & (size(rest) * (off * off) <= error);
    doubt |= on & ~(sure & (p >= Real<T>{}) & (p < T(0.45)));
    e += e * bend;
    Real<T> u = most(size(x) - (delta + delta * (2 * e + e * e)), Real<T>{});
    u = on ? u : Real<T>{};
    r = on ? r + r * e : at_zero;
    *memory = r;
    sum += (a + 1) * u * r;
    return x < Real<T>{} ? -u : u;
  }

  Real<T> memory(Real<T> u) const { return 1 / (a + size(u)); }

  // The least root e in [0, 1/3] of e (1 - e)^2 = kappa. First from h = 1/3 - e, where
  // h^2 (1 + h) = r^2 = 4/27 - kappa: h/r is a polynomial in r to 1.5e-6 (Chebyshev);
  // then one step of Halley's method, whose error is the third power of that.
  static Real<T> shrinkage(Real<T> kappa) {
    Real<T> r = root(most(T(4) / 27 - kappa, Real<T>{}));
    Real<T> q = T(-0.58769445) * r + T(1.00181664);
    q = q * r - T(0.8728298);
    q = q * r + T(0.61496996);
    q = q * r - T(0.49969636);
    q = q * r + T(0.99999847);
    Real<T> e = T(1) / 3 - r * q, y = 1 - e;
    Real<T> rest = e * y * y - kappa, slope = y * (1 - 3 * e), bend = 6 * e - 4;
    Real<T> below = 2 * slope * slope - rest * bend;
    Real<T> by = 2 * rest * slope / (below != Real<T>{} ? below : all<T>(1));
    return e - by;
  }
};
