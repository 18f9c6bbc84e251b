// Orthonormal rows for the weights on the support of u and for those off it.
#pragma once
#include <vector>

#include "lanes.h"

// A sum over the weights on the support, and one over those off it.
template <class T> struct Both {
  Real<T> on = {}, off = {};

  void add(Whole<T> is_on, Real<T> x) {
    on += is_on ? x : Real<T>{};
    off += is_on ? Real<T>{} : x;
  }
  Real<T> pick(Whole<T> is_on) const { return is_on ? on : off; }
};

template <class T> inline Both<T> dot(const std::vector<Whole<T>> &support,
                                      const Real<T> *a, const Real<T> *b) {
  Both<T> sum;
  for (size_t j = 0; j < support.size(); j++) sum.add(support[j], a[j] * b[j]);
  return sum;
}

// Make a row a unit vector across the others, on and off the support; what is within
// rounding of them has no direction, and becomes 0.
template <class T, class... Others>
inline void orthonormalise(const std::vector<Whole<T>> &support, Real<T> *row,
                           const Others *...others) {
  constexpr T noise = 16 * std::numeric_limits<T>::epsilon();
  const Both<T> before = dot<T>(support, row, row);
  auto remove = [&](const Real<T> *other) {
    const Both<T> share = dot<T>(support, row, other);
    for (size_t j = 0; j < support.size(); j++)
      row[j] -= share.pick(support[j]) * other[j];
  };
  for (int times = 0; times < 2; times++) (remove(others), ...);  // twice is enough
  const Both<T> after = dot<T>(support, row, row);
  auto scale = [](Real<T> length2, Real<T> floor) {
    return length2 > floor ? 1 / root(length2) : Real<T>{};
  };
  const Both<T> by = {scale(after.on, noise * noise * before.on),
                      scale(after.off, noise * noise * before.off)};
  for (size_t j = 0; j < support.size(); j++) row[j] *= by.pick(support[j]);
}
