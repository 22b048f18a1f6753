#include "autograd/tensor/impl.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <new>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/base/gdb.h"
#include "autograd/memory/block_cache.h"
#include "autograd/tensor/require.h"

namespace tapegrad::detail {

namespace {

/// Where the elements begin in a block: one stands behind the header, in 64 bytes with it; more
/// begin at byte 64, which in blocks of more than 256 bytes is a cache line of their own.
constexpr std::size_t kHeader = sizeof(Impl), kLine = 64;
static_assert(kHeader % 8 == 0 && kHeader + 8 <= kLine);

/// The classes of a header alone, and of one with an element behind it; a shape that does not know
/// its class has 0, which is smaller.
constexpr auto kAlone = static_cast<std::uint8_t>(SizeClasses::of_small(kHeader));
constexpr auto kWithOne = static_cast<std::uint8_t>(SizeClasses::of_small(kLine));
static_assert(kAlone > 0);

/// What `make_value` and `make_header` seldom do: the same where no block is at hand. The class of
/// a small block is left in `known`.
[[gnu::noinline]] Impl* make_other_impl(SharedShape& shape, DType dtype, std::size_t data_bytes,
                                        std::atomic<std::uint8_t>* known, const char* name) {
  const std::size_t at = data_bytes <= kLine - kHeader ? kHeader : kLine;
  std::uint8_t size_class;
  void* block;
  try {
    block = acquire_block(at + data_bytes, size_class, BlockKind::tensor);
  } catch (const std::bad_alloc&) {
    throw_unallocated<OutOfMemoryError>(shape.sizes, dtype, name);
  }
  if (known && size_class < SizeClasses::kSmallClasses)
    known->store(size_class, std::memory_order_relaxed);
  return new (block) Impl(shape, dtype, static_cast<std::byte*>(block) + at, size_class);
}

/// A header with room for the elements behind it. Not inlined, as what looks a shape up would have
/// to save registers for it.
[[gnu::noinline]] Impl* make_value(SharedShape& shape, DType dtype, const char* name) {
  std::atomic<std::uint8_t>& known = shape.size_class[static_cast<int>(dtype)];
  const std::uint8_t size_class = known.load(std::memory_order_relaxed);
  void* block = size_class == 0 ? nullptr : kept_block(size_class, BlockKind::tensor);
  if (!block) [[unlikely]]
    return make_other_impl(shape, dtype, static_cast<std::size_t>(shape.numel) * size_of(dtype),
                           &known, name);
  const std::size_t at = size_class <= kWithOne ? kHeader : kLine;
  return new (block) Impl(shape, dtype, static_cast<std::byte*>(block) + at, size_class);
}

/// A header alone.
[[gnu::always_inline]] inline Impl* make_header(SharedShape& shape, DType dtype) {
  void* block = kept_block(kAlone, BlockKind::tensor);
  if (!block) [[unlikely]]
    return make_other_impl(shape, dtype, 0, nullptr, nullptr);
  return new (block) Impl(shape, dtype, nullptr, kAlone);
}

/// `shape`, which has `numel` elements, to be shared.
ShapeRef shared(const Shape& shape, DType dtype, std::int64_t numel) {
  try {
    return {shape, numel};
  } catch (const std::bad_alloc&) {
    throw_unallocated<OutOfMemoryError>(shape, dtype);
  }
}

/// Element count of a shape that has many elements, or negative sizes, or sizes beside a 0 that
/// multiply to more than there is.
[[gnu::noinline, gnu::cold]] std::int64_t checked_large_numel(const Shape& shape, DType dtype) {
  const auto negative = [](std::int64_t size) { return size < 0; };
  if (std::none_of(shape.begin(), shape.end(), negative)) {
    std::int64_t numel = 1;
    bool overflow = false;
    for (std::int64_t size : shape) {
      if (size == 0) return 0;
      overflow |= __builtin_mul_overflow(numel, size, &numel);
    }
    if (!overflow && numel <= kMostBytes / static_cast<std::int64_t>(size_of(dtype))) return numel;
  }
  throw_unallocated<ShapeError>(shape, dtype);
}

/// See `checked_numel`.
[[gnu::always_inline]] inline std::int64_t numel_of(const Shape& shape, DType dtype) {
  // The limit leaves room for every later size computation in 64 bits.
  std::int64_t numel = 1, signs = 0;
  for (std::int64_t size : shape) {
    signs |= size;
    if (__builtin_mul_overflow(numel, size, &numel)) return checked_large_numel(shape, dtype);
  }
  if (signs < 0 || numel > kMostBytes / std::int64_t{8}) return checked_large_numel(shape, dtype);
  return numel;
}

}  // namespace

std::int64_t checked_numel(const Shape& shape, DType dtype) { return numel_of(shape, dtype); }

void retype_number(Impl* number, DType dtype, Change change) {
  if (number->dtype == dtype) return;
  if (number->shown_elsewhere())
    fail<GradError>(
        "{}: this number would become {}, but a view (reshape, detach) shows its data as {}; "
        "start from tensor(...), or write a = a + b",
        change.name(), dtype, number->dtype);
  number->dtype = dtype;
}

namespace {

/// Of a shape that this thread has not asked for lately.
[[gnu::noinline]] Impl* new_impl_of_other(const Shape& shape, DType dtype) {
  const ShapeRef kept = shared(shape, dtype, numel_of(shape, dtype));
  return make_value(kept.shared(), dtype, nullptr);
}

}  // namespace

Impl* new_impl(const Shape& shape, DType dtype) {
  // A kept shape has been found to make sense, for any type.
  SharedShape* known = ShapeRef::recent(shape);
  return known ? make_value(*known, dtype, nullptr) : new_impl_of_other(shape, dtype);
}

Impl* new_impl(const ShapeRef& shape, DType dtype, const char* name) {
  return make_value(shape.shared(), dtype, name);
}

void set_shape(Impl* value, const Shape& shape) {
  value->shape_ref = shared(shape, value->dtype, value->numel());
}

namespace {

[[gnu::noinline]] Impl* make_view(Impl* source, SharedShape& shape, std::int64_t offset) {
  Impl* impl = make_header(shape, source->dtype);
  Raw::set(*impl, static_cast<std::byte*>(Raw::of(*source)) +
                      static_cast<std::size_t>(offset) * size_of(source->dtype));
  impl->base = source->owner();
  hold(impl->base);
  if (!impl->base->has(Impl::kViewed)) impl->base->set(Impl::kViewed, true);
  announce(Event::viewed, *impl);
  return impl;
}

[[gnu::noinline]] Impl* new_view_of_other(Impl* source, const Shape& shape, std::int64_t offset) {
  const ShapeRef kept = shared(shape, source->dtype, shape.numel());
  return make_view(source, kept.shared(), offset);
}

}  // namespace

Impl* new_view(Impl* source, const Shape& shape, std::int64_t offset) {
  SharedShape* known = ShapeRef::recent(shape);
  return known ? make_view(source, *known, offset) : new_view_of_other(source, shape, offset);
}
Impl* new_view(Impl* source) { return make_view(source, source->shape_ref.shared(), 0); }

namespace {

/// Gives the memory of a header back.
[[gnu::always_inline]] inline void free_header(Impl* impl) noexcept {
  const std::uint8_t size_class = impl->size_class;
  impl->~Impl();
  release_block(impl, size_class, BlockKind::tensor);
}

/// A value in memory that the library did not ask for.
struct HostValue : Impl {
  HostValue(SharedShape& sizes, DType type, void* elements, std::uint8_t block_class,
            std::function<void(void*)>&& last_call) noexcept
      : Impl(sizes, type, elements, block_class), deleter(std::move(last_call)) {}

  std::function<void(void*)> deleter;
};

[[gnu::noinline]] void free_in_host_memory(Impl* impl) noexcept {
  void* elements = Raw::of(*impl);
  const std::uintptr_t at = impl->address() - reinterpret_cast<std::uintptr_t>(impl);
  if (at == kHeader || at == kLine) return free_header(impl);  // handed out, and the library's own
  const std::function<void(void*)> deleter = std::move(static_cast<HostValue*>(impl)->deleter);
  static_cast<HostValue*>(impl)->deleter.~function();
  free_header(impl);
  if (deleter) deleter(elements);
}

[[gnu::noinline]] void free_view(Impl* impl) noexcept {
  Impl* base = impl->base;
  if (base == impl) return free_in_host_memory(impl);
  free_header(impl);
  unhold(base);
}

[[gnu::always_inline]] inline void free_impl(Impl* impl) noexcept {
  if (impl->base) return free_view(impl);
  free_header(impl);
}

[[gnu::noinline, gnu::cold]] void free_watched_impl(Impl* impl) noexcept {
  announce_event(Event::freed, *impl);
  free_impl(impl);
}

/// What is in `place`, which is empty from then on; on one thread only.
template <class Place>
auto take_from(Place& place) noexcept {
  auto* taken = place.load(std::memory_order_relaxed);
  if (!taken) return taken;
  if (!single_threaded()) return place.exchange(nullptr, std::memory_order_acq_rel);
  place.store(nullptr, std::memory_order_relaxed);
  return taken;
}

/// Drops maker and gradient, where they are, and then the hold. A rule that reads a saved value
/// gives it a handle for a while: so the last handle may go on two threads at once.
[[gnu::noinline]] void drop_history(Impl* impl) noexcept {
  if (Maker* maker = take_from(impl->maker)) maker->release();
  std::atomic_ref grad(impl->grad);
  if (Impl* gradient = take_from(grad)) release(gradient);
  unhold(impl);
}

}  // namespace

Impl* new_host_value(const Shape& shape, DType dtype, void* elements,
                     std::function<void(void*)> deleter) {
  const ShapeRef kept = shared(shape, dtype, numel_of(shape, dtype));
  std::uint8_t size_class;
  void* block;
  try {
    block = acquire_block(sizeof(HostValue), size_class, BlockKind::tensor);
  } catch (const std::bad_alloc&) {
    throw_unallocated<OutOfMemoryError>(shape, dtype);
  }
  auto* value =
      new (block) HostValue(kept.shared(), dtype, elements, size_class, std::move(deleter));
  value->base = value;
  return value;
}

void last_hold_gone(Impl* impl) noexcept {
  if (watched()) [[unlikely]]
    return free_watched_impl(impl);
  free_impl(impl);
}

void last_handle_gone(Impl* impl) noexcept {
  if (impl->maker.load(std::memory_order_relaxed) ||
      std::atomic_ref(impl->grad).load(std::memory_order_relaxed))
    return drop_history(impl);
  unhold(impl);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // classes with private members
// `data` is what lies before `base`, and a shape has its sizes before its rank.
TAPEGRAD_TELL_GDB(tensor,
                  "tapegrad_tensor = dict(pointer=%c0, little=%c1, most_dims=%c2, sizes=%c3, "
                  "dtype=%c4, flags=%c5, shape=%c6, data=%c7, maker=%c8, grad=%c9, "
                  "requires_grad=%c10, detach=%c11, no_grad=%c12, walk=%c13, choice=%c14, "
                  "rounding=%c15)",
                  "i"(sizeof(void*)), "i"(std::endian::native == std::endian::little),
                  "i"(kMaxRank), "i"(offsetof(SharedShape, sizes)), "i"(offsetof(Impl, dtype)),
                  "i"(offsetof(Impl, flags)), "i"(offsetof(Impl, shape_ref)),
                  "i"(offsetof(Impl, base) - sizeof(void*)), "i"(offsetof(Impl, maker)),
                  "i"(offsetof(Impl, grad)), "i"(int{Impl::kRequiresGrad}),
                  "i"(int{Impl::kCutByDetach}), "i"(int{Impl::kCutByNoGrad}),
                  "i"(int{Impl::kCutByWalk}), "i"(int{Impl::kCutByChoice}),
                  "i"(int{Impl::kCutByRounding}))
#pragma GCC diagnostic pop

}  // namespace tapegrad::detail

#if defined(__ELF__)
#include <tapegrad_gdb_script.h>
#endif
