#include "nn/data/csv/scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "autograd/base/fail.h"
#include "nn/data/csv/spelling.h"
#include "nn/data/shown_text.h"

namespace tapegrad::nn::detail {

namespace {

// What is kept for a field takes many times the byte of an empty one, and a packed file of 100 KiB
// has a hundred million of them.
constexpr std::size_t kMostColumns = std::size_t{1} << 20;

}  // namespace

CsvScanner::CsvScanner(const std::string& path, std::string_view text, const CsvOptions& options)
    : path_(path),
      at_(text.data()),
      end_(text.data() + text.size()),
      delimiter_(options.delimiter),
      quote_(options.quotechar),
      comment_(options.comment) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    fail<FileError>("read_csv: '{}': expected UTF-8, found UTF-16; save the table as UTF-8", path_);
  if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;
  const auto mark = [&](char c) { ends_field_[static_cast<unsigned char>(c)] = true; };
  for (const char c : {delimiter_, '\n', '\r'}) mark(c);
  if (delimiter_ == ' ') mark('\t');
  if (comment_ != '\0') mark(comment_);
  for (std::int64_t i = 0; i < options.skiprows && !at_end(); ++i) skip_line();
}

bool CsvScanner::ends_record() const noexcept {
  return at_end() || *at_ == '\n' || *at_ == '\r' || (comment_ != '\0' && *at_ == comment_);
}

// At the last byte of a line's end, be it "\n", "\r\n" or "\r".
bool CsvScanner::ends_line() const noexcept {
  return *at_ == '\n' || (*at_ == '\r' && (at_ + 1 == end_ || at_[1] != '\n'));
}

void CsvScanner::skip_blanks() noexcept {
  while (is(' ') || (is('\t') && delimiter_ != '\t')) ++at_;
}

// To the beginning of the next line.
void CsvScanner::skip_line() noexcept {
  while (!at_end() && !ends_line()) ++at_;
  if (at_end()) return;
  ++at_;
  ++line_;
}

std::string_view CsvScanner::plain_field() noexcept {
  const char* begin = at_;
  while (at_ != end_ && !ends_field_[static_cast<unsigned char>(*at_)]) ++at_;
  const char* end = at_;
  while (end != begin && (end[-1] == ' ' || end[-1] == '\t')) --end;
  return {begin, end};
}

std::string_view CsvScanner::quoted_field(std::size_t number) {
  const std::int64_t first_line = line_;
  const char* const begin = ++at_;
  const auto refuse = [&](const char* what, std::string_view text) {
    fail<FileError>(
        "read_csv: '{}', line {}, column {}: {} '{}'; double a quote that belongs to the text, or "
        "set the option quotechar = '\\0' if no character quotes",
        path_, first_line, number, what, shown_text(text));
  };
  bool doubled = false;
  for (;; ++at_) {
    if (at_end()) refuse("expected a quote at the end of", {begin, end_});
    if (*at_ == quote_) {
      if (at_ + 1 == end_ || at_[1] != quote_) break;
      doubled = true;
      ++at_;
    } else if (ends_line()) {
      ++line_;
    }
  }
  const std::string_view inside(begin, at_);
  const char* const after = ++at_;
  skip_blanks();
  const bool parted = delimiter_ == ' ' ? at_ != after : is(delimiter_);
  if (!parted && !ends_record())
    refuse("expected a delimiter after a quoted field, found", plain_field());
  if (!doubled) return inside;
  std::string& text = doubled_.emplace_back();
  for (std::size_t i = 0; i < inside.size(); ++i) {
    text += inside[i];
    if (inside[i] == quote_) ++i;
  }
  return text;
}

bool CsvScanner::next(std::vector<CsvField>& fields) {
  fields.clear();
  if (!doubled_.empty()) doubled_.clear();
  for (;;) {
    skip_blanks();
    if (!ends_record()) break;
    if (at_end()) return false;
    skip_line();
  }
  for (;;) {
    const std::int64_t line = line_;
    const bool quoted = quote_ != '\0' && is(quote_);
    fields.push_back({quoted ? quoted_field(fields.size() + 1) : plain_field(), line});
    if (fields.size() > kMostColumns)
      fail<FileError>(
          "read_csv: '{}', line {}: expected at most {} columns, found more; set the option "
          "delimiter if {} does not stand between columns",
          path_, line, kMostColumns, csv_written(delimiter_));
    if (delimiter_ == ' ') skip_blanks();
    if (ends_record()) break;
    if (delimiter_ == ' ') continue;
    ++at_;
    skip_blanks();
  }
  skip_line();
  return true;
}

}  // namespace tapegrad::nn::detail
