#include "autograd/tape/trace.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/base/stack/stack.h"
#include "autograd/tape/record.h"

namespace tapegrad {

namespace detail {

namespace {

/// The functions that a call was in. The library's own are among them, some six and, of nested
/// layers, more.
struct Stack {
  static constexpr std::size_t kMost = 48;
  std::array<void*, kMost> places{};
  std::size_t count = 0;

  static Stack now() noexcept {
    Stack stack;
    stack.count = take_stack(stack.places);
    return stack;
  }
  std::string text() const { return stack_text(std::span(places).first(count)); }
  bool operator<(const Stack& other) const { return places < other.places; }
};

/// Where operators were recorded, of all threads that are traced. A program records at few places,
/// over and over, so each stack is kept once.
class Places {
 public:
  void open() noexcept {
    const std::lock_guard lock(mutex_);
    ++scopes_;
  }
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    if (--scopes_ == 0) clear();
  }

  void add(const Record& record, const Stack& stack) {
    const std::lock_guard lock(mutex_);
    if (stacks_.size() == kMostStacks) clear();
    const Stack* kept = &*stacks_.insert(stack).first;
    const Place place{&record, record.sequence, record.name(), kept};
    if (places_.size() < kMostPlaces)
      places_.push_back(place);
    else
      places_[oldest_++ % kMostPlaces] = place;
  }

  /// That of `record`, or one of no functions.
  Stack find(const Record& record) {
    const std::lock_guard lock(mutex_);
    // Memory is used again, but not with the number of the record that was there before.
    for (const Place& place : places_)
      if (place.record == &record && place.sequence == record.sequence &&
          place.name == record.name())
        return *place.stack;
    return {};
  }

 private:
  struct Place {
    const Record* record;  // may be gone
    std::uint64_t sequence;
    const char* name;
    const Stack* stack;
  };
  static constexpr std::size_t kMostPlaces = std::size_t{1} << 17, kMostStacks = 8192;

  void clear() noexcept {
    stacks_.clear();
    std::vector<Place>().swap(places_);
    oldest_ = 0;
  }

  std::mutex mutex_;
  int scopes_ = 0;
  std::set<Stack> stacks_;  // nodes, which never move
  std::vector<Place> places_;
  std::size_t oldest_ = 0;  // of those, once they are all there
};

Places& places() {
  static auto& all = *new Places;  // threads may end after every other static
  return all;
}

thread_local constinit int open_traces = 0;
thread_local constinit const Record* blamed = nullptr;

/// What a message of this thread says beside itself.
std::string text_of_place() {
  if (open_traces == 0) return {};
  try {
    const Stack stack = blamed ? places().find(*blamed) : Stack::now();
    if (stack.count == 0) return "\n  recorded where nothing was traced, or too long ago";
    const std::string text = stack.text();
    if (text.empty()) return {};
    return (blamed ? "\n  recorded in" : "\n  called in") + text;
  } catch (const std::bad_alloc&) {
    return {};  // the message itself matters more
  }
}

/// As long as the thread lives.
void trace_thread() noexcept { static thread_local TraceScope trace; }

/// Has all threads traced where the environment asks for it. This thread may have used the door
/// already, for tensors that are static.
[[maybe_unused]] const bool traced_from_outside = [] {
  const char* wish = std::getenv("TAPEGRAD_TRACE");
  if (!wish || !*wish || std::strcmp(wish, "0") == 0) return false;
  on_new_thread.store(trace_thread, std::memory_order_release);
  if (thread_tape.watcher != ThreadTape::kNobodyAsked) trace_thread();
  return true;
}();

}  // namespace

Blamed::Blamed(const Record& record) noexcept : before_(std::exchange(blamed, &record)) {}
Blamed::~Blamed() { blamed = before_; }

}  // namespace detail

TraceScope::TraceScope() noexcept {
  detail::places().open();
  ++detail::open_traces;
  detail::further_text.store(detail::text_of_place, std::memory_order_release);
  want_launches(false);
  start();
}
TraceScope::~TraceScope() {
  stop();
  --detail::open_traces;
  detail::places().close();
}

void TraceScope::called(const detail::OperatorCall& call, std::span<const Tensor> outputs) {
  if (call.rule >= 0) return;
  detail::Stack stack;
  for (const Tensor& output : outputs) {
    if (!output.defined()) continue;
    const detail::Record* record = detail::record_of(*detail::impl_of(output));
    if (!record) continue;
    if (stack.count == 0) stack = detail::Stack::now();
    try {
      detail::places().add(*record, stack);
      // Of several outputs, the record of the call is behind each.
      if (record->port && record->edge(0).record())
        detail::places().add(*record->edge(0).record(), stack);
    } catch (const std::bad_alloc&) {
      return;  // their place is not known then
    }
  }
}

}  // namespace tapegrad
