#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

// These headers are compiled once per instruction set and linked into one binary. A weak symbol
// that does not carry the instruction set in its name could be taken from the wrong copy and crash
// an older machine. So every function here is a template on `Arch` or always inlined, and the
// standard library is used for types only.

namespace tapegrad::kernels {

template <class T, class Arch>
struct Vec;

/// The result of comparing two `Vec`s: one truth value per lane.
template <class T, class Arch>
struct Mask {
  using Batch = xsimd::batch_bool<T, Arch>;
  /// Truth values per vector.
  static constexpr std::int64_t size = static_cast<std::int64_t>(Batch::size);

  typename Batch::register_type value;

  Mask() = default;
  [[gnu::always_inline]] Mask(Batch batch) noexcept : value(batch) {}
  [[gnu::always_inline]] Batch batch() const noexcept { return value; }

  /// Reads `size` bools.
  [[gnu::always_inline]] static Mask load(const bool* from) noexcept {
#if defined(__SSE2__)
    return of_bytes(bytes_of(from));
#else
    alignas(Arch::alignment()) T lanes[size];
    for (std::int64_t i = 0; i < size; ++i) lanes[i] = static_cast<T>(from[i]);
    return Vec<T, Arch>::load(lanes) != 0;
#endif
  }
  /// Reads `count` bools and nothing beyond, 0 < count < size; the other lanes repeat the first.
  [[gnu::always_inline]] static Mask load_part(const bool* from, std::int64_t count) noexcept {
#if defined(__SSE2__)
    return of_bytes(bytes_of_part(from, count));
#else
    bool lanes[size];
    for (std::int64_t i = 0; i < size; ++i) lanes[i] = from[i < count ? i : 0];
    return load(lanes);
#endif
  }
  /// The same truth value in every lane.
  [[gnu::always_inline]] static Mask broadcast(bool truth) noexcept {
    return Vec<T, Arch>(static_cast<T>(truth)) != 0;
  }
  /// True in the first `count` lanes.
  [[gnu::always_inline]] static Mask first(std::int64_t count) noexcept {
#if defined(__AVX512F__)
    if constexpr (sizeof(xsimd::batch<T, Arch>) == 64) {
      return Batch(static_cast<decltype(value)>((1u << count) - 1u));
    } else
#endif
    {
      alignas(Arch::alignment()) T lanes[size];
      for (std::int64_t i = 0; i < size; ++i) lanes[i] = static_cast<T>(i);
      return Vec<T, Arch>::load(lanes) < Vec<T, Arch>(static_cast<T>(count));
    }
  }
  /// Writes `size` bools.
  [[gnu::always_inline]] void store(bool* to) const noexcept {
#if defined(__AVX512F__)
    if constexpr (size == 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_maskz_set1_epi8(value, 1));
    } else if constexpr (sizeof(xsimd::batch<T, Arch>) == 64) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_maskz_set1_epi8(value, 1));
    } else
#endif
    {
      alignas(Arch::alignment()) T lanes[size];
      where(*this, Vec<T, Arch>(1), Vec<T, Arch>(0)).store(lanes);
      for (std::int64_t i = 0; i < size; ++i) to[i] = lanes[i] != 0;
    }
  }
  /// Writes the first `count` bools and nothing beyond, 0 < count < size.
  [[gnu::always_inline]] void store_part(bool* to, std::int64_t count) const noexcept {
    bool lanes[size];
    store(lanes);
    for (std::int64_t i = 0; i < count; ++i) to[i] = lanes[i];
  }

  [[gnu::always_inline]] friend Mask operator&(Mask a, Mask b) noexcept {
    return a.batch() & b.batch();
  }
  [[gnu::always_inline]] friend Mask operator|(Mask a, Mask b) noexcept {
    return a.batch() | b.batch();
  }
  [[gnu::always_inline]] friend Mask operator!(Mask a) noexcept { return ~a.batch(); }
  /// Lane by lane: `a` where the mask is true, else `b`. The other value is ignored, NaN or not.
  [[gnu::always_inline]] friend Vec<T, Arch> where(Mask mask, Vec<T, Arch> a,
                                                   Vec<T, Arch> b) noexcept {
    return xsimd::select(mask.batch(), a.batch(), b.batch());
  }
  /// True when a lane is true.
  [[gnu::always_inline]] friend bool any(Mask mask) noexcept { return xsimd::any(mask.batch()); }

#if defined(__SSE2__)
 private:
  /// The first `size` bytes are those of the bools.
  [[gnu::always_inline]] static __m128i bytes_of(const bool* from) noexcept {
    if constexpr (size == 16) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    } else {
      std::int64_t bytes = 0;
      __builtin_memcpy(&bytes, from, size);
      return _mm_cvtsi64_si128(bytes);
    }
  }
  /// The same of `load_part`.
  [[gnu::always_inline]] static __m128i bytes_of_part(const bool* from,
                                                      std::int64_t count) noexcept {
#if defined(__AVX512F__)
    if constexpr (size == 16) {
      const auto lanes = static_cast<__mmask16>((1u << count) - 1u);
      return _mm_mask_loadu_epi8(_mm_set1_epi8(static_cast<char>(*from)), lanes, from);
    } else
#endif
    {
      // Pieces that may overlap, without a way through memory.
      std::uint64_t bytes = byte_at(from, 0);
      if (size > 4 && count >= 4) {
        std::uint32_t first, last;
        __builtin_memcpy(&first, from, 4);
        __builtin_memcpy(&last, from + count - 4, 4);
        bytes = first | std::uint64_t{last} << 8 * (count - 4);
      } else {
        bytes |= byte_at(from, count / 2) | byte_at(from, count - 1);
      }
      bytes |= (*from ? 0x0101010101010101u : 0u) << 8 * count;
      return _mm_cvtsi64_si128(static_cast<std::int64_t>(bytes));
    }
  }
  [[gnu::always_inline]] static std::uint64_t byte_at(const bool* from, std::int64_t i) noexcept {
    return std::uint64_t{from[i]} << 8 * i;
  }
  [[gnu::always_inline]] static Mask of_bytes(__m128i bytes) noexcept {
    constexpr std::size_t vector_bytes = sizeof(xsimd::batch<T, Arch>);
#if defined(__AVX512F__)
    if constexpr (vector_bytes == 64)
      return Batch(static_cast<decltype(value)>(_mm_test_epi8_mask(bytes, bytes)));
#endif
#if defined(__AVX2__)
    if constexpr (vector_bytes == 32 && sizeof(T) == 4) {
      const __m256i lanes = _mm256_cvtepi8_epi32(bytes);
      return Batch(_mm256_castsi256_ps(_mm256_cmpgt_epi32(lanes, _mm256_setzero_si256())));
    } else if constexpr (vector_bytes == 32) {
      const __m256i lanes = _mm256_cvtepi8_epi64(bytes);
      return Batch(_mm256_castsi256_pd(_mm256_cmpgt_epi64(lanes, _mm256_setzero_si256())));
    }
#endif
    if constexpr (vector_bytes == 16) {
      // Each byte twice, four times: 0 or more.
      const __m128i twice = _mm_unpacklo_epi8(bytes, bytes);
      const __m128i lanes = _mm_unpacklo_epi16(twice, twice);
      const __m128i held = _mm_cmpgt_epi32(lanes, _mm_setzero_si128());
      if constexpr (sizeof(T) == 4)
        return Batch(_mm_castsi128_ps(held));
      else
        return Batch(_mm_castsi128_pd(_mm_unpacklo_epi32(held, held)));
    }
  }
#endif
};

/// As many numbers as one register of the instruction set `Arch` holds; `T` is `float` or `double`.
///
/// Numbers convert to it, and functions are found by their argument, so that a formula such as
/// `g * (1 - y * y)` or `where(x > 0, g, slope * g)` has one text for vectors and for tensors.
template <class T, class Arch>
struct Vec {
  using Batch = xsimd::batch<T, Arch>;
  /// Numbers per vector.
  static constexpr std::int64_t size = static_cast<std::int64_t>(Batch::size);

  // Not a Batch: gcc 12 copies a struct that holds one through memory, in pieces.
  typename Batch::register_type value;

  Vec() = default;
  [[gnu::always_inline]] Vec(Batch batch) noexcept : value(batch) {}
  [[gnu::always_inline]] Batch batch() const noexcept { return value; }
  /// The same number in every lane.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  [[gnu::always_inline]] Vec(Number number) noexcept : value(Batch(static_cast<T>(number))) {}

  [[gnu::always_inline]] static Vec broadcast(T number) noexcept { return number; }

  /// Reads `size` numbers from any address.
  [[gnu::always_inline]] static Vec load(const T* from) noexcept {
    return Batch::load_unaligned(from);
  }
  /// Writes `size` numbers to any address.
  [[gnu::always_inline]] void store(T* to) const noexcept { batch().store_unaligned(to); }

  /// Reads `count` numbers and nothing beyond, 0 < count < size. The other lanes repeat the first
  /// number, so that they cannot raise a floating-point exception of their own.
  [[gnu::always_inline]] static Vec load_part(const T* from, std::int64_t count) noexcept {
#if defined(__AVX512F__)
    if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4) {
      const auto lanes = static_cast<__mmask16>((1u << count) - 1u);
      return Batch(_mm512_mask_loadu_ps(_mm512_set1_ps(*from), lanes, from));
    } else if constexpr (sizeof(Batch) == 64) {
      const auto lanes = static_cast<__mmask8>((1u << count) - 1u);
      return Batch(_mm512_mask_loadu_pd(_mm512_set1_pd(*from), lanes, from));
    } else
#elif defined(__AVX2__)
    if constexpr (sizeof(Batch) == 32 && sizeof(T) == 4) {
      const __m256i lanes = first_lanes(count);
      return Batch(_mm256_blendv_ps(_mm256_set1_ps(*from), _mm256_maskload_ps(from, lanes),
                                    _mm256_castsi256_ps(lanes)));
    } else if constexpr (sizeof(Batch) == 32) {
      const __m256i lanes = first_lanes(count);
      return Batch(_mm256_blendv_pd(_mm256_set1_pd(*from), _mm256_maskload_pd(from, lanes),
                                    _mm256_castsi256_pd(lanes)));
    } else
#endif
    {
      alignas(Arch::alignment()) T lanes[size];
      for (std::int64_t i = 0; i < size; ++i) lanes[i] = from[i < count ? i : 0];
      return load(lanes);
    }
  }
  /// Writes the first `count` numbers and nothing beyond, 0 < count < size.
  [[gnu::always_inline]] void store_part(T* to, std::int64_t count) const noexcept {
#if defined(__AVX512F__)
    if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4) {
      _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), value);
    } else if constexpr (sizeof(Batch) == 64) {
      _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1u), value);
    } else
#endif
    {
      alignas(Arch::alignment()) T lanes[size];
      store(lanes);
      copy_part<size / 2>(to, lanes, count);  // AVX2's masked store is slow on AMD
    }
  }

  /// The number in the first lane.
  [[gnu::always_inline]] T first() const noexcept { return value[0]; }
  /// Lane i gets what lane i + by (modulo size) has.
  template <std::int64_t by>
  [[gnu::always_inline]] Vec rotate() const noexcept {
    return rotate_lanes<by>(std::make_integer_sequence<int, static_cast<int>(size)>());
  }

  [[gnu::always_inline]] Vec operator-() const noexcept { return batch() ^ Batch(T(-0.0)); }
  [[gnu::always_inline]] Vec& operator+=(Vec b) noexcept { return *this = *this + b; }
  [[gnu::always_inline]] Vec& operator-=(Vec b) noexcept { return *this = *this - b; }
  [[gnu::always_inline]] Vec& operator*=(Vec b) noexcept { return *this = *this * b; }
  [[gnu::always_inline]] Vec& operator/=(Vec b) noexcept { return *this = *this / b; }

  [[gnu::always_inline]] friend Vec operator+(Vec a, Vec b) noexcept {
    return a.batch() + b.batch();
  }
  [[gnu::always_inline]] friend Vec operator-(Vec a, Vec b) noexcept {
    return a.batch() - b.batch();
  }
  [[gnu::always_inline]] friend Vec operator*(Vec a, Vec b) noexcept {
    return a.batch() * b.batch();
  }
  [[gnu::always_inline]] friend Vec operator/(Vec a, Vec b) noexcept {
    return a.batch() / b.batch();
  }

  using M = Mask<T, Arch>;
  [[gnu::always_inline]] friend M operator==(Vec a, Vec b) noexcept {
    return a.batch() == b.batch();
  }
  // Not xsimd's !=, which is false for NaN.
  [[gnu::always_inline]] friend M operator!=(Vec a, Vec b) noexcept { return !(a == b); }
  [[gnu::always_inline]] friend M operator<(Vec a, Vec b) noexcept { return a.batch() < b.batch(); }
  [[gnu::always_inline]] friend M operator<=(Vec a, Vec b) noexcept {
    return a.batch() <= b.batch();
  }
  [[gnu::always_inline]] friend M operator>(Vec a, Vec b) noexcept { return a.batch() > b.batch(); }
  [[gnu::always_inline]] friend M operator>=(Vec a, Vec b) noexcept {
    return a.batch() >= b.batch();
  }

  /// True for NaN.
  [[gnu::always_inline]] friend M isnan(Vec a) noexcept { return xsimd::isnan(a.batch()); }
  /// |a| with the sign of b.
  [[gnu::always_inline]] friend Vec copysign(Vec a, Vec b) noexcept {
    return xsimd::abs(a.batch()) | (b.batch() & Batch(T(-0.0)));
  }
  /// a * b + c; rounded once where the machine can do so.
  [[gnu::always_inline]] friend Vec fma(Vec a, Vec b, Vec c) noexcept {
#if defined(__AVX512F__)
    // xsimd 8 multiplies and adds there, and where `c` is a product, too, the compiler may fuse that.
    if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4)
      return Batch(_mm512_fmadd_ps(a.value, b.value, c.value));
    if constexpr (sizeof(Batch) == 64 && std::is_same_v<T, double>)
      return Batch(_mm512_fmadd_pd(a.value, b.value, c.value));
#endif
    return xsimd::fma(a.batch(), b.batch(), c.batch());
  }
  /// The larger of two numbers; NaN when one of them is (as `torch.maximum`, unlike `fmax`).
  [[gnu::always_inline]] friend Vec maximum(Vec a, Vec b) noexcept {
    return where(isnan(a), a, Vec(xsimd::max(a.batch(), b.batch())));
  }
  /// The smaller of two numbers; NaN when one of them is.
  [[gnu::always_inline]] friend Vec minimum(Vec a, Vec b) noexcept {
    return where(isnan(a), a, Vec(xsimd::min(a.batch(), b.batch())));
  }

 private:
  template <std::int64_t by, int... i>
  [[gnu::always_inline]] Vec rotate_lanes(std::integer_sequence<int, i...>) const noexcept {
    return Batch(__builtin_shufflevector(value, value, static_cast<int>((i + by) % size)...));
  }
  template <std::int64_t width>
  [[gnu::always_inline]] static void copy_part(T* to, const T* from, std::int64_t count) noexcept {
    if ((count & width) != 0) {
      __builtin_memcpy(to, from, width * sizeof(T));
      to += width;
      from += width;
    }
    if constexpr (width > 1) copy_part<width / 2>(to, from, count);
  }
#if defined(__AVX2__)
  [[gnu::always_inline]] static __m256i first_lanes(std::int64_t count) noexcept {
    if constexpr (sizeof(T) == 4) {
      return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                                _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    } else {
      return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
    }
  }
#endif
};

}  // namespace tapegrad::kernels
