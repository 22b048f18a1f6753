#include "autograd/graph/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace tapegrad {

namespace {

const char* text_of(detail::Phase phase) {
  constexpr const char* texts[] = {"forward", "backward", "update"};
  return texts[static_cast<int>(phase)];
}

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

ProfileScope::ProfileScope() { start(); }
ProfileScope::~ProfileScope() { stop(); }

void ProfileScope::call(const detail::OperatorCall&) {
  running_.emplace_back();
  running_.back().start = Clock::now();  // last, so that it counts nothing of this
}

void ProfileScope::called(const detail::OperatorCall& call, std::span<const Tensor>) {
  finish(call, Clock::now());
}

void ProfileScope::failed(const detail::OperatorCall& call) noexcept {
  try {
    finish(call, Clock::now());
  } catch (const std::bad_alloc&) {
    // The operator's own error is on its way, and says more.
  }
}

void ProfileScope::finish(const detail::OperatorCall& call, Clock::time_point end) {
  if (running_.empty()) return;  // it had begun before
  const Running done = running_.back();
  running_.pop_back();
  Count& count = counts_[{call.name, call.path ? call.path : "", call.phase}];
  ++count.calls;
  count.time += end - done.start - done.within;
  if (!running_.empty()) running_.back().within += Clock::now() - done.start;
}

std::vector<ProfileRow> ProfileScope::rows() const {
  std::vector<ProfileRow> rows;
  for (const auto& [key, count] : counts_)
    rows.push_back({key.name, key.module, text_of(key.phase), count.calls, seconds(count.time)});
  std::ranges::sort(rows, [](const ProfileRow& a, const ProfileRow& b) {
    return std::tie(b.seconds, a.name, a.module) < std::tie(a.seconds, b.name, b.module);
  });
  return rows;
}

std::string ProfileScope::table() const {
  const std::vector<ProfileRow> all = rows();
  std::size_t name = 8, module = 6;  // the headings
  std::int64_t calls = 0;
  double total = 0;
  for (const ProfileRow& row : all) {
    name = std::max(name, row.name.size());
    module = std::max(module, row.module.size());
    calls += row.calls;
    total += row.seconds;
  }
  const auto line = [&](const auto& a, const auto& b, const auto& c, const auto& d, const auto& e,
                        const auto& f) {
    return fmt::format("{:<{}}  {:<{}}  {:<8}  {:>9}  {:>10}  {:>5}\n", a, name, b, module, c, d, e,
                       f);
  };
  const auto text_of_time = [](double time) {
    return time < 1e-3 ? fmt::format("{:.1f} us", time * 1e6)
                       : fmt::format("{:.3f} ms", time * 1e3);
  };
  std::string text = line("operator", "module", "phase", "calls", "time", "share");
  for (const ProfileRow& row : all) {
    const double share = total > 0 ? row.seconds / total : 0;
    text += line(row.name, row.module, row.phase, row.calls, text_of_time(row.seconds),
                 fmt::format("{:.0f} %", share * 100));
  }
  return text + line("together", "", "", calls, text_of_time(total), "100 %");
}

}  // namespace tapegrad
