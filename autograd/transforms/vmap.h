#pragma once

/// @file
/// A function of one entry as a function of a batch of them.
///
///     const auto f = [](const tg::Tensor& x, const tg::Tensor& w) { return tg::sum(x * w); };
///     const tg::Tensor x = tg::ones({5, 3}), w = tg::ones({3});
///     const tg::Tensor y = tg::vmap(f, {.in_dims = {0, std::nullopt}})(x, w);  // [5]

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/tree.h"

namespace tapegrad {

/// @addtogroup transforms
/// @{

/// What `vmap` does where its function draws random numbers.
enum class Randomness : std::uint8_t {
  error,  ///< it is an error
  same,   ///< every entry gets the same numbers
};

/// How `vmap` takes the entries.
struct VmapOptions {
  /// For each input the dimension along which entries lie, or `std::nullopt` for one that is the
  /// same for all. One alone is that of all inputs. Negative ones count from the end.
  std::vector<std::optional<std::int64_t>> in_dims = {0};
  /// For each output where that dimension is to be. One alone is that of all outputs.
  std::vector<std::int64_t> out_dims = {0};
  Randomness randomness = Randomness::error;  ///< of functions that draw numbers
  std::int64_t chunk_size = 0;  ///< so many entries at a time, for less memory; 0 for all
};

/// @cond
namespace detail {

std::vector<Tensor> checked_vmap(const ListFunction& f, const std::vector<Tensor>& x,
                                 const VmapOptions& options);

/// What `vmap` makes of `F`.
template <class F>
class Vmapped {
 public:
  Vmapped(F f, VmapOptions options) : f_(std::move(f)), options_(std::move(options)) {}
  template <std::same_as<Tensor>... T>
  requires(sizeof...(T) > 0) auto operator()(const T&... x) const {
    return allocating_for("vmap", [&] {
      Listed<const F, T...> listed(f_, x...);
      return listed.result(checked_vmap(listed, {x...}, options_));
    });
  }
  auto operator()(const std::vector<Tensor>& x) const {
    return allocating_for("vmap", [&] {
      Listed<const F, std::vector<Tensor>> listed(f_, x);
      return listed.result(checked_vmap(listed, x, options_));
    });
  }

 private:
  F f_;
  VmapOptions options_;
};

}  // namespace detail
/// @endcond

/// `f`, a function of one entry, as a function of all: each input has one dimension more, along
/// which its entries lie, and so has each result. `f` takes tensors, or a list of them, and returns a
/// tensor, or vectors, pairs and tuples of them.
///
///     const auto gradients = vmap(grad(loss_of_sample), {.in_dims = {0}});
///
/// `f` runs **once**, on the first entry, and beside each of its values those of all entries are
/// computed, with one call of the operator where that takes a further dimension (`Leading`, as
/// almost all do) and in a loop over entries elsewhere. So it must not depend on elements that the
/// host reads: that is an error; `where()` chooses for each entry. It may call `grad`, `jvp` and
/// `vmap`, and be differentiated by all of them, and by what it holds from outside. Only what it
/// returns is that of all entries: what it leaves elsewhere (a captured tensor that is assigned, what
/// another thread computes) is that of the first.
///
/// Errors, thrown by the function that it returns: `ValueError` for inputs of which none has
/// entries, for lists of `in_dims` or `out_dims` of another length, for random numbers unless
/// `randomness` allows them, and for operators that are `opaque`; `ShapeError` for different
/// numbers of entries, for results whose shape depends on the elements, and where a dimension more
/// than 8 was needed; `IndexError` for a dimension that is none; `GradError` where elements are
/// read or written by the host, and for changes in place of what a view shows; what `f` throws.
template <class F>
auto vmap(F f, VmapOptions options = {}) {
  return detail::Vmapped<F>(std::move(f), std::move(options));
}

/// @}

}  // namespace tapegrad
