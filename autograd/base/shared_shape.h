#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "autograd/base/count.h"
#include "autograd/base/shape.h"
#include "autograd/base/threads/tls_model.h"

// Internal: values and records hold a shape by one pointer. Equal shapes are one object, which
// lives as long as the program; but only the first thousands are, so that a program with ever new
// ones stays flat: those after them are counted. So are shapes of more than 2^44 elements, which
// not every type can have.

namespace tapegrad::detail {

/// A shape and its number of elements.
struct SharedShape {
  std::int64_t numel = 1;
  Count uses{1};
  bool counted = false;  ///< goes with its last use
  /// By element type, in what blocks its values lie, once that is known; see tensor/impl.cpp.
  std::atomic<std::uint8_t> size_class[4]{};
  Shape sizes;
};

/// Shapes, not counted, that this thread asked for lately, by `recent_place`; nullptr where there
/// is none.
inline constexpr std::size_t kRecentShapes = 64;
extern thread_local constinit SharedShape** recent_shapes TAPEGRAD_TLS_MODEL;

/// Where the shape of these sizes would stand there: by the first and the last of them.
[[gnu::always_inline]] inline std::size_t recent_place(const Shape& sizes) noexcept {
  const auto rank = static_cast<std::size_t>(sizes.rank());
  const std::int64_t* first = sizes.begin();  // 0 where there is none
  const std::size_t last = rank == 0 ? 0 : rank - 1;
  return (static_cast<std::size_t>(first[0]) * 5 + static_cast<std::size_t>(first[last]) * 9 +
          rank) %
         kRecentShapes;
}

/// One use of a `SharedShape`.
class ShapeRef {
 public:
  /// Of rank 0.
  ShapeRef() noexcept : shape_(&number) {}
  /// Of `sizes`, whose product is `numel`. Errors: `std::bad_alloc`.
  ShapeRef(const Shape& sizes, std::int64_t numel) {
    SharedShape* known = recent(sizes);
    shape_ = known ? known : find(sizes, numel);
  }
  /// Another use of `shape`.
  explicit ShapeRef(SharedShape& shape) noexcept : shape_(&shape) {
    if (shape_->counted) [[unlikely]]
      shape_->uses.increment();
  }
  /// The one of `sizes`, not counted, if this thread asked for it lately, or nullptr.
  [[gnu::always_inline]] static SharedShape* recent(const Shape& sizes) noexcept {
    SharedShape* known = recent_shapes[recent_place(sizes)];
    return known && known->sizes == sizes ? known : nullptr;
  }
  ShapeRef(const ShapeRef& other) noexcept : ShapeRef(*other.shape_) {}
  ShapeRef& operator=(ShapeRef other) noexcept {
    std::swap(shape_, other.shape_);
    return *this;
  }
  ~ShapeRef() {
    if (shape_->counted) [[unlikely]]
      drop(shape_);
  }

  SharedShape& shared() const noexcept { return *shape_; }
  const Shape& sizes() const noexcept { return shape_->sizes; }
  std::int64_t numel() const noexcept { return shape_->numel; }
  friend bool operator==(const ShapeRef& a, const ShapeRef& b) noexcept {
    return a.shape_ == b.shape_ || a.sizes() == b.sizes();
  }

 private:
  static SharedShape* find(const Shape& sizes, std::int64_t numel);
  static void drop(SharedShape* shape) noexcept;

  static SharedShape number;

  SharedShape* shape_;
};

}  // namespace tapegrad::detail
