#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "autograd/tape/record.h"

// Internal: whose the records are that a walk notes something in.

namespace tapegrad::detail {

/// The records of one walk. A record belongs to one walk at a time, which its number in the record
/// says: two threads that meet in one graph are told so. A rule may start a walk of its own, even
/// over records of the walk that called it: what these had noted is put aside meanwhile.
class Claims {
 public:
  /// Of a walk that begins on this thread, within those that run here already.
  Claims() noexcept : outer_(innermost) { innermost = this; }
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;
  ~Claims() {
    innermost = outer_;
    if (lent_) [[unlikely]]
      take_back();
  }

  bool have(const Record& record) const noexcept {
    return record.walk.load(std::memory_order_relaxed) == id_;
  }
  /// Takes `record`, which this walk does not have yet, and keeps it alive. Errors: `GradError`
  /// while another thread has it; `std::bad_alloc`; then nothing has changed.
  [[gnu::always_inline]] void take(Record& record) {
    if (single_threaded() && record.walk.load(std::memory_order_relaxed) == 0) {
      record.walk.store(id_, std::memory_order_relaxed);
    } else {
      std::uint32_t owner = 0;
      if (!record.walk.compare_exchange_strong(owner, id_, std::memory_order_acquire))
        put_aside(record, owner);
    }
    record.refs.increment();
  }
  /// Gives outer walks back what they had noted: before any record is left, so that there is no
  /// moment between in which another thread could take one.
  void give_back() noexcept;
  /// Takes back what this walk noted in a record that it took, unless that was given back.
  void leave(Record& record) const noexcept;
  /// Has `place` emptied when the innermost walk of this thread ends. Errors: `std::bad_alloc`.
  static void lend(std::shared_ptr<Tensor> place);

 private:
  /// What an outer walk has noted in a record.
  struct Noted {
    Record* record;
    std::uint32_t walk;
    bool wanted, captured;
    Tensor cotangent;
    std::vector<Tensor> parts;
  };

  static std::uint32_t new_id() noexcept;
  void put_aside(Record& record, std::uint32_t owner);
  void take_back() noexcept;

  static thread_local constinit Claims* innermost;

  std::uint32_t id_ = new_id();
  Claims* outer_;
  std::vector<Noted> noted_;
  std::unique_ptr<std::vector<std::shared_ptr<Tensor>>> lent_;  // seldom there
};

/// The cotangents of the outputs of `record`, where it has several.
inline std::span<Tensor> parts_of(Record& record) noexcept {
  return record.several ? record.parts() : std::span<Tensor>();
}

}  // namespace tapegrad::detail
