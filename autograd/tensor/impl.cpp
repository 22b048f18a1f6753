#include "autograd/tensor/impl.h"

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

/// A header with `data_bytes` bytes behind it.
[[gnu::always_inline]] inline Impl* make_impl(const Shape& shape, DType dtype, std::int64_t numel,
                                              std::size_t data_bytes, const char* name) {
  std::uint8_t size_class;
  void* block;
  try {
    block = acquire_block(kHeader + data_bytes, size_class, BlockKind::tensor);
  } catch (const std::bad_alloc&) {
    throw_unallocated<OutOfMemoryError>(shape, dtype, name);
  }
  return new (block)
      Impl(shape, dtype, numel, static_cast<std::byte*>(block) + kHeader, size_class);
}

}  // namespace

std::int64_t checked_numel(const Shape& shape, DType dtype) {
  std::int64_t numel = 1, signs = 0;
  bool overflow = false;
  for (std::int64_t size : shape) {
    signs |= size;
    overflow |= __builtin_mul_overflow(numel, size, &numel);
  }
  if (!overflow && signs >= 0 && numel <= kMostBytes / std::int64_t{8}) return numel;
  // The limit leaves room for every later size computation in 64 bits.
  if (signs >= 0) {
    for (std::int64_t size : shape) {
      if (size == 0) return 0;
    }
    if (!overflow && numel <= kMostBytes / static_cast<std::int64_t>(size_of(dtype))) return numel;
  }
  throw_unallocated<ShapeError>(shape, dtype);
}

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
  return new_impl(shape, dtype, checked_numel(shape, dtype));
}

Impl* new_impl(const Shape& shape, DType dtype, std::int64_t numel, const char* name) {
  return make_impl(shape, dtype, numel, static_cast<std::size_t>(numel) * size_of(dtype), name);
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

void last_hold_gone(Impl* impl) noexcept {
  announce(Event::freed, *impl);
  Impl* base = impl->base;
  const std::uint8_t size_class = impl->size_class;
  impl->~Impl();
  release_block(impl, size_class, BlockKind::tensor);
  if (base) unhold(base);
}

void last_handle_gone(Impl* impl) noexcept {
  if (Maker* maker = impl->maker.load(std::memory_order_relaxed)) {
    impl->maker.store(nullptr, std::memory_order_relaxed);
    maker->release();
  }
  if (impl->grad) release(std::exchange(impl->grad, nullptr));
  unhold(impl);
}

}  // namespace tapegrad::detail
