#include "nn/report/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/default_dtype.h"
#include "nn/report/spec_parts.h"

namespace tapegrad::report {

Tensor Grid::points() const {
  if (!(left < right && bottom < top) || columns < 2 || rows < 2)
    fail<ValueError>(
        "report::Grid: {} columns from {} to {} and {} rows from {} to {} are no grid: it has 2 of "
        "each at least, over a rectangle that is not empty",
        columns, left, right, rows, bottom, top);
  std::vector<double> places;
  places.reserve(static_cast<std::size_t>(2 * rows * columns));
  const auto place = [](double low, double high, std::int64_t i, std::int64_t count) {
    return low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1);
  };
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      places.push_back(place(left, right, column, columns));
      places.push_back(place(bottom, top, row, rows));
    }
  }
  return tensor(places, {rows * columns, 2}, get_default_dtype());
}

namespace detail {

namespace {

constexpr std::int64_t kMostPoints = 512 * 512;
constexpr std::int64_t kMostPixels = 1024 * 1024;
constexpr std::size_t kMostFieldClasses = 10;
constexpr unsigned kSureness = 15;  // steps of it

unsigned char to_byte(double value, double low, double high) {
  if (!(high > low) || std::isnan(value)) return 0;
  return static_cast<unsigned char>(
      std::lround(255 * std::clamp((value - low) / (high - low), 0.0, 1.0)));
}

/// The least and the largest finite number.
std::pair<double, double> range_of(const std::vector<double>& values) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return {low, high};
}

/// A byte for each place: the class times 16, and from 0 to 15 how sure it is of it.
std::vector<unsigned char> field_bytes(const SpecWriter& writer, const Frame& frame,
                                       std::size_t places, std::size_t classes) {
  const Numbers values(frame.values);
  const bool decided = frame.values.dtype() == int64;
  const bool one = values.size() == places;
  if (!one && (values.size() != places * classes || decided))
    fail<ShapeError>(
        "{}: the frame '{}' has the shape {}; for {} places and {} classes it is [{}, {}], or [{}]",
        writer.where(), frame.label, frame.values.shape(), places, classes, places, classes,
        places);
  if (one && !decided && classes != 2)
    fail<ShapeError>(
        "{}: the frame '{}' has one probability for each place, but there are {} classes",
        writer.where(), frame.label, classes);
  std::vector<unsigned char> bytes;
  bytes.reserve(places);
  for (std::size_t i = 0; i < places; ++i) {
    std::size_t best = 0;
    double probability = 1;
    if (decided) {
      if (!(values[i] >= 0 && values[i] < static_cast<double>(classes)))
        fail<IndexError>("{}: the frame '{}' has the class {}, of {}", writer.where(), frame.label,
                         values[i], classes);
      best = static_cast<std::size_t>(values[i]);
    } else if (one) {
      best = values[i] > 0.5;
      probability = best == 1 ? values[i] : 1 - values[i];
    } else {
      const auto row = values.values().begin() + static_cast<std::ptrdiff_t>(i * classes);
      const auto most = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes));
      best = static_cast<std::size_t>(most - row);
      probability = *most;
    }
    // What sums to 1 and is never negative; scores are neither.
    if (!(probability >= 0 && probability < 1.001))
      fail<ValueError>(
          "{}: the frame '{}' has {}, which is no probability; apply softmax or sigmoid to scores",
          writer.where(), frame.label, probability);
    const double least = 1 / static_cast<double>(classes);
    const double sure = std::clamp((probability - least) / (1 - least), 0.0, 1.0);
    bytes.push_back(static_cast<unsigned char>(
        best * 16 + static_cast<unsigned>(std::lround(sure * kSureness))));
  }
  return bytes;
}

/// A byte for each place, from the lowest number of all frames to the highest.
std::vector<unsigned char> number_bytes(const SpecWriter& writer, const Frame& frame,
                                        std::size_t places, double low, double high) {
  const Numbers values(frame.values);
  writer.require_length(writer.where("the frame", frame.label), "values", values, places, false);
  std::vector<unsigned char> bytes;
  for (const double value : values) bytes.push_back(to_byte(value, low, high));
  return bytes;
}

}  // namespace

Spec spec_of(const Field& field) {
  SpecWriter writer("Field", field.title);
  const Grid& grid = field.grid;
  if (!(grid.left < grid.right && grid.bottom < grid.top) || grid.columns < 2 || grid.rows < 2 ||
      grid.columns > kMostPoints / grid.rows)
    fail<ValueError>("{}: the grid has from 2 rows and columns to {} places over a rectangle",
                     writer.where(), kMostPoints);
  if (field.class_names.size() == 1 || field.class_names.size() > kMostFieldClasses)
    fail<ValueError>("{}: {} classes cannot be shown, but 2 to {}, or none for numbers",
                     writer.where(), field.class_names.size(), kMostFieldClasses);
  const auto places = static_cast<std::size_t>(grid.rows * grid.columns);
  Json json{{"x", writer.axis(field.x)}, {"y", writer.axis(field.y)}, {"left", grid.left},
            {"right", grid.right},       {"bottom", grid.bottom},     {"top", grid.top},
            {"columns", grid.columns},   {"rows", grid.rows},         {"names", field.class_names}};
  double low = std::numeric_limits<double>::infinity(), high = -low;
  if (field.class_names.empty()) {
    for (const Frame& frame : field.frames) {
      const auto [least, most] = range_of(Numbers(frame.values).values());
      low = std::min(low, least);
      high = std::max(high, most);
    }
    json["unit"] = field.unit;
    json["low"] = number(low);
    json["high"] = number(high);
  }
  json["frames"] = Json::array();
  for (const Frame& frame : field.frames)
    json["frames"].push_back(
        {{"label", frame.label},
         {"bytes", base64(field.class_names.empty()
                              ? number_bytes(writer, frame, places, low, high)
                              : field_bytes(writer, frame, places, field.class_names.size()))}});
  if (field.points.defined())
    json["points"] = writer.classed_points(field.points, field.classes, field.class_names);
  json["lines"] = writer.all_series(field.lines, field.x, field.y);
  return writer.finish(field.caption, "field", json);
}

Spec spec_of(const Images& images) {
  SpecWriter writer("Images", images.title);
  if (images.size < 8 || images.size > 1024)
    fail<ValueError>("{}: pictures are 8 to 1024 pixels large, not {}", writer.where(),
                     images.size);
  double largest = 0;
  for (const Image& image : images.images)
    for (const double pixel : Numbers(image.pixels))
      if (std::isfinite(pixel)) largest = std::max(largest, std::abs(pixel));
  Json list = Json::array();
  for (const Image& image : images.images) {
    const Shape& shape = image.pixels.shape();
    const int rank = image.pixels.dim();
    if (rank < 2 || image.pixels.numel() == 0 || image.pixels.numel() > kMostPixels ||
        image.pixels.numel() != shape[rank - 1] * shape[rank - 2])
      fail<ShapeError>("{}: a picture is [height, width] of up to {} pixels, not {}",
                       writer.where(), kMostPixels, shape);
    const Numbers pixels(image.pixels);
    auto [low, high] = range_of(pixels.values());
    low = images.diverging ? -largest : images.low.value_or(low);
    high = images.diverging ? largest : images.high.value_or(high);
    std::vector<unsigned char> bytes;
    for (const double pixel : pixels) bytes.push_back(to_byte(pixel, low, high));
    list.push_back({{"width", shape[rank - 1]},
                    {"height", shape[rank - 2]},
                    {"caption", image.caption},
                    {"bytes", base64(bytes)}});
  }
  Json json{{"diverging", images.diverging}, {"size", images.size}};
  if (images.diverging) json["largest"] = number(largest);
  json["images"] = std::move(list);
  return writer.finish(images.caption, "images", json);
}

Spec spec_of(const Graph& graph) {
  constexpr const char* kinds[] = {"operation", "leaf", "constant", "result"};
  SpecWriter writer("Graph", graph.title);
  Json nodes = Json::array(), edges = Json::array();
  for (const GraphNode& node : graph.nodes)
    nodes.push_back({{"label", node.label},
                     {"detail", node.detail},
                     {"kind", kinds[static_cast<std::size_t>(node.kind)]},
                     {"group", node.group}});
  for (const GraphEdge& edge : graph.edges) {
    if (std::max(edge.from, edge.to) >= graph.nodes.size())
      fail<IndexError>("{}: an edge goes from node {} to node {}, but there are {}", writer.where(),
                       edge.from, edge.to, graph.nodes.size());
    edges.push_back({{"from", edge.from}, {"to", edge.to}, {"label", edge.label}});
  }
  return writer.finish(graph.caption, "graph",
                       {{"nodes", std::move(nodes)}, {"edges", std::move(edges)}});
}

}  // namespace detail

}  // namespace tapegrad::report
