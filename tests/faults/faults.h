#pragma once

#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

// Calls whose allocations fail, one after the other: those by `operator new`, of which this program
// has one of its own, and the blocks of tensors and records.

namespace faults {

namespace tg = tapegrad;

/// Which allocations of a call are refused.
enum class Refused {
  one,   ///< a single one
  rest,  ///< that one and all behind it, also those for the text of the error
};

/// From now on the calling thread's allocation number `first`, counted from 0, is refused.
void start(int first, Refused refused);
/// Ends that. Returns whether one was refused.
bool stop();

/// While it lives, nothing is refused: what a test itself allocates.
class Spared {
 public:
  Spared();
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;
  ~Spared();

 private:
  bool before_;
};

/// How a call ended.
struct Outcome {
  bool refused = false;        ///< an allocation was
  bool out_of_memory = false;  ///< it threw an `OutOfMemoryError`
  std::string other;           ///< it threw something else
};

template <class F>
Outcome outcome_of(int first, Refused refused, const F& call) {
  Outcome outcome;
  start(first, refused);
  try {
    call();
    outcome.refused = stop();
  } catch (const tg::OutOfMemoryError&) {
    outcome.refused = stop();
    outcome.out_of_memory = true;
  } catch (const std::exception& error) {
    outcome.refused = stop();
    outcome.other = error.what();
  }
  return outcome;
}

using Numbers = std::vector<double>;

/// Appends the elements of `tensor`, or something else where it is undefined.
inline void add(Numbers& numbers, const tg::Tensor& tensor) {
  const tg::NoGrad no_grad;
  numbers.push_back(tensor.defined() ? static_cast<double>(tensor.numel()) : -1);
  if (!tensor.defined()) return;
  const tg::Tensor values = tensor.to(tg::float64);
  for (const double value : values.data<double>()) numbers.push_back(value);
}
/// The same for the place of the thread's generator.
inline void add_generator(Numbers& numbers) {
  numbers.push_back(static_cast<double>(tg::default_generator().position()));
}

/// Refuses each allocation of `call(world)` once. It must throw `OutOfMemoryError` then, and leave
/// `world.numbers()` and the counts of tensors and records as they were; `again(world)` must then
/// give the numbers that a call without failures gives. Returns how many allocations there were.
template <class World, class Call, class Again>
int refuse_each(const Call& call, const Again& again) {
  // First in a process where much happens for the first time.
  for (int n = 0;; ++n) {
    CAPTURE(n);
    World world;
    const Outcome outcome = outcome_of(n, Refused::one, [&] { call(world); });
    CHECK(outcome.other == "");
    if (!outcome.refused) break;
  }
  Numbers expected;
  {
    World world;
    call(world);
    expected = world.numbers();
  }
  int count = 0;
  for (const Refused refused : {Refused::one, Refused::rest}) {
    for (int n = 0;; ++n) {
      CAPTURE(n, refused == Refused::rest);
      const std::int64_t tensors = tg::live_tensors(), records = tg::live_records();
      Outcome outcome;
      {
        World world;
        const Numbers before = world.numbers();
        outcome = outcome_of(n, refused, [&] { call(world); });
        CHECK(outcome.other == "");
        const bool unchanged = world.numbers() == before;
        if (outcome.out_of_memory) {
          CHECK(unchanged);
          again(world);
        }
        const bool right = world.numbers() == expected;
        CHECK(right);
      }
      CHECK(tg::live_tensors() == tensors);
      CHECK(tg::live_records() == records);
      if (!outcome.refused) {
        CHECK(!outcome.out_of_memory);
        break;
      }
      count = n + 1;
    }
  }
  return count;
}
template <class World, class Call>
int refuse_each(const Call& call) {
  return refuse_each<World>(call, call);
}

}  // namespace faults
