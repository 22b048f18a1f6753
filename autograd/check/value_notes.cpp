#include "autograd/check/value_notes.h"

#include <bit>
#include <new>

namespace tapegrad::detail {

Notes::Notes() : entries_(kFirst * kPerNote) { notes_.reserve(kFirst); }

/// There is a power of two of sets.
int Notes::shift_for(const std::vector<Entry>& entries) noexcept {
  return 64 - std::countr_zero(entries.size() / kSet);
}

NoteId Notes::find(const void* key, std::uint64_t stamp) const noexcept {
  const Entry* set = set_of(key);
  for (std::size_t i = 0; i < kSet; ++i)
    if (set[i].key == key && set[i].stamp == stamp) return known(set[i].id) ? set[i].id : 0;
  return 0;
}

void Notes::put(const Entry& entry) noexcept {
  Entry* set = set_of(entry.key);
  Entry* place = set;  // that of the same, or else the oldest
  for (std::size_t i = 0; i < kSet; ++i) {
    if (set[i].key == entry.key) {
      place = &set[i];
      break;
    }
    if (set[i].id < place->id) place = &set[i];
  }
  *place = entry;
}

void Notes::grow() noexcept {
  try {
    std::vector<Entry> before(2 * entries_.size());
    notes_.reserve(2 * notes_.size());  // powers of two
    before.swap(entries_);
    shift_ = shift_for(entries_);
    for (const Entry& entry : before)
      if (entry.key) put(entry);
  } catch (const std::bad_alloc&) {
    limit_ = notes_.size();
  }
}

Note& Notes::add(const Impl& value, Made made) noexcept {
  if (notes_.size() == notes_.capacity() && notes_.size() < limit_) grow();
  const NoteId id = ++last_;
  const bool room = notes_.size() < limit_;
  Note& note = room ? notes_.emplace_back() : notes_[place(id)];
  note.name = note.path = nullptr;
  note.value = &value;
  note.shape = value.shape_ref;
  note.made = made;
  note.input_count = 0;
  put({&value, value.owner()->version, id});
  if (made == Made::operation) {
    const Record* record = record_of(value);
    if (record && record->port) record = record->edge(0).record();  // of the whole call
    if (record) put({record, record->sequence, id});
  }
  return note;
}

void Notes::forget(const Impl& value) noexcept {
  Entry* set = set_of(&value);
  for (std::size_t i = 0; i < kSet; ++i)
    if (set[i].key == &value) set[i] = {};
}

}  // namespace tapegrad::detail
