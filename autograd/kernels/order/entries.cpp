#include "autograd/kernels/order/entries.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tapegrad::kernels {

namespace {

/// So few are sorted by insertion.
constexpr std::int64_t kFewEntries = 40;
constexpr int kMostDigitBits = 11;

template <class Entry>
void sort_by_insertion(Entry* entries, std::int64_t n) noexcept {
  for (std::int64_t i = 1; i < n; ++i) {
    const Entry entry = entries[i];
    std::int64_t at = i;
    for (; at > 0 && entry < entries[at - 1]; --at) entries[at] = entries[at - 1];
    entries[at] = entry;
  }
}

/// The bits in which keys differ.
template <class Entry>
std::uint64_t differing_bits(const Entry* entries, std::int64_t n) noexcept {
  typename Entry::Key bits = 0;
  const auto first = entries[0].key();
  for (std::int64_t i = 1; i < n; ++i) bits |= entries[i].key() ^ first;
  return bits;
}

/// A part of the bits of keys, and how many entries there are for each value of it.
template <class Entry>
class Digit {
 public:
  Digit(int shift, int bits) noexcept : shift_(shift), mask_((1U << bits) - 1) {}

  unsigned operator()(Entry entry) const noexcept {
    return static_cast<unsigned>(entry.key() >> shift_) & mask_;
  }
  void count(const Entry* entries, std::int64_t n) noexcept {
    std::fill_n(counts, mask_ + 1, 0);
    for (std::int64_t i = 0; i < n; ++i) ++counts[(*this)(entries[i])];
  }
  unsigned last() const noexcept { return mask_; }

  std::int64_t counts[1 << kMostDigitBits];

 private:
  int shift_;
  unsigned mask_;
};

/// How many bits at most to sort by at once: a pass over the entries is worth so many counters.
int digit_bits(std::int64_t n) noexcept { return n < 96 ? 6 : n < (1 << 13) ? 8 : kMostDigitBits; }

/// The same for a choice among entries, which has few passes.
int chosen_bits(std::int64_t n) noexcept {
  return std::clamp<int>(std::bit_width(static_cast<std::uint64_t>(n)) - 2, 4, kMostDigitBits);
}

/// The entry at place `k` of the order of `n` entries, which come in the order of their places.
template <class Entry>
Entry entry_at(const Entry* entries, std::int64_t n, std::int64_t k, Entry* room) noexcept {
  for (;;) {
    if (n <= kFewEntries) {
      if (entries != room) std::copy_n(entries, n, room);
      sort_by_insertion(room, n);
      return room[k];
    }
    const int high = std::bit_width(differing_bits(entries, n));
    if (high == 0) return entries[k];
    const int bits = std::min(high, chosen_bits(n));
    Digit<Entry> digit(high - bits, bits);
    digit.count(entries, n);
    unsigned value = 0;
    for (; k >= digit.counts[value]; ++value) k -= digit.counts[value];
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const Entry entry = entries[i];
      room[kept] = entry;
      kept += digit(entry) == value;
    }
    entries = room;
    n = kept;
  }
}

/// Digit by digit, from the lowest. Returns where the result is, one of both.
template <class Entry>
const Entry* sorted(Entry* entries, std::int64_t n, Entry* room) noexcept {
  if (n <= kFewEntries) {
    sort_by_insertion(entries, n);
    return entries;
  }
  const std::uint64_t differing = differing_bits(entries, n);
  const int high = std::bit_width(differing);
  int low = differing == 0 ? 0 : std::countr_zero(differing);
  for (int passes = (high - low + digit_bits(n) - 1) / digit_bits(n); passes > 0; --passes) {
    const int bits = (high - low + passes - 1) / passes;
    Digit<Entry> digit(low, bits);
    digit.count(entries, n);
    std::int64_t before = 0;
    for (unsigned value = 0; value <= digit.last(); ++value)
      before += std::exchange(digit.counts[value], before);
    for (std::int64_t i = 0; i < n; ++i) {
      const Entry entry = entries[i];
      room[digit.counts[digit(entry)]++] = entry;
    }
    std::swap(entries, room);
    low += bits;
  }
  return entries;
}

}  // namespace

template <class Entry>
Entry keep_first(Entry* entries, std::int64_t n, std::int64_t count, Entry* room) noexcept {
  const Entry last = entry_at(entries, n, count - 1, room);
  for (std::int64_t i = 0, kept = 0; i < n; ++i) {
    const Entry entry = entries[i];
    entries[kept] = entry;
    kept += !(last < entry);
  }
  return last;
}

template <class Entry>
void write_places(Entry* entries, std::int64_t n, Wanted wanted, Entry* room,
                  std::int64_t* places) noexcept {
  auto [first, count] = wanted;
  if (first < 0) {
    const auto nan = static_cast<typename Entry::Key>(~typename Entry::Key{});
    const std::int64_t nans =
        std::count_if(entries, entries + n, [=](Entry entry) { return entry.key() == nan; });
    const bool numbers = first == kMiddleOfNumbers ? nans < n : nans == 0;
    first = numbers ? (n - nans - 1) / 2 : n - nans;
  }
  if (count == 1) {
    *places = entry_at(entries, n, first, room).place();
    return;
  }
  if (first + count < n && n > kFewEntries) {
    keep_first(entries, n, first + count, room);
    n = first + count;
  }
  const Entry* const result = sorted(entries, n, room) + first;
  for (std::int64_t i = 0; i < count; ++i) places[i] = result[i].place();
}

void write_order_of_rows(const std::int64_t* keys, std::int64_t n, std::int64_t length,
                         std::int64_t* order) {
  std::iota(order, order + n, std::int64_t{0});
  std::sort(order, order + n, [=](std::int64_t i, std::int64_t j) {
    const std::int64_t *a = keys + i * length, *b = keys + j * length;
    const auto [at, other] = std::mismatch(a, a + length, b);
    return at == a + length ? i < j : *at < *other;
  });
}

template ShortEntry keep_first(ShortEntry*, std::int64_t, std::int64_t, ShortEntry*) noexcept;
template LongEntry keep_first(LongEntry*, std::int64_t, std::int64_t, LongEntry*) noexcept;
template void write_places(ShortEntry*, std::int64_t, Wanted, ShortEntry*, std::int64_t*) noexcept;
template void write_places(LongEntry*, std::int64_t, Wanted, LongEntry*, std::int64_t*) noexcept;

}  // namespace tapegrad::kernels
