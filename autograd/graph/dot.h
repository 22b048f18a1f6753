#pragma once

/// @file
/// Pictures of what was recorded behind a tensor, in Graphviz' language or as SVG.
///
///     tg::Tensor w = tg::ones({3}).requires_grad_();
///     tg::Tensor loss = tg::sum(tg::tanh(w * 2));
///     tg::write_dot("graph.dot", loss, {.names = {{"w", w}}});
///     const std::string back = tg::to_dot(loss, {.direction = tg::DotDirection::backward});

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/graph/graph.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// Which way the arrows of a picture point.
enum class DotDirection {
  forward,   ///< as values went: from leaves and constants to the result
  backward,  ///< as gradients go: from the result to the leaves; without constants
  both,      ///< arrows forward, and dashed ones back
};

/// What a picture of a graph shows.
struct DotOptions {
  TensorNames names = {};                          ///< of leaves, saved constants and the result
  DotDirection direction = DotDirection::forward;  ///< which way the arrows point
  /// Walk back, as `RecordsOptions::gradients` says, and tell the norm of each gradient.
  bool gradients = false;
  /// Look for NaN and infinities in the values that the tape has, and draw their paths in red.
  bool values = true;
  bool bytes = true;   ///< tell what is kept for the derivatives
  bool legend = true;  ///< below the picture
  bool dark = false;   ///< light on dark
  /// A graph of more operators than this is drawn smaller: what is repeated once, if that makes it
  /// small, else with modules closed, the deepest first; and at last neighbours are put together. 0
  /// for any number.
  std::int64_t most_operators = 40;
  /// Paths of modules, such as "net.fc1", that are drawn in full all the same, with all in them.
  std::vector<std::string> open = {};
  /// Paths of modules that are drawn as one box, be the graph as small as it may.
  std::vector<std::string> closed = {};
};

/// The graph behind `tensor` in Graphviz' language.
///
/// Operators are rounded boxes with the shape of their output (and its element type where it is
/// not the result's) and the bytes that they keep; leaves and known constants have corners; a
/// module is a frame, or, closed, a box with two lines around it that tells its operators,
/// parameters and bytes. What is repeated three times and more may be drawn once, in a dashed frame
/// with the number of times; a dashed arrow goes from one time to the next. The text for a graph is
/// always the same.
///
/// What has NaN or infinities is red: where they are seen first (a thick line), and what has them
/// behind that. Of values that nobody saved nobody can tell; those between two that have them are
/// dashed. With `gradients`, backwards, the same is said of gradients, all of which are known.
///
/// Errors: as for `records`.
std::string to_dot(const Tensor& tensor, const DotOptions& options = {});

/// Writes `to_dot` to a file, all of it or nothing. Errors: `FileError`, and those of `to_dot`.
void write_dot(const std::string& path, const Tensor& tensor, const DotOptions& options = {});

/// Draws a text in Graphviz' language, such as `to_dot` returns, to a file: what the ending of its
/// name says, .svg, .png or .pdf. The program `dot` of Graphviz does it, which must be where the
/// system looks for programs. All of the file is written or nothing.
/// Errors: `ValueError` for another ending; `FileError` where there is no `dot`, or where it fails.
void render_dot(const std::string& dot, const std::string& path);

/// @}

}  // namespace tapegrad
