#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "autograd/graph/dot.h"

// Internal: a picture before it is written: boxes, frames and arrows, and what they say.

namespace tapegrad::detail {

/// What a box or an arrow is marked with: numbers that are none, or what a diff found.
enum class Mark {
  none,
  between,        ///< of an unknown value between two that have NaN or infinities
  trouble,        ///< with NaN or infinities
  first_trouble,  ///< the first with them
  added,
  removed,
  changed,
  twice,
};

enum class BoxKind { operation, closed, leaf, constant, result };

struct SketchNode {
  BoxKind kind = BoxKind::operation;
  std::string label;
  std::vector<std::string> details = {};  ///< a smaller line each
  std::string tip = {};                   ///< where the mouse is
  bool released = false;
  Mark mark = Mark::none;
  std::size_t frame = 0;
};

struct SketchFrame {
  std::string label;
  std::vector<std::string> details = {};
  std::size_t parent = 0;
  std::size_t depth = 0;
  bool repeat = false;
};

struct SketchEdge {
  std::size_t from = 0, to = 0;  ///< nodes, as values go
  std::string label = {};
  bool carried = false;    ///< from one time of a repeat to the next
  bool gradient = true;    ///< one goes back there
  Mark mark = Mark::none;  ///< of the value
};

struct Sketch {
  std::vector<SketchFrame> frames = {{}};  ///< the first is the picture
  std::vector<SketchNode> nodes = {};
  std::vector<SketchEdge> edges = {};
  std::vector<std::string> notes = {};  ///< lines for the legend
};

/// Records with their marks, and `result`, if there is one that they made.
Sketch sketch_of(const std::vector<RecordInfo>& list, std::vector<Mark> marks, const Tensor* result,
                 const DotOptions& options);

/// In Graphviz' language.
std::string write_sketch(const Sketch& sketch, const DotOptions& options);

/// Writes a text, all of it or nothing. Errors: `FileError` of the function `caller`.
void write_text(const std::string& path, const std::string& text, const char* caller);

}  // namespace tapegrad::detail
