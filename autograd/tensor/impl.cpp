#include "autograd/tensor/impl.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/memory/block_cache.h"
#include "autograd/tensor/require.h"

namespace tapegrad::detail {

namespace {

constexpr std::size_t kHeader = sizeof(Impl);
static_assert(kHeader % 64 == 0, "the data behind the header must stay aligned");

/// A header in `block`, with elements behind it.
[[gnu::always_inline]] inline Impl* header_in(void* block, std::uint8_t size_class,
                                              const Shape& shape, DType dtype, std::int64_t numel) {
  return new (block)
      Impl(shape, dtype, numel, static_cast<std::byte*>(block) + kHeader, size_class);
}

/// What `make_impl` seldom does: in a large block, or one from the system.
[[gnu::noinline]] Impl* make_other_impl(const Shape& shape, DType dtype, std::int64_t numel,
                                        std::size_t data_bytes, const char* name) {
  std::uint8_t size_class;
  void* block;
  try {
    block = acquire_other_block(kHeader + data_bytes, size_class, BlockKind::tensor);
  } catch (const std::bad_alloc&) {
    throw_unallocated<OutOfMemoryError>(shape, dtype, name);
  }
  return header_in(block, size_class, shape, dtype, numel);
}

/// A header with `data_bytes` bytes behind it.
[[gnu::always_inline]] inline Impl* make_impl(const Shape& shape, DType dtype, std::int64_t numel,
                                              std::size_t data_bytes, const char* name) {
  std::uint8_t size_class;
  if (void* block = acquire_kept_block(kHeader + data_bytes, size_class, BlockKind::tensor))
    return header_in(block, size_class, shape, dtype, numel);
  return make_other_impl(shape, dtype, numel, data_bytes, name);
}

/// The same with room for the elements.
[[gnu::always_inline]] inline Impl* make_value(const Shape& shape, DType dtype, std::int64_t numel,
                                               const char* name) {
  return make_impl(shape, dtype, numel, static_cast<std::size_t>(numel) * size_of(dtype), name);
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

Impl* new_impl(const Shape& shape, DType dtype) {
  return make_value(shape, dtype, numel_of(shape, dtype), nullptr);
}

Impl* new_impl(const Shape& shape, DType dtype, std::int64_t numel, const char* name) {
  return make_value(shape, dtype, numel, name);
}

Impl* new_view(Impl* source, const Shape& shape, std::int64_t offset) {
  Impl* impl = make_impl(shape, source->dtype, shape.numel(), 0, nullptr);
  Raw::set(*impl, static_cast<std::byte*>(Raw::of(*source)) +
                      static_cast<std::size_t>(offset) * size_of(source->dtype));
  impl->base = source->owner();
  hold(impl->base);
  if (!impl->base->has(Impl::kViewed)) impl->base->set(Impl::kViewed, true);
  announce(Event::viewed, *impl);
  return impl;
}

namespace {

/// Gives the memory of a header back.
[[gnu::always_inline]] inline void free_header(Impl* impl) noexcept {
  const std::uint8_t size_class = impl->size_class;
  impl->~Impl();
  release_block(impl, size_class, BlockKind::tensor);
}

[[gnu::noinline]] void free_view(Impl* impl) noexcept {
  Impl* base = impl->base;
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

/// Drops `maker` and the gradient, which may be nullptr, and then the hold.
[[gnu::noinline]] void drop_history(Impl* impl, Maker* maker) noexcept {
  impl->maker.store(nullptr, std::memory_order_relaxed);
  if (maker) maker->release();
  if (impl->grad) release(std::exchange(impl->grad, nullptr));
  unhold(impl);
}

}  // namespace

void last_hold_gone(Impl* impl) noexcept {
  if (watched()) [[unlikely]]
    return free_watched_impl(impl);
  free_impl(impl);
}

void last_handle_gone(Impl* impl) noexcept {
  Maker* maker = impl->maker.load(std::memory_order_relaxed);
  if (maker || impl->grad) return drop_history(impl, maker);
  unhold(impl);
}

}  // namespace tapegrad::detail
