// The kernels as one custom call of XLA: `way` and `penalty` are attributes, the type of
// the numbers follows from the arrays.
#include "direct.h"
#include "span.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

// All groups of a batch, each from its first to its last step; some go side by side, so
// that one can compute while another waits for a root.
template <class T, class Way> bool simulate(const Batch<T> &batch) {
  const int64_t lanes = Lanes<T>::count;
  for (int64_t first = 0; first < batch.runs; first += Way::abreast * lanes) {
    std::vector<Group<T>> groups;
    for (int64_t run = first; run < batch.runs && groups.size() < Way::abreast;
         run += lanes)
      groups.push_back({batch, run});
    std::vector<Way> ways(groups.begin(), groups.end());
    for (auto &way : ways) way.sample(0);
    int64_t step = 0;
    for (int64_t point = 1; point < batch.points; point++) {
      for (; step < batch.grid[point]; step++) {
        for (auto &way : ways) way.move();
        for (auto &way : ways) way.note(step + 1);
      }
      for (auto &way : ways) way.sample(point);
    }
    for (auto &way : ways)
      for (int i = 0; i < lanes; i++)
        if (way.watch.running(i)) way.write(i, step);
  }
  return true;
}

template <class T>
bool choose(std::string_view way, std::string_view penalty, const Batch<T> &batch) {
  if (way == "direct") {
    if (penalty == "L0") return simulate<T, Direct<T, L0<T>>>(batch);
    if (penalty == "L1") return simulate<T, Direct<T, L1<T>>>(batch);
    if (penalty == "TransformedL1")
      return simulate<T, Direct<T, TransformedL1<T>>>(batch);
  }
  if (way == "span") {
    if (penalty == "L0") return simulate<T, Span<T, L0<T>>>(batch);
    if (penalty == "L1") return simulate<T, Span<T, L1<T>>>(batch);
  }
  return false;
}

// The arrays of Operands and of Raw, in their order.
template <class T>
Batch<T> unpack(ffi::RemainingArgs &args, ffi::RemainingRets &rets) {
  auto in = [&](int i) { return args.get<ffi::AnyBuffer>(i)->untyped_data(); };
  auto out = [&](int i) { return (*rets.get<ffi::AnyBuffer>(i))->untyped_data(); };
  auto reals = [&](int i) { return static_cast<T *>(out(i)); };
  auto integers = [&](int i) { return static_cast<int32_t *>(out(i)); };
  const auto start = *args.get<ffi::AnyBuffer>(0), grid = *args.get<ffi::AnyBuffer>(3);
  const int64_t d = start.dimensions().back(), points = grid.dimensions().back();
  return {int64_t(start.element_count()) / d, d, points,
          static_cast<const T *>(in(0)), static_cast<const T *>(in(1)),
          static_cast<const T *>(in(2)), static_cast<const int32_t *>(in(3)),
          reals(0), reals(1), reals(2), integers(3), reals(4), reals(5), integers(6), reals(7)};
}

static ffi::Error call(std::string_view way, std::string_view penalty,
                       ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const bool wide = args.get<ffi::AnyBuffer>(0)->element_type() == ffi::F64;
  const bool known = wide ? choose(way, penalty, unpack<double>(args, rets))
                          : choose(way, penalty, unpack<float>(args, rets));
  return known ? ffi::Error::Success() : ffi::Error::InvalidArgument("no such kernel");
}

XLA_FFI_DEFINE_HANDLER_SYMBOL(rvsjax_simulate, call,
                              ffi::Ffi::Bind()
                                  .Attr<std::string_view>("way")
                                  .Attr<std::string_view>("penalty")
                                  .RemainingArgs()
                                  .RemainingRets());
