#include "autograd/graph/dot.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/graph/marks.h"
#include "autograd/graph/sketch.h"
#include "autograd/graph/text.h"
#include "autograd/tensor/require.h"

// Sketches in Graphviz' language.

namespace tapegrad {

namespace detail {

namespace {

constexpr std::size_t kLongestLabel = 60;  // letters

/// Fill and line of a box.
struct Look {
  const char *fill, *line;
};
/// Light and dark, in tones that differ in brightness too, for who does not tell them by colour;
/// and each thing that has a colour has a shape, a line or a word of its own.
struct Palette {
  const char *paper, *text, *muted, *frame, *arrow, *back;
  Look operation, closed, leaf, constant, result, trouble, added, removed, changed, twice;
};
constexpr Palette kLight = {"#ffffff",
                            "#1f2328",
                            "#57606a",
                            "#b6bec8",
                            "#6e7781",
                            "#a8590a",
                            {"#eaf2fb", "#3b76b8"},
                            {"#cfe1f5", "#2a5d98"},
                            {"#dcf2ea", "#0f7b5f"},
                            {"#f2f3f5", "#8a929c"},
                            {"#fff2cc", "#b07d00"},
                            {"#fde2dd", "#c5221f"},
                            {"#d8ecff", "#0072b2"},
                            {"#f1eef0", "#6b5b6b"},
                            {"#fff0c2", "#b07d00"},
                            {"#f6dcec", "#a8447e"}};
constexpr Palette kDark = {"#14181d",
                           "#eef1f4",
                           "#a7b0ba",
                           "#4a535d",
                           "#99a3ad",
                           "#f0a050",
                           {"#1d2e42", "#6ea8e0"},
                           {"#27415f", "#8fc0f0"},
                           {"#15382f", "#4cc3a0"},
                           {"#262c33", "#8a939d"},
                           {"#41340f", "#e5b93c"},
                           {"#561d1b", "#ff7b72"},
                           {"#10385a", "#59b0f2"},
                           {"#2c2830", "#a294a4"},
                           {"#41340f", "#e5b93c"},
                           {"#47203a", "#e48fc2"}};

const Look& look_of(const Palette& palette, BoxKind kind, Mark mark) {
  switch (mark) {
    case Mark::trouble:
    case Mark::first_trouble:
      return palette.trouble;
    case Mark::added:
      return palette.added;
    case Mark::removed:
      return palette.removed;
    case Mark::changed:
      return palette.changed;
    case Mark::twice:
      return palette.twice;
    default:
      break;
  }
  switch (kind) {
    case BoxKind::operation:
      return palette.operation;
    case BoxKind::closed:
      return palette.closed;
    case BoxKind::leaf:
      return palette.leaf;
    case BoxKind::constant:
      return palette.constant;
    default:
      return palette.result;
  }
}

/// How many bytes the letter of UTF-8 at `at` has, or 0 where none is.
std::size_t letter_at(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(at);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  if ((first == 0xE0 && byte(at + 1) < 0xA0) || (first == 0xED && byte(at + 1) > 0x9F) ||
      (first == 0xF0 && byte(at + 1) < 0x90) || (first == 0xF4 && byte(at + 1) > 0x8F))
    return 0;
  return length;
}

/// In a label like HTML, of at most so many letters. Bytes that are no text are shown as
/// numbers.
std::string escaped(const std::string& text, std::size_t most = kLongestLabel) {
  std::string out;
  std::size_t letters = 0;
  for (std::size_t at = 0; at < text.size(); ++letters) {
    if (letters == most) return out + "&#8230;";
    const std::size_t length = letter_at(text, at);
    const auto c = static_cast<unsigned char>(text[at]);
    if (length == 0 || c < 0x20 || c == 0x7F)
      out += fmt::format("\\x{:02x}", c);
    else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
      out += fmt::format("&#{};", c);
    else
      out += text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out.empty() ? "&#160;" : out;
}

class Writer {
 public:
  Writer(const Sketch& sketch, const DotOptions& options)
      : sketch_(sketch), options_(options), palette_(options.dark ? kDark : kLight) {}

  std::string text() {
    begin();
    children_.resize(sketch_.frames.size());
    members_.resize(sketch_.frames.size());
    for (std::size_t f = 1; f < sketch_.frames.size(); ++f)
      children_[sketch_.frames[f].parent].push_back(f);
    for (std::size_t n = 0; n < sketch_.nodes.size(); ++n)
      members_[sketch_.nodes[n].frame].push_back(n);
    write_frame(0, 2);
    for (const SketchEdge& edge : sketch_.edges) write_edge(edge);
    return std::move(out_) + "}\n";
  }

 private:
  void begin() {
    out_ += fmt::format(
        R"(digraph tapegrad {{
  graph [bgcolor="{0}", fontname="Helvetica,Arial,sans-serif", fontsize=11, fontcolor="{1}",
         color="{2}", style="rounded", labeljust="l", ranksep=0.32, nodesep=0.28, pad=0.2,
         charset="UTF-8"];
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, fontcolor="{3}", shape=box,
        margin="0.08,0.055", height=0.3, penwidth=1];
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, fontcolor="{1}", color="{4}",
        arrowsize=0.6];
)",
        palette_.paper, palette_.muted, palette_.frame, palette_.text, palette_.arrow);
    if (options_.legend) write_legend();
  }

  // ---- the legend: what is in the picture, and nothing else ------------------------------------

  bool any_node(auto&& is) const { return std::ranges::any_of(sketch_.nodes, is); }
  bool any_edge(auto&& is) const { return std::ranges::any_of(sketch_.edges, is); }

  void write_legend() {
    std::string cells;
    int count = 0;
    const auto add = [&](bool shown, const Look& look, const char* style, const char* text) {
      if (!shown) return;
      if (count > 0 && count % 5 == 0) cells += "</tr><tr>";
      ++count;
      cells += fmt::format(
          R"(<td width="22" height="14" fixedsize="true" border="1" bgcolor="{}" color="{}"{}>)"
          R"(</td><td align="left">{}&#160;&#160;</td>)",
          look.fill, look.line, style, text);
    };
    const auto is = [&](BoxKind kind) {
      return any_node([&](const SketchNode& n) { return n.kind == kind && n.mark == Mark::none; });
    };
    const auto marked = [&](Mark mark) {
      return any_node([&](const SketchNode& n) { return n.mark == mark; });
    };
    const char* round = R"( style="rounded")";
    const Palette& p = palette_;
    add(is(BoxKind::operation), p.operation, round, "operator");
    add(is(BoxKind::closed), p.closed, round, "module or several operators");
    add(is(BoxKind::leaf), p.leaf, "", "leaf, such as a parameter");
    add(is(BoxKind::constant), p.constant, "", "constant");
    add(is(BoxKind::result), p.result, "", "result");
    add(marked(Mark::trouble) || marked(Mark::first_trouble), p.trouble, round,
        "NaN or infinities, thick: first seen");
    add(marked(Mark::between), {p.paper, p.trouble.line}, R"( style="rounded,dashed")",
        "between two such, not kept");
    add(any_node([](const SketchNode& n) { return n.released; }), {p.paper, p.operation.line},
        R"( style="rounded,dashed")", "released by backward()");
    add(marked(Mark::added), p.added, round, "+ new");
    add(marked(Mark::removed), p.removed, R"( style="rounded,dashed")", "- gone");
    add(marked(Mark::changed), p.changed, round, "! of another shape");
    add(marked(Mark::twice), p.twice, round, "2x recorded twice");
    std::vector<std::string> notes = sketch_.notes;
    if (any_edge([](const SketchEdge& e) { return e.carried; }))
      notes.push_back(
          fmt::format("dashed arrow: to the {}; sizes in a dashed frame are of all times",
                      options_.direction == DotDirection::backward ? "time before" : "next time"));
    if (options_.direction == DotDirection::backward) notes.push_back("arrows: gradients");
    if (options_.direction == DotDirection::both) notes.push_back("dashed arrows back: gradients");
    if (cells.empty() && notes.empty()) return;
    out_ += R"(  labelloc="b"; label=<<table border="0" cellborder="0" cellspacing="3">)";
    if (!cells.empty()) out_ += "<tr>" + cells + "</tr>";
    for (const std::string& note : notes)
      out_ += fmt::format(R"(<tr><td colspan="10" align="left">{}</td></tr>)",
                          escaped(note, note.size()));
    out_ += "</table>>;\n";
  }

  // ---- frames and boxes ------------------------------------------------------------------------

  void write_frame(std::size_t frame, int indent) {
    for (const std::size_t node : members_[frame]) write_node(node, indent);
    for (const std::size_t child : children_[frame]) {
      const SketchFrame& f = sketch_.frames[child];
      out_ += fmt::format("{:{}}subgraph cluster{} {{ labelloc=\"t\"; label={};", "", indent, child,
                          label_of(f.label, f.details, "", "left"));
      out_ += fmt::format(R"( style="rounded{}"; color="{}";)", f.repeat ? ",dashed" : "",
                          f.repeat ? palette_.back : palette_.frame);
      out_ += "\n";
      write_frame(child, indent + 2);
      out_ += fmt::format("{:{}}}}\n", "", indent);
    }
  }

  std::string label_of(const std::string& label, const std::vector<std::string>& details,
                       const char* sign = "", const char* align = "center") const {
    std::string text =
        fmt::format(R"(<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">)"
                    R"(<tr><td align="{}"><b>{}{}</b></td></tr>)",
                    align, sign, escaped(label));
    for (const std::string& detail : details)
      text +=
          fmt::format(R"(<tr><td align="{}"><font point-size="9" color="{}">{}</font></td></tr>)",
                      align, palette_.muted, escaped(detail));
    return text + "</table>>";
  }

  void write_node(std::size_t index, int indent) {
    const SketchNode& node = sketch_.nodes[index];
    const Look& look = look_of(palette_, node.kind, node.mark);
    const bool corners = node.kind == BoxKind::leaf || node.kind == BoxKind::constant;
    const bool dashed = node.released || node.mark == Mark::between || node.mark == Mark::removed;
    const bool strong = node.mark == Mark::first_trouble;
    const char* sign = node.mark == Mark::added     ? "+ "
                       : node.mark == Mark::removed ? "- "
                       : node.mark == Mark::changed ? "! "
                       : node.mark == Mark::twice   ? "2x "
                                                    : "";
    out_ += fmt::format(R"({:{}}n{} [label={}, style="filled{}{}", fillcolor="{}", color="{}")", "",
                        indent, index, label_of(node.label, node.details, sign),
                        corners ? "" : ",rounded", dashed ? ",dashed" : "",
                        node.released ? palette_.paper : look.fill,
                        node.mark == Mark::between ? palette_.trouble.line : look.line);
    if (node.kind == BoxKind::closed) out_ += ", peripheries=2";
    if (strong) out_ += ", penwidth=3.2";
    if (!strong && (node.kind == BoxKind::result || node.mark != Mark::none))
      out_ += ", penwidth=1.6";
    if (!node.tip.empty()) out_ += fmt::format(", tooltip=<{}>", escaped(node.tip));
    out_ += "];\n";
  }

  // ---- arrows ----------------------------------------------------------------------------------

  void write_edge(const SketchEdge& edge) {
    const bool backward = options_.direction == DotDirection::backward;
    if (!backward || edge.gradient) write_arrow(edge, backward, true);
    if (options_.direction == DotDirection::both && edge.gradient) write_arrow(edge, true, false);
  }

  /// A `main` one says where its ends stand; another one lies beside it.
  void write_arrow(const SketchEdge& edge, bool back, bool main) {
    std::string list;
    const auto add = [&](const std::string& attribute) {
      list += (list.empty() ? " [" : ", ") + attribute;
    };
    if (main && !edge.label.empty()) add(fmt::format("label=<&#160;{}>", escaped(edge.label)));
    const bool trouble = edge.mark == Mark::trouble || edge.mark == Mark::between;
    if (edge.carried || edge.mark == Mark::between || !main) add("style=dashed");
    if (edge.carried || !main) add("constraint=false");
    if (trouble)
      add(fmt::format(R"(color="{}", penwidth=1.8)", palette_.trouble.line));
    else if (edge.carried || !main)
      add(fmt::format(R"(color="{}")", palette_.back));
    out_ += fmt::format("  n{} -> n{}{}{};\n", back ? edge.to : edge.from,
                        back ? edge.from : edge.to, list, list.empty() ? "" : "]");
  }

  const Sketch& sketch_;
  const DotOptions& options_;
  const Palette& palette_;
  std::vector<std::vector<std::size_t>> children_, members_;  // of frames
  std::string out_;
};

}  // namespace

std::string write_sketch(const Sketch& sketch, const DotOptions& options) {
  return Writer(sketch, options).text();
}

}  // namespace detail

std::string to_dot(const Tensor& tensor, const DotOptions& options) try {
  detail::require_defined(tensor, "to_dot");
  const std::vector<RecordInfo> list =
      records(tensor, {.values = options.values, .gradients = options.gradients});
  return detail::write_sketch(
      detail::sketch_of(list, detail::trouble_marks(list, options.direction), &tensor, options),
      options);
} catch (...) {
  detail::rethrow_for("to_dot");
}

void write_dot(const std::string& path, const Tensor& tensor, const DotOptions& options) try {
  detail::write_text(path, to_dot(tensor, options), "write_dot");
} catch (...) {
  detail::rethrow_for("write_dot");
}

}  // namespace tapegrad
