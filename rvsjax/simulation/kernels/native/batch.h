// The arrays of a call, and the runs of one vector. Rows are runs.
#pragma once
#include "abi.h"  // written from abi.py by native_header.py when the kernels are built
#include "lanes.h"

constexpr int NEVER = -1;

template <class T> struct Batch {
  int64_t runs, d, points;
  Operands<T> from;
  Raw<T> to;
};

// The runs that go together in the lanes of one vector; empty lanes repeat the last.
template <class T> struct Group {
  const Batch<T> &batch;
  int64_t first;
  Numbers<Real<T>> numbers;

  Group(const Batch<T> &batch, int64_t first) : batch(batch), first(first) {
    for (int i = 0; i < Lanes<T>::count; i++)
      numbers.set(i, batch.from.numbers[run(i)]);
  }
  int64_t run(int lane) const {
    int64_t row = first + lane;
    return row < batch.runs ? row : batch.runs - 1;
  }
  bool is_real(int lane) const { return first + lane < batch.runs; }

  Real<T> gather(const T *column, int64_t stride) const {
    Real<T> x;
    for (int i = 0; i < Lanes<T>::count; i++) x[i] = column[run(i) * stride];
    return x;
  }
};
