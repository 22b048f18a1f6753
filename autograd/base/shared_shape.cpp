#include "autograd/base/shared_shape.h"

#include <atomic>
#include <mutex>

namespace tapegrad::detail {

constinit SharedShape ShapeRef::number;

namespace {

/// Of a thread that has not asked yet, which does not write here.
constinit SharedShape* no_shapes[kRecentShapes] = {};
thread_local constinit SharedShape* own_recent_shapes[kRecentShapes] = {};

}  // namespace

thread_local constinit SharedShape** recent_shapes = no_shapes;

namespace {

/// The shapes that are kept, by hash, in the first free of a few places.
constexpr std::size_t kPlaces = 4096, kTries = 8;
constinit std::atomic<SharedShape*> kept_shapes[kPlaces] = {};
constexpr std::int64_t kMostKept = std::int64_t{1} << 44;  // elements
constinit std::mutex adding;                               // held by who adds one

std::uint64_t hash_of(const Shape& sizes) noexcept {
  auto hash = static_cast<std::uint64_t>(sizes.rank());
  for (const std::int64_t size : sizes)
    hash = (hash ^ static_cast<std::uint64_t>(size)) * 0x9E37'79B9'7F4A'7C15;
  return hash >> 40;
}

/// The kept shape of these sizes; the first free place for them in `place`, if there is none.
SharedShape* find_kept(const Shape& sizes, std::uint64_t hash,
                       std::atomic<SharedShape*>*& place) noexcept {
  place = nullptr;
  for (std::size_t i = 0; i < kTries; ++i) {
    std::atomic<SharedShape*>& one = kept_shapes[(hash + i) % kPlaces];
    SharedShape* shape = one.load(std::memory_order_acquire);
    if (!shape) {
      place = &one;
      return nullptr;
    }
    if (shape->sizes == sizes) return shape;
  }
  return nullptr;
}

[[gnu::noinline]] SharedShape* find_slowly(const Shape& sizes, std::int64_t numel) {
  const std::uint64_t hash = hash_of(sizes);
  std::atomic<SharedShape*>* place;
  if (SharedShape* shape = find_kept(sizes, hash, place)) return shape;
  if (!place || numel > kMostKept)
    return new SharedShape{.numel = numel, .counted = true, .sizes = sizes};
  const std::lock_guard lock(adding);
  if (SharedShape* shape = find_kept(sizes, hash, place)) return shape;
  auto* shape = new SharedShape{.numel = numel, .counted = !place, .sizes = sizes};
  if (place) place->store(shape, std::memory_order_release);
  return shape;
}

}  // namespace

SharedShape* ShapeRef::find(const Shape& sizes, std::int64_t numel) {
  SharedShape* shape = sizes.empty() ? &number : find_slowly(sizes, numel);
  if (!shape->counted) {
    recent_shapes = own_recent_shapes;
    recent_shapes[recent_place(sizes)] = shape;
  }
  return shape;
}

void ShapeRef::drop(SharedShape* shape) noexcept {
  if (shape->uses.decrement()) delete shape;
}

}  // namespace tapegrad::detail
