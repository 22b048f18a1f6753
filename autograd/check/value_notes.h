#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "autograd/base/shared_shape.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/value_range.h"

// Internal: what `DetectAnomaly` remembers of values.

namespace tapegrad::detail {

/// Which note; 0 is none.
using NoteId = std::uint64_t;

/// How a value came to be.
enum class Made : std::uint8_t {
  given,               ///< not by what was seen
  seed,                ///< the same, of a gradient with which a walk began
  given_or_operation,  ///< what made it may have been forgotten
  seed_or_rule,        ///< the same, of a gradient
  operation,           ///< by an operator
  rule,                ///< by an operator's rule
  sum,                 ///< it is the gradient of a leaf, over several walks
  update,              ///< by the step of an optimizer
};

/// A value as it was at one time; it may be gone since.
struct Note {
  static constexpr std::size_t kInputs = 4;

  const char* name = nullptr;   ///< of the operator; for `given`, what changed it in place last
  const char* path = nullptr;   ///< of the module, or nullptr
  const Impl* value = nullptr;  ///< never read: it may be gone
  ShapeRef shape;
  ValueRange range;
  Made made = Made::given;
  std::uint8_t input_count = 0;  ///< of those that follow
  NoteId inputs[kInputs] = {};
};

/// The last notes, and the values, and records, that they are about. The room is bounded, grows
/// where it can, and what finds none forgets what is oldest: so nothing fails once it is made.
class Notes {
 public:
  /// Errors: `std::bad_alloc`.
  Notes();

  /// The note of `value` as it is now, or 0.
  NoteId find(const Impl& value) const noexcept { return find(&value, value.owner()->version); }
  /// The note of what `record` made, or 0.
  NoteId find(const Record& record) const noexcept { return find(&record, record.sequence); }
  /// nullptr for 0, and for what is forgotten.
  const Note* at(NoteId id) const noexcept { return known(id) ? &notes_[place(id)] : nullptr; }

  /// True when notes have been forgotten.
  bool forgetful() const noexcept { return last_ > notes_.size(); }

  /// A new note of what `value` is now, the `last`. What else it says, its range first of all, is
  /// for the caller to fill in.
  Note& add(const Impl& value, Made made) noexcept;
  NoteId last() const noexcept { return last_; }
  /// That value is gone.
  void forget(const Impl& value) noexcept;

 private:
  /// A value at a version, or a record with its sequence number.
  struct Entry {
    const void* key = nullptr;
    std::uint64_t stamp = 0;
    NoteId id = 0;
  };
  static constexpr std::size_t kFirst = 16, kMost = 1024;  // notes
  static constexpr std::size_t kSet = 4;                   // entries among which one may stand
  static constexpr std::size_t kPerNote = 4;               // entries

  static int shift_for(const std::vector<Entry>& entries) noexcept;
  Entry* set_of(const void* key) noexcept {
    const std::uint64_t hash = reinterpret_cast<std::uintptr_t>(key) * 0x9E37'79B9'7F4A'7C15;
    return &entries_[kSet * (hash >> shift_)];
  }
  const Entry* set_of(const void* key) const noexcept {
    return const_cast<Notes*>(this)->set_of(key);
  }
  bool known(NoteId id) const noexcept { return id != 0 && last_ - id < notes_.size(); }
  std::size_t place(NoteId id) const noexcept { return (id - 1) & (limit_ - 1); }
  NoteId find(const void* key, std::uint64_t stamp) const noexcept;
  void put(const Entry& entry) noexcept;
  void grow() noexcept;

  std::vector<Note> notes_;  // note `id` at place(id)
  std::vector<Entry> entries_;
  int shift_ = shift_for(entries_);  // of a hash, to the number of a set
  NoteId last_ = 0;
  std::size_t limit_ = kMost;  // a power of two
};

}  // namespace tapegrad::detail
