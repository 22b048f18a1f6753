#include "graph_check/models.h"

#include <fmt/format.h>
#include <nn/nn.h>

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

/// Reads rows of numbers one after another, and remembers. Elman, 1990.
struct Recurrent {
  std::int64_t width;
  nn::Linear in{3, width}, hidden{width, width}, out{width, 2};

  Tensor operator()(const Tensor& x) const {  // [rows, steps, 3] to [rows, 2]
    Tensor h = tg::zeros({x.size(0), width}, x.dtype());
    for (std::int64_t step = 0; step < x.size(1); ++step)
      h = tg::tanh(in(tg::select(x, 1, step)) + hidden(h));
    return out(h);
  }
  void visit(nn::Visitor& f) { f("in", in), f("hidden", hidden), f("out", out); }
};

/// Attention and a perceptron, each beside a way around it. Vaswani et al., 2017.
struct Block {
  std::int64_t width, heads;
  nn::LayerNorm norm1 = nn::LayerNorm(width), norm2 = nn::LayerNorm(width);
  nn::Linear qkv{width, 3 * width}, merge{width, width};
  nn::Linear up{width, 2 * width}, down{2 * width, width};

  Tensor operator()(const Tensor& x) const {  // [rows, letters, width]
    const Tensor y = x + merge(attention(qkv(norm1(x))));
    return y + down(tg::gelu(up(norm2(y))));
  }
  Tensor attention(const Tensor& all) const {
    const std::int64_t rows = all.size(0), letters = all.size(1);
    const Tensor parts =
        all.reshape({rows, letters, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
    const Tensor q = parts[0], k = parts[1], v = parts[2];
    const Tensor scores =
        tg::matmul(q, k, {.transpose_b = true}) / std::sqrt(static_cast<double>(width / heads));
    return tg::matmul(tg::softmax(scores, -1), v)
        .permute({0, 2, 1, 3})
        .reshape({rows, letters, width});
  }
  void visit(nn::Visitor& f) {
    f("norm1", norm1), f("qkv", qkv), f("merge", merge);
    f("norm2", norm2), f("up", up), f("down", down);
  }
};

/// A model with its input and loss.
template <class Net>
Model model(std::string name, const Net& net, const Tensor& input,
            const std::function<Tensor(const Tensor&)>& loss) {
  return {std::move(name), [=] { return tg::graph_check(net, input, loss); },
          [=] {
            Net copy = nn::clone(net);
            nn::name_modules(copy, "net");
            Tape tape{loss(copy(input)), {}};
            tape.names = {{"input", input}, {"loss", tape.loss}};
            for (const nn::Parameter& p : nn::parameters(copy))
              tape.names.emplace_back(p.name, p.value);
            return tape;
          }};
}

bool has_graphviz() {
  const char* path = std::getenv("PATH");
  for (std::string left = path ? path : ""; !left.empty();) {
    const std::size_t end = std::min(left.find(':'), left.size());
    if (std::filesystem::exists(left.substr(0, end) + "/dot")) return true;
    left.erase(0, end + 1);
  }
  return false;
}

void write(const std::string& path, const std::string& dot) {
  const std::string ending = std::filesystem::path(path).extension().string();
  if (ending == ".svg" || ending == ".png" || ending == ".pdf") return tg::render_dot(dot, path);
  std::ofstream file(path, std::ios::binary);
  file << dot;
  if (!file.flush()) throw std::runtime_error(fmt::format("cannot write '{}'", path));
}

}  // namespace

std::vector<Model> models() {
  tg::manual_seed(8);
  const Tensor x = tg::randn({4, 3}), classes = tg::tensor({0, 2, 1, 2});
  const auto cross_entropy = [classes](const Tensor& y) { return tg::cross_entropy(y, classes); };
  const auto squares = [](const Tensor& y) { return tg::mean(tg::square(y - 0.5)); };
  return {model("tanh, cross-entropy", nn::Sequential{nn::Linear{3, 5}, tg::tanh, nn::Linear{5, 3}},
                x, cross_entropy),
          model("gelu, layer norm, squares",
                nn::Sequential{nn::Linear{3, 4}, nn::LayerNorm{4}, tg::gelu, nn::Linear{4, 2}}, x,
                squares),
          model("silu, softmax, squares",
                nn::Sequential{nn::Linear{3, 4}, tg::silu, nn::Linear{4, 3}, nn::Softmax{1}}, x,
                squares),
          model("784-100-10, cross-entropy",
                nn::Sequential{nn::Linear{784, 100}, tg::sigmoid, nn::Linear{100, 10}},
                tg::rand({4, 784}), cross_entropy),
          model("recurrent", Recurrent{4}, tg::randn({2, 12, 3}), squares),
          model("transformer", nn::Sequential{Block{4, 2}, Block{4, 2}, Block{4, 2}},
                tg::randn({2, 3, 4}), squares)};
}

void print_tape(const Model& model) {
  const Tape tape = model.tape();
  fmt::print("\nThe tape of \"{}\" with its loss\n{}\n", model.name,
             tg::format_records(tape.loss, tape.names, {.gradients = true}));
}

void write_picture(const std::string& path, const Model& model, bool backward) {
  const Tape tape = model.tape();
  write(path, tg::to_dot(tape.loss, {.names = tape.names,
                                     .direction = backward ? tg::DotDirection::backward
                                                           : tg::DotDirection::forward,
                                     .gradients = true}));
}

void show_diff(const std::string& path, const Model& before, const Model& after) {
  const tg::GraphDiff diff = tg::graph_diff(before.tape().loss, after.tape().loss);
  fmt::print("From \"{}\" to \"{}\"\n{}", before.name, after.name, tg::format_graph_diff(diff));
  if (!path.empty()) write(path, tg::to_dot(diff));
}

std::string picture_name(const std::string& name) {
  std::string file;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-')
      file += c;
    else if (!file.empty() && file.back() != '_')
      file += '_';
  return file + (has_graphviz() ? ".svg" : ".dot");
}
