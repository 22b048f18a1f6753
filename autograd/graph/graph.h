#pragma once

/// @file
/// Lists what was recorded behind a tensor: operators, modules, shapes, and what they keep.
/// Pictures of it are in autograd/graph/dot.h.
///
///     tg::Tensor w = tg::ones({3}).requires_grad_();
///     tg::Tensor loss = tg::sum(tg::tanh(w * 2));
///     fmt::print("{}", tg::format_records(loss, {{"w", w}}));

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// How many of the elements of a value are no finite numbers.
struct NotFinite {
  std::int64_t nan = 0;       ///< NaN
  std::int64_t infinite = 0;  ///< inf and -inf
  /// True when there are some.
  bool any() const noexcept { return nan > 0 || infinite > 0; }
};

/// Where an operator on the tape got an input from.
struct RecordInput {
  /// What it came from.
  enum class Kind {
    record,    ///< an operator before it
    leaf,      ///< a tensor that collects a gradient, such as a parameter
    constant,  ///< no gradient flows there; shape, type and number are known if the operator saved
               ///< it
  };
  Kind kind = Kind::constant;   ///< what it came from
  std::int64_t record = -1;     ///< index in the list that `records` returns
  const void* id = nullptr;     ///< `Tensor::id()` of that leaf or saved constant; only to compare
  Shape shape;                  ///< of the input, if `id` or `record` says where it comes from
  DType dtype = float32;        ///< likewise
  std::optional<double> value;  ///< of a saved constant of one element
  std::optional<NotFinite>
      not_finite;  ///< of a leaf or saved constant; see `RecordsOptions::values`
  std::optional<double> gradient_norm;  ///< of a leaf; see `RecordsOptions::gradients`
};

/// One operator call on the tape. One with several outputs is followed by a record for each of
/// them, with its name and a number: "split", "split[0]", "split[1]".
struct RecordInfo {
  std::uint64_t sequence = 0;       ///< greater than that of every record it depends on
  std::string name;                 ///< of the operator
  std::int64_t outputs = 1;         ///< how many it has
  Shape shape;                      ///< of its output, if that is one
  DType dtype = float32;            ///< of its output, or of all that have gradients
  std::vector<RecordInput> inputs;  ///< in the operator's order; empty after release
  std::string scope;                ///< path of the open `Scope`s, such as "net.fc1"; may be empty
  std::int64_t bytes_saved = 0;     ///< of the values that its derivative rule will read
  /// The part of `bytes_saved` that neither a record before it in the list nor a leaf keeps too.
  std::int64_t bytes_added = 0;
  bool released = false;  ///< backward() has dropped its inputs and saved values
  /// Of its output, where the tape has that: it, or one who reads it, saved it. See
  /// `RecordsOptions::values`.
  std::optional<NotFinite> not_finite;
  /// The Euclidean norm of the gradient of its output, NaN or inf where that has some. None where
  /// no gradient arrives. See `RecordsOptions::gradients`.
  std::optional<double> gradient_norm;
  /// The first record that computes the same: by the same operator, of the same inputs. -1 for
  /// none. See `RecordsOptions::repeats`.
  std::int64_t same_as = -1;
};

/// What `records` looks at beside the tape itself.
struct RecordsOptions {
  /// Count NaN and infinities in all values that the tape has. They are read once each.
  bool values = false;
  /// Walk back from the sum of the tensor's elements, and keep the norm of each gradient. The graph
  /// stays, and `grad()` of leaves is as it was.
  bool gradients = false;
  /// Find what was recorded twice. Where the tape has two results, their elements must be the same;
  /// they have to be there where an input is an unknown constant. What operators were called with
  /// beside tensors is not on the tape: so two slices of one tensor may count as the same.
  bool repeats = false;
};

/// The records behind `tensor` in the order of the tape; none for a leaf. Nothing is changed or
/// kept. Errors: `ValueError` for the undefined tensor; for `gradients` those of `grad`, such as a
/// `GradError` for a graph that was released.
std::vector<RecordInfo> records(const Tensor& tensor, const RecordsOptions& options = {});

/// What listings and pictures call a tensor: leaves, saved constants, and the result itself.
using TensorNames = std::vector<std::pair<std::string, Tensor>>;

/// The records behind `tensor` as a table of one line each, with their totals. "#3" is record 3.
/// What `options` asks for are columns more: "values" (numbers that are none), "gradient" (its norm)
/// and "same as". Errors: as for `records`.
std::string format_records(const Tensor& tensor, const TensorNames& names = {},
                           const RecordsOptions& options = {});

/// @}

}  // namespace tapegrad
