#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "autograd/check/value_notes.h"

// Internal: what an `AnomalyError` says.

namespace tapegrad::detail {

/// What the host calls values.
using ValueNames = std::unordered_map<const Impl*, std::string>;

/// " at net.fc2", or nothing.
std::string place_text(const char* path);

/// "3 NaN and 1 inf among 640 elements, the first at [0, 7]".
std::string finding_text(const Impl& value, const ValueRange& range);

/// The text of an error: a sentence, and a line for each value that is behind it.
class AnomalyText {
 public:
  AnomalyText(const Notes& notes, const ValueNames& names, std::string sentence)
      : text_(std::move(sentence)), notes_(notes), names_(names) {}

  /// `what` has the value that `id` is the note of; then its inputs. Nothing for 0.
  void add(std::string_view what, NoteId id) { add(what, id, 1); }
  /// The same for the inputs of what `id` is the note of.
  void add_inputs(const Note& note);
  /// A line of a value without a note. `origin`: as `origin_text`. Without a range nobody knows it.
  /// @{
  void add(std::string_view what, const Shape& shape, std::string_view origin,
           const ValueRange& range);
  void add(std::string_view what, const Shape& shape, std::string_view origin);
  /// @}

  const std::string& text() const noexcept { return text_; }

 private:
  void add(std::string_view what, NoteId id, int depth);
  void add_line(int depth, std::string_view what, const Shape& shape, std::string_view rest);
  std::string origin_text(const Note& note) const;

  std::string text_;
  const Notes& notes_;
  const ValueNames& names_;
  std::vector<NoteId> told_;
  int lines_ = 0;
};

/// ", from sub at net.fc2", of a value that `record` made.
std::string origin_text(const Record& record);

}  // namespace tapegrad::detail
