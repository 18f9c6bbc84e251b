// Vectors of numbers, one run a lane. No lane ever sees another.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>

#if defined(__AVX__)
#include <immintrin.h>
#define RVSJAX_BYTES 32
#else
#define RVSJAX_BYTES 16
#endif

#define RVSJAX_INLINE inline __attribute__((always_inline))
#define RVSJAX_APART __attribute__((noinline))
#define RVSJAX_RARE __attribute__((noinline, cold))

template <class T> struct Lanes;

template <> struct Lanes<float> {
  typedef float Real __attribute__((vector_size(RVSJAX_BYTES)));
  typedef int32_t Index;
  typedef int32_t Whole __attribute__((vector_size(RVSJAX_BYTES)));
  static constexpr int count = RVSJAX_BYTES / 4;
};

template <> struct Lanes<double> {
  typedef double Real __attribute__((vector_size(RVSJAX_BYTES)));
  typedef int64_t Index;
  typedef int64_t Whole __attribute__((vector_size(RVSJAX_BYTES)));
  static constexpr int count = RVSJAX_BYTES / 8;
};

template <class T> using Real = typename Lanes<T>::Real;
template <class T> using Whole = typename Lanes<T>::Whole;  // numbers, or masks: -1, 0

template <class T> inline Real<T> all(T x) { return x - Real<T>{}; }
template <class T> inline Whole<T> whole(int64_t n) {
  return Whole<T>{} + (typename Lanes<T>::Index)n;
}

#if defined(__AVX__)
#define RVSJAX_ANY(T)                                                           \
  inline bool any(Whole<T> mask) {                                              \
    return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);                   \
  }
#else
#define RVSJAX_ANY(T)                                                           \
  inline bool any(Whole<T> mask) {                                              \
    int64_t parts[2];                                                           \
    __builtin_memcpy(parts, &mask, sizeof mask);                                \
    return parts[0] | parts[1];                                                 \
  }
#endif

// One overload for each type: templates do not see through the vector types.
#define RVSJAX_FOR_EACH(T)                                                      \
  inline Real<T> root(Real<T> x) {                                              \
    for (int i = 0; i < Lanes<T>::count; i++) x[i] = std::sqrt(x[i]);           \
    return x;                                                                   \
  }                                                                             \
  inline Real<T> size(Real<T> x) {                                              \
    return (Real<T>)((Whole<T>)x & ~(Whole<T>)(all<T>(-T(0))));                 \
  }                                                                             \
  inline Real<T> least(Real<T> a, Real<T> b) { return a < b ? a : b; }          \
  inline Real<T> most(Real<T> a, Real<T> b) { return a > b ? a : b; }           \
  RVSJAX_ANY(T)
RVSJAX_FOR_EACH(float)
RVSJAX_FOR_EACH(double)
#undef RVSJAX_FOR_EACH
