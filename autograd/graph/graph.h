#pragma once

/// @file
/// Shows what was recorded behind a tensor: as a list, as a table, as a picture in Graphviz'
/// language.
///
///     tg::Tensor w = tg::ones({3}).requires_grad_();
///     tg::Tensor loss = tg::sum(tg::tanh(w * 2));
///     fmt::print("{}", tg::format_records(loss, {{"w", w}}));
///     tg::write_dot("graph.dot", loss, {{"w", w}});  // dot -Tsvg graph.dot -o graph.svg

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup check
/// @{

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
};

/// The records behind `tensor` in the order of the tape; none for a leaf. Nothing is changed or
/// kept. Errors: `ValueError` for the undefined tensor.
std::vector<RecordInfo> records(const Tensor& tensor);

/// What the listings below call a tensor: leaves, saved constants, and the result itself.
using TensorNames = std::vector<std::pair<std::string, Tensor>>;

/// The records behind `tensor` as a table of one line each, with their totals. "#3" is record 3.
std::string format_records(const Tensor& tensor, const TensorNames& names = {});

/// The graph behind `tensor` in Graphviz' language: operators are ellipses, leaves and known
/// constants boxes, scopes frames, and edges carry shapes (with an element type where it is not the
/// result's). For a picture: `dot -Tsvg graph.dot -o graph.svg`.
std::string to_dot(const Tensor& tensor, const TensorNames& names = {});

/// Writes `to_dot` to a file, all of it or nothing. Errors: `FileError`.
void write_dot(const std::string& path, const Tensor& tensor, const TensorNames& names = {});

/// @}

}  // namespace tapegrad
