#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>

// Proves the gradients: every operator of the library, and a few models, against differences at
// first and second order. Prints one table and a model's tape; exit status 1 when a gradient is
// wrong.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

struct Row {
  std::string name;
  int cases = 0;
  std::int64_t entries = 0;
  double worst[2] = {0, 0};
  std::string failure;
};

void add(Row& row, const std::string& label, const tg::GradcheckResult& result) {
  row.entries += result.entries;
  double& worst = row.worst[result.order - 1];
  worst = std::max(worst, result.worst_error);
  if (!result && row.failure.empty()) row.failure = label + ": " + result.message();
}

Row check(const tg::OperatorInfo& op) {
  Row row;
  row.name = op.name;
  for (const tg::OperatorCase& example : op.cases) {
    ++row.cases;
    add(row, example.label, tg::gradcheck(example.call, example.inputs));
    add(row, example.label, tg::gradgradcheck(example.call, example.inputs));
  }
  return row;
}

/// A model as an operator of its input and its parameters.
tg::OperatorInfo model(std::string name, nn::Sequential net, const tg::Tensor& x,
                       const auto& loss) {
  nn::to(net, tg::float64);
  std::vector<tg::Tensor> inputs{x};
  for (const nn::Parameter& p : nn::parameters(net)) inputs.push_back(p.value);
  const auto call = [net, loss](const std::vector<tg::Tensor>& in) mutable {
    nn::Sequential with = net;
    std::size_t next = 1;
    struct Place : nn::Visitor {
      const std::vector<tg::Tensor>& in;
      std::size_t& next;
      Place(const std::vector<tg::Tensor>& values, std::size_t& first) : in(values), next(first) {}
      void on_parameter(const std::string&, tg::Tensor& value) override { value = in[next++]; }
    };
    Place(in, next).walk(with);
    return loss(with(in[0]));
  };
  return {std::move(name), {{"input and parameters", inputs, call}}};
}

std::vector<tg::OperatorInfo> models() {
  tg::manual_seed(8);
  const tg::Tensor x = tg::randn({4, 3}, tg::float64).requires_grad_();
  const tg::Tensor classes = tg::tensor({0, 2, 1, 2});
  const auto cross_entropy = [classes](const tg::Tensor& y) {
    return tg::cross_entropy(y, classes);
  };
  const auto squares = [](const tg::Tensor& y) { return tg::mean(tg::square(y - 0.5)); };
  return {model("tanh, cross-entropy", nn::Sequential{nn::Linear{3, 5}, tg::tanh, nn::Linear{5, 3}},
                x, cross_entropy),
          model("gelu, layer norm, squares",
                nn::Sequential{nn::Linear{3, 4}, nn::LayerNorm{4}, tg::gelu, nn::Linear{4, 2}}, x,
                squares),
          model("silu, softmax, squares",
                nn::Sequential{nn::Linear{3, 4}, tg::silu, nn::Linear{4, 3}, nn::Softmax{1}}, x,
                squares)};
}

bool print_table(const char* title, const std::vector<tg::OperatorInfo>& list) {
  fmt::print("{:<26} {:>5} {:>8} {:>12} {:>12}\n", title, "cases", "entries", "order 1", "order 2");
  bool ok = true;
  for (const tg::OperatorInfo& op : list) {
    const Row row = check(op);
    fmt::print("{:<26} {:>5} {:>8} {:>12.1e} {:>12.1e}  {}\n", row.name, row.cases, row.entries,
               row.worst[0], row.worst[1], row.failure.empty() ? "ok" : "WRONG: " + row.failure);
    ok &= row.failure.empty();
  }
  fmt::print("\n");
  return ok;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Checks every operator and a few models against differences, at first and second order, and\n"
      "prints the worst relative error of each. Exit status 1 when a gradient is wrong."};
  std::string dot;
  bool quick = false;
  app.add_option("--dot", dot, "Write the graph of a model's loss to this file, for `dot -Tsvg`")
      ->check(
          [](const std::string& name) { return name.empty() ? "give the name of a file" : ""; });
  app.add_flag("--quick", quick, "The whole check is quick; accepted so that all examples take it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "graph_check: {}\nRun 'graph_check --help' for all flags.\n", error.what());
    return 2;
  }

  std::vector<tg::OperatorInfo> operators = tg::operators();
  for (tg::OperatorInfo& info : nn::operators()) operators.push_back(std::move(info));
  const bool operators_ok = print_table("operator", operators);
  const bool models_ok = print_table("model", models());

  nn::Sequential net{nn::Linear{3, 5}, tg::tanh, nn::Linear{5, 3}};
  nn::name_modules(net, "net");
  const tg::Tensor loss = nn::cross_entropy(net(tg::randn({4, 3})), tg::tensor({0, 2, 1, 2}));
  tg::TensorNames names{{"loss", loss}};
  for (const nn::Parameter& p : nn::parameters(net)) names.emplace_back(p.name, p.value);
  fmt::print("The tape of a perceptron with its loss\n{}\n", tg::format_records(loss, names));
  if (!dot.empty()) tg::write_dot(dot, loss, names);
  if (operators_ok && models_ok) fmt::print("All gradients are right.\n");
  return operators_ok && models_ok ? 0 : 1;
}

}  // namespace

// Exit status: 2 for wrong flags, 1 for a wrong gradient and whatever else fails.
int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout.flush())
      throw std::runtime_error("cannot write to the standard output");
    return status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "graph_check: {}\n", error.what());
    return 1;
  }
}
