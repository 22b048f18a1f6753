#include "autograd/kernels/random/random.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/random/logarithm.h"

// The bits must be the same everywhere, so this file calls no function of the math library except
// the square root, which IEEE 754 defines exactly, and is no `*.kernels.cpp`, where a fused
// multiply-add would round differently. -fno-math-errno lets the compiler use vectors for the
// square root. The loops are plain, without branches or calls, and short ones are unrolled, so that
// it uses them for all the rest as well.

namespace tapegrad::kernels {
namespace {

static_assert(FLT_EVAL_METHOD == 0, "intermediate results must be rounded to their type");

using u32 = std::uint32_t;
using u64 = std::uint64_t;

/// Ten rounds of Philox4x32; constants from Salmon et al. 2011, section 3.3.
inline void philox_rounds(u32& c0, u32& c1, u32& c2, u32& c3, u32 k0, u32 k1) {
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const u64 p0 = u64{0xD2511F53u} * c0;
    const u64 p1 = u64{0xCD9E8D57u} * c2;
    c0 = static_cast<u32>(p1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<u32>(p1);
    c3 = static_cast<u32>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

inline u32 high(u64 x) { return static_cast<u32>(x >> 32); }
inline u32 low(u64 x) { return static_cast<u32>(x); }

/// Up to `kLanes` blocks that follow each other; word w of block j is `word[w][j]`.
constexpr std::int64_t kLanes = 64;
struct Blocks {
  alignas(64) u32 word[4][kLanes];

  [[gnu::noinline]] void generate(RandomPosition at, std::int64_t count) {
    for (std::int64_t j = 0; j < count; ++j) {
      const u64 counter = at.offset + static_cast<u64>(j);
      u32 c0 = low(counter), c1 = high(counter), c2 = low(at.stream), c3 = high(at.stream);
      philox_rounds(c0, c1, c2, c3, low(at.seed), high(at.seed));
      word[0][j] = c0;
      word[1][j] = c1;
      word[2][j] = c2;
      word[3][j] = c3;
    }
  }
  /// Words w and w + 1 of block j as one number.
  u64 wide(int w, std::int64_t j) const { return u64{word[w][j]} << 32 | word[w + 1][j]; }
};

/// Fills `out` in tiles; `convert(blocks, count, to)` makes `kPerBlock` elements of each of `count`
/// blocks.
template <int kPerBlock, class T, class Convert>
u64 fill(T* out, std::int64_t n, RandomPosition at, Convert convert) {
  constexpr std::int64_t kPart = kLanes * kPerBlock;
  constexpr std::int64_t kTileSize = tile_size(64) * kPart;
  parallel_for(
      (n + kTileSize - 1) / kTileSize,
      [=](std::int64_t tile) {
        const std::int64_t end = std::min(n, (tile + 1) * kTileSize);
        for (std::int64_t i = tile * kTileSize; i < end; i += kPart) {
          const std::int64_t elements = std::min(kPart, end - i);
          const std::int64_t count = (elements + kPerBlock - 1) / kPerBlock;
          Blocks blocks;
          blocks.generate({at.seed, at.offset + static_cast<u64>(i / kPerBlock), at.stream}, count);
          T part[static_cast<std::size_t>(kPart)];
          const bool whole = elements == kPart;
          convert(blocks, count, whole ? out + i : part);
          if (!whole) std::copy(part, part + elements, out + i);
        }
      },
      4 * n);  // a number costs several of other operators'
  return static_cast<u64>((n + kPerBlock - 1) / kPerBlock);
}

/// low + u (high - low) for u in [0, 1), kept below `high` where rounding would reach it.
template <class T>
struct Range {
  T low, width, last;
  Range(double from, double to)
      : low(static_cast<T>(from)),
        width(static_cast<T>(to) - low),
        last(std::nextafter(static_cast<T>(to), low)) {}
  T operator()(T u) const { return std::min(low + u * width, last); }
};

/// sin(x) for |x| <= pi/4, error below 1 ulp: fdlibm's k_sin.c.
[[gnu::always_inline]] inline double sin_small(double x) {
  const double z = x * x;
  double r = 1.58969099521155010221e-10;
  r = -2.50507602534068634195e-08 + z * r;
  r = 2.75573137070700676789e-06 + z * r;
  r = -1.98412698298579493134e-04 + z * r;
  r = 8.33333333332248946124e-03 + z * r;
  r = -1.66666666666666324348e-01 + z * r;
  return x + (z * x) * r;
}

/// cos(x) for |x| <= pi/4, error below 1 ulp: fdlibm's k_cos.c.
[[gnu::always_inline]] inline double cos_small(double x) {
  const double z = x * x;
  double r = -1.13596475577881948265e-11;
  r = 2.08757232129817482790e-09 + z * r;
  r = -2.75573143513906633035e-07 + z * r;
  r = 2.48015872894767294178e-05 + z * r;
  r = -1.38888888888741095749e-03 + z * r;
  r = 4.16666666666666019037e-02 + z * r;
  const double half = 0.5 * z;
  const double w = 1 - half;
  return w + (((1 - w) - half) + z * (z * r));
}

struct Pair {
  double first, second;
};

/// Two independent standard normal numbers from 2 x 64 random bits: a radius and a direction. Two
/// bits of `direction` choose one of four quarters of the circle, the others the angle from its
/// middle.
[[gnu::always_inline]] inline Pair normal_pair(u64 radius, u64 direction) {
  const double r = std::sqrt(-2 * log_of_normal(centered(radius) + 0.5));
  const double angle = centered(direction << 2) * 1.57079632679489661923;
  const u64 sine = std::bit_cast<u64>(sin_small(angle));
  const u64 cosine = std::bit_cast<u64>(cos_small(angle)) ^ (direction << 1 & u64{1} << 63);
  const u64 exchange = (sine ^ cosine) & (0 - (direction >> 63));
  return {r * std::bit_cast<double>(sine ^ exchange), r * std::bit_cast<double>(cosine ^ exchange)};
}

template <class T>
u64 exponential(T* out, std::int64_t n, double rate, RandomPosition at) {
  return fill<2>(out, n, at, [rate](const Blocks& blocks, std::int64_t count, T* to) {
    for (std::int64_t j = 0; j < count; ++j)
#pragma GCC unroll 2
      for (int w = 0; w < 2; ++w)
        to[2 * j + w] =
            static_cast<T>(-log_of_normal(centered(blocks.wide(2 * w, j)) + 0.5) / rate);
  });
}

template <class T>
u64 bernoulli(T* out, std::int64_t n, double p, RandomPosition at) {
  const u64 limit = p >= 1 ? u64{1} << 32 : p > 0 ? static_cast<u64>(p * 0x1p32 + 0.5) : 0;
  if (limit == 0) {
    std::fill(out, out + n, T{0});
    return static_cast<u64>((n + 3) / 4);
  }
  const u32 last = static_cast<u32>(limit - 1);
  return fill<4>(out, n, at, [last](const Blocks& blocks, std::int64_t count, T* to) {
    for (std::int64_t j = 0; j < count; ++j)
#pragma GCC unroll 4
      for (int w = 0; w < 4; ++w) to[4 * j + w] = static_cast<T>(blocks.word[w][j] <= last);
  });
}

/// floor(x range / 2^128) for the 128-bit number x that is block j.
inline u64 below(u64 range, const Blocks& blocks, std::int64_t j) {
  __extension__ using u128 = unsigned __int128;
  const u128 lower = u128{blocks.wide(2, j)} * range;
  const u128 upper = u128{blocks.wide(0, j)} * range + (lower >> 64);
  return static_cast<u64>(upper >> 64);
}

}  // namespace

RandomBlock philox(RandomPosition position) noexcept {
  RandomBlock c{low(position.offset), high(position.offset), low(position.stream),
                high(position.stream)};
  philox_rounds(c[0], c[1], c[2], c[3], low(position.seed), high(position.seed));
  return c;
}

u64 fill_uniform(float* out, std::int64_t n, double low, double high, RandomPosition at) {
  const Range<float> range(low, high);
  return fill<4>(out, n, at, [range](const Blocks& blocks, std::int64_t count, float* to) {
    for (std::int64_t j = 0; j < count; ++j)
#pragma GCC unroll 4
      for (int w = 0; w < 4; ++w)
        to[4 * j + w] =
            range(static_cast<float>(static_cast<std::int32_t>(blocks.word[w][j] >> 8)) * 0x1p-24f);
  });
}

u64 fill_uniform(double* out, std::int64_t n, double low, double high, RandomPosition at) {
  const Range<double> range(low, high);
  return fill<2>(out, n, at, [range](const Blocks& blocks, std::int64_t count, double* to) {
    for (std::int64_t j = 0; j < count; ++j) {
#pragma GCC unroll 4
      for (int w = 0; w < 2; ++w) {
        const auto upper = static_cast<std::int32_t>(blocks.word[2 * w][j] >> 5);
        const auto lower = static_cast<std::int32_t>(blocks.word[2 * w + 1][j] >> 6);
        to[2 * j + w] = range((upper * 0x1p26 + lower) * 0x1p-53);
      }
    }
  });
}

u64 fill_normal(float* out, std::int64_t n, double mean, double stddev, RandomPosition at) {
  return fill<4>(out, n, at, [=](const Blocks& blocks, std::int64_t count, float* to) {
    for (std::int64_t j = 0; j < count; ++j) {
#pragma GCC unroll 4
      for (int w = 0; w < 4; w += 2) {
        // The bit behind the word puts the number into the middle of the interval that the word
        // stands for.
        const Pair pair = normal_pair(u64{blocks.word[w][j]} << 32 | u64{1} << 31,
                                      u64{blocks.word[w + 1][j]} << 32 | u64{1} << 31);
        to[4 * j + w] = static_cast<float>(mean + stddev * pair.first);
        to[4 * j + w + 1] = static_cast<float>(mean + stddev * pair.second);
      }
    }
  });
}

u64 fill_normal(double* out, std::int64_t n, double mean, double stddev, RandomPosition at) {
  return fill<2>(out, n, at, [=](const Blocks& blocks, std::int64_t count, double* to) {
    for (std::int64_t j = 0; j < count; ++j) {
      const Pair pair = normal_pair(blocks.wide(0, j), blocks.wide(2, j));
      to[2 * j] = mean + stddev * pair.first;
      to[2 * j + 1] = mean + stddev * pair.second;
    }
  });
}

u64 fill_exponential(float* out, std::int64_t n, double rate, RandomPosition at) {
  return exponential(out, n, rate, at);
}
u64 fill_exponential(double* out, std::int64_t n, double rate, RandomPosition at) {
  return exponential(out, n, rate, at);
}

u64 fill_bernoulli(bool* out, std::int64_t n, double p, RandomPosition at) {
  return bernoulli(out, n, p, at);
}
u64 fill_bernoulli(float* out, std::int64_t n, double p, RandomPosition at) {
  return bernoulli(out, n, p, at);
}
u64 fill_bernoulli(double* out, std::int64_t n, double p, RandomPosition at) {
  return bernoulli(out, n, p, at);
}

u64 fill_randint(std::int64_t* out, std::int64_t n, std::int64_t low, std::int64_t high,
                 RandomPosition at) {
  const u64 range = static_cast<u64>(high) - static_cast<u64>(low);
  return fill<1>(out, n, at, [=](const Blocks& blocks, std::int64_t count, std::int64_t* to) {
    for (std::int64_t j = 0; j < count; ++j)
      to[j] = static_cast<std::int64_t>(static_cast<u64>(low) + below(range, blocks, j));
  });
}

u64 fill_randperm(std::int64_t* out, std::int64_t n, RandomPosition at) {
  std::iota(out, out + n, std::int64_t{0});
  Blocks blocks;
  for (std::int64_t done = 0; done < n; done += kLanes) {
    const std::int64_t count = std::min(kLanes, n - done);
    blocks.generate({at.seed, at.offset + static_cast<u64>(done), at.stream}, count);
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t last = n - 1 - done - j;
      std::swap(out[last], out[below(static_cast<u64>(last) + 1, blocks, j)]);
    }
  }
  return static_cast<u64>(n);
}

}  // namespace tapegrad::kernels
