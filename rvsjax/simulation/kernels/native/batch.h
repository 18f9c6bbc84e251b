// What the kernels read and write: abi.py, as pointers. Rows are runs.
#pragma once
#include "lanes.h"

enum Number {
  SLOPE, BETA, ETA, LAM, M, THRESHOLD, SHAPE, VECTOR_ERROR, EPSILON, THETA_AT_REST,
  THETA_SLOPE, LAGRANGIAN_AT_REST, LAGRANGIAN_SLOPE, SETTLED, SPREAD, TIE, NUMBERS
};

constexpr int REALS = 11, INTEGERS = 8;
constexpr int NEVER = -1;

template <class T> struct Batch {
  int64_t runs, d, points;
  const T *start, *w_star, *numbers;  // (runs, d), (runs, d), (runs, NUMBERS)
  const int32_t *grid;                // (runs, points), every row the same
  T *w, *u, *reals;                   // (runs, d), (runs, d), (runs, REALS)
  int32_t *integers;                  // (runs, INTEGERS)
  T *theta, *lagrangian;              // (runs, points)
  int32_t *nnz_u;                     // (runs, points)
  T *theta_u;                         // (runs, points)
};

// The runs that go together in the lanes of one vector; empty lanes repeat the last.
template <class T> struct Group {
  const Batch<T> &batch;
  int64_t first;

  int64_t run(int lane) const {
    int64_t row = first + lane;
    return row < batch.runs ? row : batch.runs - 1;
  }
  bool is_real(int lane) const { return first + lane < batch.runs; }

  Real<T> number(Number which) const {
    return gather(batch.numbers + which, NUMBERS);
  }
  Real<T> gather(const T *column, int64_t stride) const {
    Real<T> x;
    for (int i = 0; i < Lanes<T>::count; i++) x[i] = column[run(i) * stride];
    return x;
  }
};
