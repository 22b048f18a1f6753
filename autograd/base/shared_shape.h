#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "autograd/base/count.h"
#include "autograd/base/shape.h"

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
  Shape sizes;
};

/// Shapes, not counted, that a thread asked for lately.
inline constexpr std::size_t kRecentShapes = 64;
extern thread_local constinit SharedShape* recent_shapes[kRecentShapes];

/// Where the shape of these sizes would stand there: by the first and the last of them.
[[gnu::always_inline]] inline std::size_t recent_place(const Shape& sizes) noexcept {
  const auto rank = static_cast<std::size_t>(sizes.rank());
  if (rank == 0) return 0;
  const std::int64_t* first = sizes.begin();
  return (static_cast<std::size_t>(first[0]) * 5 + static_cast<std::size_t>(first[rank - 1]) * 9 +
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
    if (!known) return nullptr;
    return &known->sizes == &sizes || known->sizes == sizes ? known : nullptr;
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
