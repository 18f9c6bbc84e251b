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
      groups.emplace_back(batch, run);
    std::vector<Way> ways(groups.begin(), groups.end());
    for (auto &way : ways) way.sample(0);
    int64_t step = 0;
    for (int64_t point = 1; point < batch.points; point++) {
      for (; step < batch.from.grid[point]; step++) {
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

template <class T>
Batch<T> unpack(ffi::RemainingArgs &args, ffi::RemainingRets &rets) {
  auto in = [&](int i) { return args.get<ffi::AnyBuffer>(i)->untyped_data(); };
  auto out = [&](int i) { return (*rets.get<ffi::AnyBuffer>(i))->untyped_data(); };
  auto last_axis = [&](int i) {
    return int64_t(args.get<ffi::AnyBuffer>(i)->dimensions().back());
  };
  const int64_t d = last_axis(Operands<T>::at_start);
  const int64_t runs = args.get<ffi::AnyBuffer>(Operands<T>::at_start)->element_count();
  return {runs / d, d, last_axis(Operands<T>::at_grid), Operands<T>(in), Raw<T>(out)};
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
