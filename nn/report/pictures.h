#pragma once

/// @file
/// Pictures of pixels, of what a function says over a plane, and of graphs.
///
///     const tg::report::Grid grid{.left = -1, .right = 1, .bottom = -1, .top = 1};
///     const nn::Sequential net{nn::Linear{2, 8}, tg::relu, nn::Linear{8, 2}};
///     tg::report::Page page("Boundary");
///     page.add(tg::report::Field{.title = "Who is seen where",
///                                .grid = grid,
///                                .frames = {{"epoch 1", tg::softmax(net(grid.points()), 1)}},
///                                .class_names = {"inner", "outer"}});

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autograd/graph/graph.h"
#include "nn/report/charts.h"

namespace tapegrad::report {

/// @addtogroup report
/// @{

/// Places over a rectangle of the plane, where a function is asked for a `Field`.
struct Grid {
  double left = -1;           ///< x of the first column
  double right = 1;           ///< x of the last one
  double bottom = -1;         ///< y of the first row
  double top = 1;             ///< y of the last one
  std::int64_t columns = 80;  ///< 2 at least
  std::int64_t rows = 80;     ///< 2 at least

  /// `[rows * columns, 2]`, of the default type: row after row from the bottom, each from the left.
  /// Errors: `ValueError` for an empty rectangle or fewer than 2 rows or columns.
  Tensor points() const;
};

/// A picture of a series that goes by, such as that of an epoch.
struct Frame {
  std::string label = {};  ///< such as "epoch 3"
  /// For each of the grid's points: probabilities of the classes, `[N, C]`; or the probability of
  /// the second of two, `[N]`; or the class alone, int64 `[N]`; or, for a field without classes, a
  /// number, `[N]`. More dimensions may stand for N.
  Tensor values = {};
};

/// What a function says over a plane: a decision boundary where there are classes, else numbers as
/// colours. With several frames it can be played, and ends with the last.
///
///     const report::Grid grid{.left = -1, .right = 1, .bottom = -1, .top = 1};
///     frames.push_back({"epoch 1", tg::softmax(net(grid.points()), 1)});
///     page.add(report::Field{.title = "Who sees what where", .grid = grid, .frames = frames,
///                            .class_names = {"inner", "outer"}, .points = x, .classes = y});
struct Field {
  std::string title = {};                     ///< above it
  std::string caption = {};                   ///< below it
  Axis x = {.label = "x"};                    ///< along the lower edge
  Axis y = {.label = "y"};                    ///< along the left edge
  Grid grid = {};                             ///< where the function was asked
  std::vector<Frame> frames = {};             ///< one, or several
  std::vector<std::string> class_names = {};  ///< 2 to 10; none for a field of numbers
  std::string unit = {};                      ///< of the numbers, where there are no classes
  Tensor points = {};                         ///< `[N, 2]`, drawn over it; may be undefined
  Numbers classes = {};                       ///< of the points, from 0
  std::vector<Series> lines = {};             ///< drawn over it, such as the way of an optimizer
};

/// A small picture.
struct Image {
  Tensor pixels = {};        ///< `[height, width]`, perhaps with dimensions of 1 before
  std::string caption = {};  ///< below it; a line break is one
};

/// Pictures beside each other.
struct Images {
  std::string title = {};          ///< above all
  std::string caption = {};        ///< below all
  std::vector<Image> images = {};  ///< in reading order
  /// Numbers with a sign, such as weights: 0 is the colour of the page, and the largest absolute
  /// number of all pictures has the full colour. Else 0 is black and the largest is white.
  bool diverging = false;
  std::optional<double> low{};   ///< what is black; by default the least pixel of each picture
  std::optional<double> high{};  ///< what is white; likewise the largest
  int size = 84;                 ///< of the longer side of each, in pixels of the page
};

/// What a node of a graph stands for: its colour.
enum class NodeKind {
  operation,  ///< something that is computed
  leaf,       ///< what is trained
  constant,   ///< what is given
  result,     ///< what comes out
};

/// A node of a graph.
struct GraphNode {
  std::string label = {};               ///< in it
  std::string detail = {};              ///< below the label, smaller, such as a shape
  NodeKind kind = NodeKind::operation;  ///< its colour
  std::string group = {};               ///< dotted, such as "net.fc1": drawn as frames
};

/// An arrow of a graph.
struct GraphEdge {
  std::size_t from = 0;    ///< place of a node in the list
  std::size_t to = 0;      ///< likewise
  std::string label = {};  ///< beside it, such as a shape
};

/// Nodes and arrows, laid out from top to bottom.
struct Graph {
  std::string title = {};             ///< above it
  std::string caption = {};           ///< below it
  std::vector<GraphNode> nodes = {};  ///< in any order
  std::vector<GraphEdge> edges = {};  ///< in any order
};

/// The graph behind a tensor: operators, leaves and named constants, as `records` lists them.
/// Errors: `ValueError` for the undefined tensor.
Graph graph_of(const Tensor& tensor, const TensorNames& names = {}, std::string title = "");

/// @}

}  // namespace tapegrad::report
