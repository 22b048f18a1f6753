#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "autograd/base/count.h"
#include "autograd/base/shared_shape.h"
#include "autograd/tensor/change.h"
#include "autograd/tensor/door/door.h"

// Internal: the block behind a `Tensor` handle. It is in a header so that copying a handle costs
// two instructions; programs use `Tensor`.

namespace tapegrad::detail {

/// What made a value, as far as that knows it: a record on the tape.
struct Maker {
  /// The operator's name.
  virtual const char* name() const noexcept = 0;
  /// Drops one reference.
  virtual void release() noexcept = 0;

 protected:
  ~Maker() = default;
};

/// The value behind a handle: header and data in one block of memory (the data follows the header),
/// or a header alone that shows part of another value's data (`base`). A value whose elements the
/// host program can reach past the library is its own `base`: so it is never alone with its data.
///
/// Two counts. `handles` are the `Tensor`s; when the last one goes, so do the record and the
/// gradient. `holds` keep the memory: one for all handles together, one for every view of the data
/// and one for every record that saved the value. A record that saves its own output holds the
/// memory only, so nothing cycles.
struct Impl {
  enum Flag : std::uint8_t {
    kRequiresGrad = 1,  ///< a leaf that collects a gradient
    kNumber = 2,        ///< a C++ number, of rank 0 and without history; weakest in type promotion
    kViewed = 4,        ///< other headers show, or once showed, this value's data
    // Where its graph ended, of a value that has none, for error messages. Each operator that is
    // not recorded hands them on.
    kCutByDetach = 8,
    kCutByNoGrad = 16,
    kCutByWalk = 32,       ///< a gradient, of a walk without create_graph
    kCutByChoice = 64,     ///< argmax, argmin
    kCutByRounding = 128,  ///< comparisons, conversions to int64 and bool
    kCuts = 8 + 16 + 32 + 64 + 128,
  };

  Impl(SharedShape& sizes, DType type, void* elements, std::uint8_t block_class) noexcept
      : dtype(type), size_class(block_class), shape_ref(sizes), data_(elements) {}

  Count handles{1};
  Count holds{1};
  std::uint32_t version = 0;  ///< raised by every change of the data; counts only in the owner
  DType dtype;
  std::uint8_t size_class;
  std::atomic<std::uint8_t> flags{0};
  Change last_change;  ///< counts only in the owner, like `version`
  ShapeRef shape_ref;

 private:
  friend struct Raw;
  void* data_;

 public:
  Impl* base = nullptr;                ///< the owner of the data, nullptr or itself when this is it
  std::atomic<Maker*> maker{nullptr};  ///< the operator call that made it
  Impl* grad = nullptr;                ///< what backward() left here

  const Shape& shape() const noexcept { return shape_ref.sizes(); }
  std::int64_t numel() const noexcept { return shape_ref.numel(); }
  Impl* owner() noexcept { return base ? base : this; }
  const Impl* owner() const noexcept { return base ? base : this; }
  bool has(Flag flag) const noexcept { return flags.load(std::memory_order_relaxed) & flag; }
  void set(Flag flag, bool on) noexcept {
    if (on) {
      flags.fetch_or(flag, std::memory_order_relaxed);
    } else {
      flags.fetch_and(static_cast<std::uint8_t>(~flag), std::memory_order_relaxed);
    }
  }
  /// Of `other_flags` those that say where a graph ended.
  void add_cuts(unsigned other_flags) noexcept {
    const unsigned before = flags.load(std::memory_order_relaxed);
    const unsigned after = before | (other_flags & kCuts);
    if (after == before) return;
    if (handles.load() == 1 && holds.load() == 1)  // nobody else sees it, so that a store will do
      flags.store(static_cast<std::uint8_t>(after), std::memory_order_relaxed);
    else
      flags.fetch_or(static_cast<std::uint8_t>(after), std::memory_order_relaxed);
  }
  /// Of a leaf, which is where a graph begins.
  void clear_cuts() noexcept {
    flags.fetch_and(static_cast<std::uint8_t>(~kCuts), std::memory_order_relaxed);
  }
  /// To be called when the data has changed.
  void changed(Change change) noexcept {
    ++owner()->version;
    owner()->last_change = change;
    announce(Event::changed, *owner());
  }
  /// Where its elements lie, to be compared.
  std::uintptr_t address() const noexcept { return reinterpret_cast<std::uintptr_t>(data_); }
  /// True when the host program can reach the data past the library; see host_memory.h.
  bool in_host_memory() const noexcept { return base && base->base; }
  /// True when a view of the data is there, or (rarely) when one was and the tape
  /// holds the value.
  bool shown_elsewhere() const noexcept {
    if (base) return base->base || base->handles.load() != 0 || base->holds.load() != 1;
    return has(kViewed) && holds.load() != 1;
  }
  /// True when no other handle, view or record can see the data.
  bool unique() const noexcept {
    if (handles.load() != 1 || holds.load() != 1) return false;
    return !base || (base->handles.load() == 0 && base->holds.load() == 1 && !base->base);
  }
};

/// The one way to the elements of a value; see launch.h.
struct Raw {
  static void* of(const Impl& value) noexcept { return value.data_; }
  static void set(Impl& value, void* elements) noexcept { value.data_ = elements; }
};

/// Element count of `shape`. Errors: `ShapeError` for negative sizes and for what takes more than
/// 2^47 bytes, which no address space can hold.
std::int64_t checked_numel(const Shape& shape, DType dtype);

/// Gives a C++ number the element type `dtype` and nothing for a value, on behalf of `change`.
/// Errors: `GradError` when a view shows the data under the type it had.
void retype_number(Impl* number, DType dtype, Change change);

/// A new value with uninitialised data; the caller owns its one handle. Errors: `ShapeError` as
/// above, `OutOfMemoryError`; both are `Unallocated` (require.h), for the operator to add its name.
Impl* new_impl(const Shape& shape, DType dtype);
/// The same for a shape that another value has, and for the operator `name`, if that is not
/// nullptr.
Impl* new_impl(const ShapeRef& shape, DType dtype, const char* name = nullptr);

/// Gives a value that nobody else has seen another shape of as many elements. Errors:
/// `OutOfMemoryError`.
void set_shape(Impl* value, const Shape& shape);

/// A new header over `source`'s data, starting `offset` elements in. Errors as above.
Impl* new_view(Impl* source, const Shape& shape, std::int64_t offset);
/// One over all of it, of the same shape.
Impl* new_view(Impl* source);

/// A new value with elements that lie at `elements` and are the host program's; `deleter`, if there
/// is one, is called with them when the last hold goes. Errors: `OutOfMemoryError`, without a call.
Impl* new_host_value(const Shape& shape, DType dtype, void* elements,
                     std::function<void(void*)> deleter);

/// Ends the life of the handles: drops record, gradient and their common hold.
void last_handle_gone(Impl* impl) noexcept;
/// Gives the memory back.
void last_hold_gone(Impl* impl) noexcept;

inline void retain(Impl* impl) noexcept {
  if (impl) impl->handles.increment();
}
/// A handle of a value that may have none left, only holds.
inline void revive(Impl* impl) noexcept {
  if (impl->handles.increment() == 0) impl->holds.increment();
}
inline void release(Impl* impl) noexcept {
  if (impl && impl->handles.decrement()) last_handle_gone(impl);
}
inline void hold(Impl* impl) noexcept { impl->holds.increment(); }
inline void unhold(Impl* impl) noexcept {
  if (impl->holds.decrement()) last_hold_gone(impl);
}

}  // namespace tapegrad::detail
