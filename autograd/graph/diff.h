#pragma once

/// @file
/// What differs between the graphs of two models, or of two versions of one.
///
///     tg::Tensor w = tg::ones({3}).requires_grad_();
///     const tg::GraphDiff diff = tg::graph_diff(tg::sum(tg::tanh(w)), tg::sum(tg::exp(w)));
///     fmt::print("{}", tg::format_graph_diff(diff));

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/graph/dot.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// A record that has no equal in the other graph.
struct GraphChange {
  /// What is with it.
  enum class Kind {
    added,     ///< only the second graph has it
    removed,   ///< only the first has it
    reshaped,  ///< both have it, with outputs of different shapes or element types
    twice,     ///< the second has it once more than the first: it computes what one before it does
  };
  Kind kind = Kind::added;   ///< what is with it
  std::int64_t before = -1;  ///< its place among the records of the first graph, if it is there
  std::int64_t after = -1;   ///< in the second
  std::int64_t same_as =
      -1;  ///< of what is there twice: the place in the second of the one before it
};

/// Two graphs, and what differs.
struct GraphDiff {
  std::vector<RecordInfo> before;    ///< the records of the first
  std::vector<RecordInfo> after;     ///< of the second
  std::vector<GraphChange> changes;  ///< in the order of the tapes
  /// For each record of the second its equal in the first, or -1.
  std::vector<std::int64_t> matched;

  /// True when nothing differs.
  bool same() const noexcept { return changes.empty(); }
};

/// Compares what was recorded behind `before` and `after`: operators by module path, name and
/// order, so that as many as possible have an equal (of tapes that differ in over 2000 records,
/// almost as many). Values, parameters and what operators were called with beside tensors do not
/// matter, except that what is recorded twice is found as `RecordsOptions::repeats` says. E. W.
/// Myers, An O(ND) difference algorithm and its variations, 1986. Errors: as for `records`.
GraphDiff graph_diff(const Tensor& before, const Tensor& after);

/// A line for each change, with its module; and how many there are of each kind.
std::string format_graph_diff(const GraphDiff& diff);

/// The picture of both graphs as one, in Graphviz' language: what is new, gone, of another shape or
/// there twice has a sign and a colour, and what both have has none. Of `options` names, gradients
/// and values do not count. Errors: as for `to_dot`.
std::string to_dot(const GraphDiff& diff, const DotOptions& options = {});

/// @}

}  // namespace tapegrad
