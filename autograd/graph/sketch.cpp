#include "autograd/graph/sketch.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "autograd/base/format.h"
#include "autograd/graph/marks.h"
#include "autograd/graph/plan.h"
#include "autograd/graph/record_sum.h"
#include "autograd/graph/text.h"

namespace tapegrad::detail {

namespace {

/// A leaf or constant, with who reads it.
struct Source {
  const RecordInput* input;
  std::string name;
  std::vector<std::size_t> nodes = {};  ///< that read it, each once
  std::size_t times = 1;                ///< how many of the kind are drawn as this one
};

using Numbered = std::map<std::string, std::size_t>;
using NumberedPairs = std::map<std::pair<std::size_t, std::size_t>, std::size_t>;

class Sketcher {
 public:
  Sketcher(const std::vector<RecordInfo>& list, std::vector<Mark> marks, const Tensor* result,
           const DotOptions& options)
      : list_(list),
        options_(options),
        usual_type_(result         ? result->dtype()
                    : list.empty() ? float32
                                   : list.back().dtype),
        marks_(std::move(marks)),
        plan_(plan_picture(list, options)),
        node_of_(list.size()) {
    for (std::size_t i = 0; i < options.names.size(); ++i)
      names_.emplace(options.names[i].second.id(), i);
    Numbered known;
    for (const RecordInfo& info : list) {
      const auto [found, is_new] = known.try_emplace(info.scope, paths_.size());
      if (is_new) paths_.push_back(split_scope(info.scope));
      scopes_.push_back(found->second);
    }
    std::vector<const PlanItem*> within;
    for (const PlanItem& item : plan_) add_item(item, 0, within);
    sums_.resize(sketch_.nodes.size());
    for (std::size_t i = 0; i < list.size(); ++i) sums_[node_of_[i]].add(list[i], marks_[i]);
    add_sources();
    add_edges();
    add_details();
    if (result) add_result(*result);
  }

  Sketch sketch() && { return std::move(sketch_); }

 private:
  // ---- boxes of records, and frames ------------------------------------------------------------

  const ScopePath& path_of(std::size_t record) const { return paths_[scopes_[record]]; }
  std::string name_of(const void* id) const {
    const auto found = names_.find(id);
    return found == names_.end() ? "" : options_.names[found->second].first;
  }

  std::size_t common_scope(std::size_t first, std::size_t count) const {
    const ScopePath& path = path_of(first);
    std::size_t length = path.size();
    for (std::size_t i = first + 1; i < first + count; ++i) {
      const ScopePath& other = path_of(i);
      length = std::min(length, other.size());
      length = static_cast<std::size_t>(
          std::mismatch(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length),
                        other.begin())
              .first -
          path.begin());
    }
    return length;
  }

  /// Component `i` of the module path of a record; in a repeat also that of the last time.
  std::string component(std::size_t record, std::size_t i,
                        const std::vector<const PlanItem*>& within) const {
    std::size_t last = record;
    for (const PlanItem* repeat : within)
      last += repeat->count / repeat->times * (repeat->times - 1);
    const std::string &first = path_of(record)[i], &other = path_of(last)[i];
    return first == other ? first : first + " to " + other;
  }

  /// The frame of the first `to` components of the module path of a record, of which `base` has
  /// `from`.
  std::size_t frame_of(std::size_t record, std::size_t from, std::size_t to, std::size_t base,
                       const std::vector<const PlanItem*>& within) {
    for (std::size_t i = from; i < to; ++i) {
      const auto [found, is_new] = frames_.try_emplace(
          fmt::format("{} {}", base, path_of(record)[i]), sketch_.frames.size());
      if (is_new) {
        sketch_.frames.push_back({.label = component(record, i, within),
                                  .parent = base,
                                  .depth = sketch_.frames[base].depth + 1});
        frame_scope_.push_back(i + 1);
      }
      base = found->second;
    }
    return base;
  }

  /// `base` is the frame of the repeat around it, or 0.
  void add_item(const PlanItem& item, std::size_t base, std::vector<const PlanItem*>& within) {
    const ScopePath& path = path_of(item.first);
    const std::size_t known = base == 0 ? 0 : frame_scope_[base];
    if (item.kind == PlanItem::Kind::repeat) {
      const std::size_t length = common_scope(item.first, item.count);
      const std::size_t around = frame_of(item.first, known, std::max(known, length), base, within);
      const std::size_t frame = sketch_.frames.size();
      sketch_.frames.push_back(
          {.label = fmt::format("{} times", with_commas(static_cast<std::int64_t>(item.times))),
           .parent = around,
           .depth = sketch_.frames[around].depth + 1,
           .repeat = true});
      frame_scope_.push_back(std::max(known, length));
      within.push_back(&item);
      for (const PlanItem& each : item.body) add_item(each, frame, within);
      within.pop_back();
      place_times(item);
      return;
    }
    SketchNode node;
    std::size_t depth = path.size();
    if (item.kind == PlanItem::Kind::operation) {
      const RecordInfo& info = list_[item.first];
      node.label = info.name;
      node.released = info.released;
      node.tip = fmt::format("#{} {}", item.first, info.scope);
    } else {
      node.kind = BoxKind::closed;
      depth = item.kind == PlanItem::Kind::module ? item.depth - 1
                                                  : common_scope(item.first, item.count);
      node.label = item.kind == PlanItem::Kind::module ? component(item.first, depth, within)
                                                       : most_frequent(item);
      node.tip = fmt::format("#{} to #{}", item.first, item.first + item.count - 1);
      for (std::size_t i = 0; item.kind == PlanItem::Kind::module && i < item.depth; ++i)
        node.tip += (i == 0 ? " " : ".") + path[i];
    }
    node.frame = frame_of(item.first, known, std::max(known, depth), base, within);
    for (std::size_t i = item.first; i < item.first + item.count; ++i)
      node_of_[i] = sketch_.nodes.size();
    sketch_.nodes.push_back(std::move(node));
    within_.push_back(within);
  }

  /// Each time of a repeat is drawn where the first one is.
  void place_times(const PlanItem& repeat) {
    const std::size_t length = repeat.count / repeat.times;
    for (std::size_t i = repeat.first + length; i < repeat.first + repeat.count; ++i)
      node_of_[i] = node_of_[i - length];
  }

  /// "add, mul, sin, ...", of what is together without a reason of its own.
  std::string most_frequent(const PlanItem& item) const {
    Numbered counts;
    for (std::size_t i = item.first; i < item.first + item.count; ++i) ++counts[list_[i].name];
    std::string text;
    for (int i = 0; i < 3 && !counts.empty(); ++i) {
      const auto most =
          std::max_element(counts.begin(), counts.end(),
                           [](const auto& x, const auto& y) { return x.second < y.second; });
      text += (i == 0 ? "" : ", ") + most->first;
      counts.erase(most);
    }
    return counts.empty() ? text : text + ", ...";
  }

  // ---- leaves and constants ----------------------------------------------------------------------

  bool closed(std::size_t node) const { return sketch_.nodes[node].kind == BoxKind::closed; }

  void add_sources() {
    std::map<const void*, std::size_t> places;
    NumberedPairs known;  // leaf, and frame that has it
    frame_parameters_.resize(sketch_.frames.size());
    for (std::size_t i = 0; i < list_.size(); ++i) {
      for (const RecordInput& input : list_[i].inputs) {
        if (!input.id) continue;
        const auto [found, is_new] = places.try_emplace(input.id, sources_.size());
        if (is_new) {
          sources_.push_back({&input, name_of(input.id)});
        }
        std::vector<std::size_t>& nodes = sources_[found->second].nodes;
        if (std::ranges::find(nodes, node_of_[i]) == nodes.end()) nodes.push_back(node_of_[i]);
        if (input.kind != RecordInput::Kind::leaf) continue;
        for (std::size_t f = sketch_.nodes[node_of_[i]].frame; f != 0; f = sketch_.frames[f].parent)
          if (known.try_emplace({found->second, f}).second)
            frame_parameters_[f] += input.shape.numel();
      }
    }
    Numbered kinds;  // of those that are drawn as one
    std::size_t left_out = 0, boxes = 0;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      Source& source = sources_[i];
      const bool leaf = source.input->kind == RecordInput::Kind::leaf;
      if (!leaf && options_.direction == DotDirection::backward) continue;
      const bool all_closed =
          std::ranges::all_of(source.nodes, [&](std::size_t n) { return closed(n); });
      if (all_closed && (source.nodes.size() == 1 || (!leaf && source.name.empty()))) {
        // It is within the box, which counts it.
        if (leaf) sums_[source.nodes[0]].parameters += source.input->shape.numel();
        if (leaf || source.name.empty()) continue;
      }
      if (std::ranges::any_of(source.nodes, [&](std::size_t n) { return !within_[n].empty(); })) {
        std::string kind =
            fmt::format("{} {} {} {}", static_cast<int>(source.input->kind), source.input->shape,
                        source.input->dtype, source.input->value.value_or(0.5));
        for (const std::size_t node : source.nodes) kind += fmt::format(" {}", node);
        const auto [found, is_new] = kinds.try_emplace(std::move(kind), i);
        if (!is_new) {
          ++sources_[found->second].times;
          continue;
        }
      }
      if (options_.most_operators > 0 &&
          ++boxes > 2 * static_cast<std::size_t>(options_.most_operators)) {
        ++left_out;
        continue;
      }
      drawn_.push_back(i);
    }
    if (left_out > 0)
      sketch_.notes.push_back(counted(left_out, "more leaf or constant") + " not drawn");
    for (const std::size_t i : drawn_) add_source(sources_[i]);
  }

  void add_source(const Source& source) {
    const RecordInput& input = *source.input;
    const bool leaf = input.kind == RecordInput::Kind::leaf;
    SketchNode node;
    node.kind = leaf ? BoxKind::leaf : BoxKind::constant;
    std::string type = type_text(input.shape, input.dtype);
    if (source.times > 1) type = fmt::format("{} of {}", source.times, type);
    node.label = source.name;
    if (source.times > 1 && !source.name.empty()) node.label += " ...";
    if (node.label.empty() && input.value) {
      node.label = fmt::format("{:g}", *input.value);
    } else if (node.label.empty()) {
      node.label = std::move(type);
    } else {
      node.details.push_back(std::move(type));
    }
    if (options_.direction != DotDirection::backward && has_trouble(input)) {
      node.mark = Mark::trouble;
      node.details.push_back(trouble_text(*input.not_finite));
    }
    if (input.gradient_norm) {
      node.details.push_back(gradient_text(*input.gradient_norm));
      if (options_.direction != DotDirection::forward && !std::isfinite(*input.gradient_norm))
        node.mark = Mark::trouble;
    }
    node.frame = !leaf && !source.name.empty() ? 0 : frame_around(source.nodes);
    const std::size_t from = sketch_.nodes.size();
    for (const std::size_t to : source.nodes)
      sketch_.edges.push_back({.from = from, .to = to, .gradient = leaf, .mark = node.mark});
    sketch_.nodes.push_back(std::move(node));
  }

  /// The innermost frame that holds all these nodes, except those outside all frames, such as weight
  /// decay.
  std::size_t frame_around(const std::vector<std::size_t>& nodes) const {
    std::size_t frame = 0;
    bool any = false;
    const std::vector<SketchFrame>& frames = sketch_.frames;
    for (const std::size_t node : nodes) {
      std::size_t other = sketch_.nodes[node].frame;
      if (other == 0) continue;
      if (!std::exchange(any, true)) frame = other;
      while (frame != other) {
        std::size_t& deeper = frames[frame].depth >= frames[other].depth ? frame : other;
        deeper = frames[deeper].parent;
      }
    }
    return frame;
  }

  // ---- arrows --------------------------------------------------------------------------------------

  void add_edges() {
    NumberedPairs known;  // of boxes of several records
    for (std::size_t i = 0; i < list_.size(); ++i) {
      for (const RecordInput& input : list_[i].inputs) {
        if (input.kind != RecordInput::Kind::record) continue;
        const auto before = static_cast<std::size_t>(input.record);
        const std::size_t from = node_of_[before], to = node_of_[i];
        const bool carried = is_carried(before, i);
        if (from == to && !carried) continue;  // within the box
        SketchEdge edge{.from = from, .to = to, .carried = carried, .mark = edge_mark(before)};
        if (closed(from) && list_[before].outputs == 1)
          edge.label = type_text(list_[before].shape, list_[before].dtype);
        if (sums_[from].operators > 1 || sums_[to].operators > 1) {
          const auto [found, is_new] =
              known.try_emplace({2 * from + carried, to}, sketch_.edges.size());
          if (!is_new) {
            SketchEdge& first = sketch_.edges[found->second];
            first.mark = std::max(first.mark, edge.mark);
            if (first.label != edge.label) first.label = "several";
            continue;
          }
        }
        sketch_.edges.push_back(std::move(edge));
      }
    }
  }

  /// Of what the record hands on.
  Mark edge_mark(std::size_t record) const {
    const Mark mark = marks_[record];
    return mark >= Mark::added ? Mark::none : std::min(mark, Mark::trouble);
  }

  /// True when the value goes from one time of a repeat to another.
  bool is_carried(std::size_t before, std::size_t after) const {
    const auto& a = within_[node_of_[before]];
    const auto& b = within_[node_of_[after]];
    for (std::size_t level = 0; level < std::min(a.size(), b.size()) && a[level] == b[level];
         ++level) {
      const PlanItem& repeat = *a[level];
      const std::size_t length = repeat.count / repeat.times;
      if ((before - repeat.first) / length != (after - repeat.first) / length) return true;
      before = repeat.first + (before - repeat.first) % length;
      after = repeat.first + (after - repeat.first) % length;
    }
    return false;
  }

  // ---- texts ---------------------------------------------------------------------------------------

  /// Of a tensor within the graph; the type that the result has goes without saying.
  std::string type_text(const Shape& shape, DType dtype) const {
    return dtype == usual_type_ ? to_string(shape) : fmt::format("{} {}", shape, dtype);
  }

  void add_details() {
    std::vector<RecordSum> frames(sketch_.frames.size());
    for (std::size_t i = 0; i < list_.size(); ++i)
      for (std::size_t f = sketch_.nodes[node_of_[i]].frame; f != 0; f = sketch_.frames[f].parent)
        frames[f].add(list_[i], Mark::none);
    for (std::size_t f = 1; f < sketch_.frames.size(); ++f) {
      std::string detail;
      if (const std::int64_t count = frame_parameters_[f]; count > 0)
        detail = counted(static_cast<std::size_t>(count), "parameter");
      if (options_.bytes && frames[f].bytes > 0 && frames[f].operators > 1)
        detail += (detail.empty() ? "keeps " : ", keeps ") + readable_bytes(frames[f].bytes);
      if (!detail.empty()) sketch_.frames[f].details = {std::move(detail)};
    }
    std::vector<std::size_t> one(sums_.size());  // a record of each box
    for (std::size_t i = list_.size(); i-- > 0;) one[node_of_[i]] = i;
    for (std::size_t n = 0; n < sums_.size(); ++n) {
      SketchNode& node = sketch_.nodes[n];
      const RecordSum& sum = sums_[n];
      const RecordInfo& info = list_[one[n]];
      node.mark = sum.mark;
      std::string first;
      if (node.kind == BoxKind::closed) {
        node.details.push_back(sum.operators == 1 ? info.name : counted(sum.operators, "operator"));
        if (sum.parameters > 0)
          node.details.push_back(counted(static_cast<std::size_t>(sum.parameters), "parameter"));
      } else {
        first = info.outputs == 1 ? type_text(info.shape, info.dtype)
                                  : fmt::format("{} outputs", info.outputs);
      }
      if (options_.bytes && sum.bytes > 0)
        first += (first.empty() ? "keeps " : ", keeps ") + readable_bytes(sum.bytes);
      if (!first.empty()) node.details.push_back(std::move(first));
      if (sum.has_gradient) node.details.push_back(sum.gradient());
      if (node.mark <= Mark::first_trouble && sum.not_finite.any() &&
          options_.direction != DotDirection::backward)
        node.details.push_back((node.mark == Mark::first_trouble ? "first seen: " : "") +
                               trouble_text(sum.not_finite));
    }
  }

  void add_result(const Tensor& tensor) {
    const bool leaf = list_.empty();
    const std::string name = name_of(tensor.id());
    SketchNode node{.kind = leaf && tensor.requires_grad() ? BoxKind::leaf : BoxKind::result,
                    .label = !name.empty() ? name
                             : leaf        ? "leaf"
                                           : "result"};
    node.details.push_back(tensor.dtype() == float32
                               ? to_string(tensor.shape())
                               : fmt::format("{} {}", tensor.shape(), tensor.dtype()));
    if (!leaf) node.mark = edge_mark(list_.size() - 1);
    sketch_.nodes.push_back(std::move(node));
    if (!leaf)
      sketch_.edges.push_back({.from = node_of_.back(),
                               .to = sketch_.nodes.size() - 1,
                               .mark = edge_mark(list_.size() - 1)});
  }

  const std::vector<RecordInfo>& list_;
  const DotOptions& options_;
  DType usual_type_;
  std::vector<Mark> marks_;
  std::vector<PlanItem> plan_;
  Sketch sketch_;
  std::map<const void*, std::size_t> names_;  // places in the options
  std::vector<ScopePath> paths_;
  std::vector<std::size_t> scopes_;                   // the path of each record
  std::vector<std::size_t> node_of_;                  // of each record
  std::vector<std::vector<const PlanItem*>> within_;  // repeats around each node, the outer first
  Numbered frames_;                                   // in a frame, of a name
  std::vector<std::size_t> frame_scope_ = {0};        // how much of the path is above and with it
  std::vector<std::int64_t> frame_parameters_;
  std::vector<RecordSum> sums_;  // of the nodes of records
  std::vector<Source> sources_;
  std::vector<std::size_t> drawn_;
};

}  // namespace

Sketch sketch_of(const std::vector<RecordInfo>& list, std::vector<Mark> marks, const Tensor* result,
                 const DotOptions& options) {
  return Sketcher(list, std::move(marks), result, options).sketch();
}

}  // namespace tapegrad::detail
