#pragma once

#include <cstdint>
#include <string_view>

#include "autograd/base/threads/thread_tape.h"

// Internal: the one door. Every call of an operator (tape/apply.h) and every launch of a kernel
// (launch.h) goes through it, and what else a visitor has to know is announced here. Profiles,
// traces and lists of calls are visitors (watcher.h); no operator calls them. Unwatched, the door
// costs two instructions.

namespace tapegrad::detail {

struct Impl;

/// What the thread is doing: calling operators, walking the tape back, or updating parameters.
enum class Phase : std::uint8_t { forward, backward, update };

/// While it lives, calls of this thread are of that phase.
class PhaseScope {
 public:
  explicit PhaseScope(Phase phase) noexcept;
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;
  ~PhaseScope();

 private:
  Phase before_;
};

/// What else happens to a value. A new one is first seen where something is written there.
enum class Event : std::uint8_t {
  viewed,      ///< it shows the memory of another
  freed,       ///< it goes, with its memory if that is its own
  changed,     ///< its version was raised
  host_write,  ///< the host has written elements, or is about to
  look,        ///< the host is about to read elements
};

[[gnu::cold]] void announce_event(Event event, const Impl& value) noexcept;
[[gnu::cold]] void announce_shown(const Impl& view, const Impl& value) noexcept;
[[gnu::cold]] void announce_state(std::string_view name, double value) noexcept;
[[gnu::cold]] void announce_name(const Impl& value, std::string_view name) noexcept;
/// The host is between two pieces of work, before `name`, and may be told to stop.
[[gnu::cold]] void announce_pause(std::string_view name);

[[gnu::always_inline]] inline void announce(Event event, const Impl& value) noexcept {
  if (watched()) [[unlikely]]
    announce_event(event, value);
}
/// The host is about to launch a kernel whose parameters depend on a state of its own: the learning
/// rate, the count of steps, the place of a generator.
[[gnu::always_inline]] inline void announce_host_state(std::string_view name,
                                                       double value) noexcept {
  if (watched()) [[unlikely]]
    announce_state(name, value);
}

}  // namespace tapegrad::detail
