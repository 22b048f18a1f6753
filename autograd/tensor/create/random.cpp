#include "autograd/tensor/create/random.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/kernels/random/random.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/distributions.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

/// Launches `F()(elements, count, position, parameters...)` on `tensor`, which returns how many
/// blocks of the generator it used, and moves that past them.
template <class T, class F, class... Parameters>
void draw(const char* name, Generator& generator, const Tensor& tensor, F,
          const Parameters&... parameters) {
  detail::announce_host_state("generator", static_cast<double>(generator.position()));
  const detail::Drawn drawn = detail::launch(
      name,
      [](T* to, std::int64_t n, kernels::RandomPosition at, Parameters... each) {
        return detail::Drawn{static_cast<std::uint64_t>(F()(to, n, at, each...))};
      },
      detail::out<T>(tensor), tensor.numel(),
      kernels::RandomPosition{generator.seed(), generator.position(), generator.stream()},
      parameters...);
  generator.take(drawn.blocks);
}

constexpr auto uniform = [](auto* to, std::int64_t n, kernels::RandomPosition at, double low,
                            double high) { return kernels::fill_uniform(to, n, low, high, at); };
constexpr auto gaussian = [](auto* to, std::int64_t n, kernels::RandomPosition at, double mean,
                             double std) { return kernels::fill_normal(to, n, mean, std, at); };
constexpr auto exponential = [](auto* to, std::int64_t n, kernels::RandomPosition at, double rate,
                                double) { return kernels::fill_exponential(to, n, rate, at); };

template <class F>
Tensor create(const char* name, const Shape& shape, DType dtype, Generator& generator, F fill,
              double a, double b) {
  detail::require_floating(dtype, name);
  const Tensor result = detail::allocate(name, shape, dtype);
  visit_floating(dtype, [&]<class T>(T) { draw<T>(name, generator, result, fill, a, b); });
  return result;
}

template <class F>
Tensor& overwrite(detail::Change change, Tensor& tensor, Generator& generator, F fill, double a,
                  double b) {
  detail::before_write(tensor, change);
  visit_floating(tensor.dtype(),
                 [&]<class T>(T) { draw<T>(change.name(), generator, tensor, fill, a, b); });
  detail::impl_of(tensor)->changed(change);
  return tensor;
}

void require_normal(double mean, double std, const char* name) {
  if (!(std >= 0) || !std::isfinite(std) || !std::isfinite(mean))
    fail<ValueError>(
        "{}: mean {} and standard deviation {} must be finite, and the latter not negative", name,
        mean, std);
}

/// Throws when `T` does not have every whole number in [low, high).
template <class T>
void check_exact(const char* name, std::int64_t low, std::int64_t high) {
  constexpr std::int64_t limit = std::int64_t{1} << std::numeric_limits<T>::digits;
  if (low < -limit || high - 1 > limit)
    fail<ValueError>("{}: {} does not have all whole numbers from {} to {}; use int64", name,
                     dtype_of<T>, low, high);
}

Tensor integers(const char* name, std::int64_t low, std::int64_t high, const Shape& shape,
                DType dtype, Generator& generator) {
  if (dtype == boolean)
    fail<DTypeError>("{}: the element type must not be bool; bernoulli gives bool", name);
  if (low >= high)
    fail<ValueError>("{}: there are no numbers from {} to below {}", name, low, high);
  if (is_floating_point(dtype)) {
    visit_floating(dtype, [&]<class T>(T) { check_exact<T>(name, low, high); });
  }
  const Tensor result = detail::allocate(name, shape, int64);
  // Before numbers are drawn, which would be lost.
  const Tensor converted = dtype == int64 ? result : detail::allocate(name, shape, dtype);
  draw<std::int64_t>(
      name, generator, result,
      [](std::int64_t* to, std::int64_t n, kernels::RandomPosition at, std::int64_t first,
         std::int64_t end) { return kernels::fill_randint(to, n, first, end, at); },
      low, high);
  if (dtype == int64) return result;
  visit_floating(dtype, [&]<class T>(T) {
    detail::launch(
        "to",
        [](const std::int64_t* from, T* to, std::int64_t n) {
          std::transform(from, from + n, to,
                         [](std::int64_t value) { return static_cast<T>(value); });
        },
        detail::in<std::int64_t>(result), detail::out<T>(converted), result.numel());
  });
  return converted;
}

}  // namespace

Generator& default_generator() noexcept {
  static std::atomic<std::uint64_t> streams{0};
  thread_local Generator generator(0, streams.fetch_add(1, std::memory_order_relaxed));
  return generator;
}

void manual_seed(std::uint64_t seed) noexcept { default_generator() = Generator(seed); }

Tensor rand(const Shape& shape, DType dtype, Generator& generator) {
  return create("rand", shape, dtype, generator, uniform, 0, 1);
}
Tensor randn(const Shape& shape, DType dtype, Generator& generator) {
  return create("randn", shape, dtype, generator, gaussian, 0, 1);
}
Tensor randint(Integer low, Integer high, const Shape& shape, DType dtype, Generator& generator) {
  return integers("randint", low, high, shape, dtype, generator);
}
Tensor rand_like(const Tensor& like, DType dtype, Generator& generator) {
  detail::require_defined(like, "rand_like");
  return create("rand_like", like.shape(), dtype, generator, uniform, 0, 1);
}
Tensor rand_like(const Tensor& like, Generator& generator) {
  detail::require_defined(like, "rand_like");
  return rand_like(like, like.dtype(), generator);
}
Tensor randn_like(const Tensor& like, DType dtype, Generator& generator) {
  detail::require_defined(like, "randn_like");
  return create("randn_like", like.shape(), dtype, generator, gaussian, 0, 1);
}
Tensor randn_like(const Tensor& like, Generator& generator) {
  detail::require_defined(like, "randn_like");
  return randn_like(like, like.dtype(), generator);
}
Tensor randint_like(const Tensor& like, Integer low, Integer high, DType dtype,
                    Generator& generator) {
  detail::require_defined(like, "randint_like");
  return integers("randint_like", low, high, like.shape(), dtype, generator);
}
Tensor randint_like(const Tensor& like, Integer low, Integer high, Generator& generator) {
  detail::require_defined(like, "randint_like");
  return randint_like(like, low, high, like.dtype(), generator);
}

Tensor randperm(Integer n, Generator& generator) {
  detail::require_size(n, "n", "randperm");
  const Tensor result = detail::allocate("randperm", Shape(std::int64_t{n}), int64);
  draw<std::int64_t>("randperm", generator, result,
                     [](std::int64_t* to, std::int64_t count, kernels::RandomPosition at) {
                       return kernels::fill_randperm(to, count, at);
                     });
  return result;
}

Tensor bernoulli(double p, const Shape& shape, DType dtype, Generator& generator) {
  detail::require_probability(p, "p", "bernoulli");
  if (dtype == int64)
    fail<DTypeError>("bernoulli: the element type must be float32, float64 or bool, not int64");
  Tensor result = detail::allocate("bernoulli", shape, dtype);
  visit_dtype(dtype, [&]<class T>(T) {
    if constexpr (!std::is_same_v<T, std::int64_t>) {
      draw<T>(
          "bernoulli", generator, result,
          [](T* to, std::int64_t n, kernels::RandomPosition at, double chance) {
            return kernels::fill_bernoulli(to, n, chance, at);
          },
          p);
    }
  });
  return result;
}

Tensor& uniform_(Tensor& tensor, double low, double high, Generator& generator) {
  detail::require_floating(tensor, "uniform_");
  visit_floating(tensor.dtype(), [&]<class T>(T) {
    if (!(low <= high) || !std::isfinite(static_cast<T>(high) - static_cast<T>(low)))
      fail<ValueError>("uniform_: from {} to {} is no finite range of {}", low, high, dtype_of<T>);
  });
  static const detail::Change change("uniform_");
  return overwrite(change, tensor, generator, uniform, low, high);
}

Tensor& normal_(Tensor& tensor, double mean, double std, Generator& generator) {
  detail::require_floating(tensor, "normal_");
  require_normal(mean, std, "normal_");
  static const detail::Change change("normal_");
  return overwrite(change, tensor, generator, gaussian, mean, std);
}

Tensor normal(Real mean, Real std, const Shape& shape, DType dtype, Generator& generator) {
  require_normal(mean, std, "normal");
  return create("normal", shape, dtype, generator, gaussian, mean, std);
}

Tensor& exponential_(Tensor& tensor, Real lambd, Generator& generator) {
  detail::require_floating(tensor, "exponential_");
  if (!(lambd > 0) || !std::isfinite(lambd))
    fail<ValueError>("exponential_: lambd is {}; it must be above 0 and finite", double{lambd});
  static const detail::Change change("exponential_");
  return overwrite(change, tensor, generator, exponential, lambd, 0);
}

}  // namespace tapegrad
