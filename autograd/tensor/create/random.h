#pragma once

/// @file
/// Random numbers: generators, and tensors that are drawn from them. The same seed gives the same
/// numbers on every machine and with any number of threads.
///
///     tg::manual_seed(1);
///     tg::Tensor x = tg::randn({2, 3});
///     tg::Generator own(42);
///     tg::Tensor y = tg::rand({4}, tg::float32, own);

#include <cstdint>

#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup random
/// The functions take their numbers from a `Generator`, that of the thread unless another is given.
/// Errors of all that take a shape: `ShapeError` for a negative size or too many elements. After an
/// error no generator has moved.
/// @{

/// A source of random numbers: a seed, one of the streams that each seed has, and a position in its
/// sequence (Philox4x32-10, a counter-based generator: Salmon et al., "Parallel random numbers: as
/// easy as 1, 2, 3", SC 2011). Streams of one seed are independent of each other.
///
/// The same seed and stream give the same numbers on every platform and with any number of threads,
/// and `randn(15)` is a prefix of `randn(16)`. Copy one to branch off; a generator is not to be
/// shared between threads.
class Generator {
 public:
  /// At the beginning of a stream of a seed; any two numbers will do.
  explicit Generator(std::uint64_t seed = 0, std::uint64_t stream = 0) noexcept
      : seed_(seed), stream_(stream) {}
  /// The seed that it was made with.
  std::uint64_t seed() const noexcept { return seed_; }
  /// The stream of that seed.
  std::uint64_t stream() const noexcept { return stream_; }
  /// Blocks of the sequence that were used up; with `seed()` and `stream()` the whole state.
  std::uint64_t position() const noexcept { return position_; }
  /// Goes to a position, such as one that `position()` gave before.
  void set_position(std::uint64_t position) noexcept { position_ = position; }
  /// Reserves `blocks` blocks and returns where they start.
  std::uint64_t take(std::uint64_t blocks) noexcept {
    const std::uint64_t start = position_;
    position_ += blocks;
    return start;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
};

/// The generator that the functions below use when none is given. Each thread has its own: the
/// first thread that draws (or seeds) has stream 0 of seed 0, the next one stream 1, and so on. A
/// program that draws in several threads repeats its numbers if the threads come in the same order,
/// or if each calls `manual_seed`. The threads that share the work of one operator draw nothing.
Generator& default_generator() noexcept;
/// Restarts this thread's default generator with stream 0 of `seed`, whichever thread it is.
void manual_seed(std::uint64_t seed) noexcept;

/// Uniform on [0, 1). Errors: `DTypeError` unless floating-point.
Tensor rand(const Shape& shape, DType dtype = get_default_dtype(),
            Generator& generator = default_generator());
/// Normal, mean 0 and standard deviation 1. Errors: `DTypeError` unless floating-point.
Tensor randn(const Shape& shape, DType dtype = get_default_dtype(),
             Generator& generator = default_generator());
/// Sizes without braces, as in `rand(2, 3)`, do not compile.
/// @{
template <std::integral A, std::integral B, class... More>
Tensor rand(A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::integral A, std::integral B, class... More>
Tensor randn(A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
/// @}
/// Integers in [low, high), `int64` by default; the same ones in a floating-point type.
/// Errors: `ValueError` for an empty range, and for numbers that `dtype` has gaps between;
/// `DTypeError` for `bool`.
Tensor randint(Integer low, Integer high, const Shape& shape, DType dtype = int64,
               Generator& generator = default_generator());
/// A permutation of 0 ... n-1, `int64`.
Tensor randperm(Integer n, Generator& generator = default_generator());
/// What `rand`, `randn` and `randint` give, with the shape of `like`, its element type unless
/// `dtype` asks for another, and no history.
/// @{
Tensor rand_like(const Tensor& like, Generator& generator = default_generator());
Tensor rand_like(const Tensor& like, DType dtype, Generator& generator = default_generator());
Tensor randn_like(const Tensor& like, Generator& generator = default_generator());
Tensor randn_like(const Tensor& like, DType dtype, Generator& generator = default_generator());
Tensor randint_like(const Tensor& like, Integer low, Integer high,
                    Generator& generator = default_generator());
Tensor randint_like(const Tensor& like, Integer low, Integer high, DType dtype,
                    Generator& generator = default_generator());
/// @}
/// 1 with probability `p`, else 0; the same ones in each element type.
/// Errors: `ValueError` unless 0 <= p <= 1; `DTypeError` for `int64`.
Tensor bernoulli(double p, const Shape& shape, DType dtype = get_default_dtype(),
                 Generator& generator = default_generator());

/// Fills with numbers uniform on [low, high), in place, and raises the version.
/// Errors: `ValueError` unless low <= high, both finite; `DTypeError` unless floating-point;
/// `GradError` for a tensor that requires gradients outside `NoGrad`.
Tensor& uniform_(Tensor& tensor, double low = 0, double high = 1,
                 Generator& generator = default_generator());
/// Fills with normal numbers, in place, and raises the version. Errors: `ValueError` for a negative
/// `std`, and unless both are finite; `DTypeError` and `GradError` as for `uniform_`.
Tensor& normal_(Tensor& tensor, double mean = 0, double std = 1,
                Generator& generator = default_generator());

/// @}

}  // namespace tapegrad
