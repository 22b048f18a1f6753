#include "autograd/transforms/claims.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "autograd/base/fail.h"

namespace tapegrad::detail {

thread_local constinit Claims* Claims::innermost = nullptr;

/// Another number for each walk, never 0.
std::uint32_t Claims::new_id() noexcept {
  static std::atomic<std::uint32_t> last{0};
  std::uint32_t id;
  do id = last.fetch_add(1, std::memory_order_relaxed) + 1;
  while (id == 0);
  return id;
}

/// Puts aside what the walk `owner` has noted in `record`, which that walk, an outer one of this
/// thread, keeps alive.
void Claims::put_aside(Record& record, std::uint32_t owner) {
  const Claims* outer = outer_;
  while (outer && outer->id_ != owner) outer = outer->outer_;
  if (!outer)
    fail<GradError>(
        "backward: '{}' ({}) is part of a graph that another thread is walking at this moment; "
        "walk graphs that share a part one after the other, or compute that part once for each "
        "thread",
        record.name(), record.output_text());
  const std::span<Tensor> parts = parts_of(record);
  Noted noted{&record, owner, record.wanted, record.captured, {}, {}};
  noted.parts.resize(parts.size());
  noted_.push_back(std::move(noted));  // what can fail is done
  noted_.back().cotangent = std::move(record.cotangent);
  std::move(parts.begin(), parts.end(), noted_.back().parts.begin());
  record.walk.store(id_, std::memory_order_relaxed);
}

void Claims::lend(std::shared_ptr<Tensor> place) {
  auto& lent = innermost->lent_;
  if (!lent) lent = std::make_unique<std::vector<std::shared_ptr<Tensor>>>();
  lent->push_back(std::move(place));
}

void Claims::take_back() noexcept {
  for (const auto& place : *lent_) *place = {};
}

void Claims::give_back() noexcept {
  for (Noted& noted : noted_) {
    Record& record = *noted.record;
    record.walk.store(noted.walk, std::memory_order_relaxed);
    record.wanted = noted.wanted;
    record.captured = noted.captured;
    record.cotangent = std::move(noted.cotangent);
    std::move(noted.parts.begin(), noted.parts.end(), parts_of(record).begin());
  }
}

void Claims::leave(Record& record) const noexcept {
  if (have(record)) {
    record.cotangent = {};
    for (Tensor& part : parts_of(record)) part = {};
    record.walk.store(0, std::memory_order_release);
  }
  release_record(&record);
}

}  // namespace tapegrad::detail
