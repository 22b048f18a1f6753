#include "nn/module/module.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "autograd/graph/graph.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "nn/layers/activation/activations.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/sequential.h"
#include "nn/module/state.h"
#include "nn/module/summary.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

struct Net {
  nn::Linear fc1{3, 4};
  nn::BatchNorm1d norm{4};
  nn::Linear fc2{4, 2, {.bias = false}};

  Tensor operator()(const Tensor& x) const { return fc2(tg::relu(norm(fc1(x)))); }
  void visit(auto& f) {
    f("fc1", fc1);
    f("norm", norm);
    f("fc2", fc2);
  }
};

/// Every kind of member that a model may have.
struct Zoo {
  Tensor scale = tg::ones(2).requires_grad_();
  Tensor absent;
  std::vector<nn::Linear> blocks{nn::Linear{1, 1}, nn::Linear{1, 1, {.bias = false}}};
  std::array<Tensor, 2> pair{tg::zeros(1), tg::zeros(1)};
  std::optional<nn::Linear> head;
  Tensor (*activation)(Tensor) = tg::tanh;
  Tensor steps = tg::zeros({}, tg::int64);

  void visit(auto& f) {
    f("scale", scale);
    f("absent", absent);
    f("blocks", blocks);
    f("pair", pair);
    f("head", head);
    f("activation", activation);
    f.buffer("steps", steps);
  }
};

/// Two layers that share one weight.
struct Tied {
  nn::Linear encode{2, 2, {.bias = false}}, decode{2, 2, {.bias = false}};
  Tied() { decode.weight = encode.weight; }
  void visit(auto& f) {
    f("encode", encode);
    f("decode", decode);
  }
};

std::vector<std::string> names(const std::vector<nn::Parameter>& list) {
  std::vector<std::string> all;
  for (const auto& entry : list) all.push_back(entry.name);
  return all;
}

using Names = std::vector<std::string>;

Tensor value_of(const std::vector<nn::Parameter>& list, const std::string& name) {
  for (const auto& entry : list) {
    if (entry.name == name) return entry.value;
  }
  FAIL("no tensor is called " << name);
  return {};
}

}  // namespace

TEST_CASE("parameters have PyTorch's dotted names, in the order of visit") {
  const Net net;
  CHECK(names(nn::parameters(net)) ==
        Names{"fc1.weight", "fc1.bias", "norm.weight", "norm.bias", "fc2.weight"});
  CHECK(names(nn::buffers(net)) ==
        Names{"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"});
}

TEST_CASE("parameters are handles of the model's own tensors") {
  Net net;
  CHECK(nn::parameters(net)[0].value.is_same(net.fc1.weight));
}

TEST_CASE(
    "members may be tensors, modules, functions, optionals and lists; what is absent is skipped") {
  Zoo zoo;
  CHECK(names(nn::parameters(zoo)) ==
        Names{"scale", "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "pair.0", "pair.1"});
  zoo.head.emplace(2, 3);
  zoo.absent = tg::zeros(1);
  CHECK(names(nn::parameters(zoo)) == Names{"scale", "absent", "blocks.0.weight", "blocks.0.bias",
                                            "blocks.1.weight", "pair.0", "pair.1", "head.weight",
                                            "head.bias"});
  CHECK(names(nn::buffers(zoo)) == Names{"steps"});
}

TEST_CASE("visit may also be an ordinary function of a Visitor") {
  struct Local {
    nn::Linear fc{1, 1};
    void visit(nn::Visitor& f) { f("fc", fc); }
  };
  CHECK(names(nn::parameters(Local())) == Names{"fc.weight", "fc.bias"});
}

TEST_CASE("a parameter that cannot be trained is an error that names it and the way out") {
  struct Wrong {
    Tensor index = tg::zeros(2, tg::int64);
    void visit(nn::Visitor& f) { f("index", index); }
  };
  CHECK_THROWS_AS(nn::parameters(Wrong()), tg::DTypeError);
  CHECK_THROWS_WITH(nn::parameters(Wrong()), ContainsSubstring("parameter index is int64") &&
                                                 ContainsSubstring("f.buffer(\"index\", ...)"));
}

TEST_CASE("a shared tensor is one parameter, but has all its names in the state") {
  const Tied tied;
  CHECK(names(nn::parameters(tied)) == Names{"encode.weight"});
  CHECK(nn::parameter_count(tied) == 4);
  CHECK(names(nn::state_dict(tied)) == Names{"encode.weight", "decode.weight"});
}

TEST_CASE("parameter_count counts elements, frozen ones on request not") {
  Net net;
  CHECK(nn::parameter_count(net) == 3 * 4 + 4 + 4 + 4 + 4 * 2);
  nn::freeze(net.norm);
  CHECK(nn::parameter_count(net, true) == 3 * 4 + 4 + 4 * 2);
  CHECK(nn::parameter_count(net) == 32);
}

TEST_CASE("a frozen model collects no gradients until it is unfrozen") {
  Net net;
  const Tensor x = tg::tensor({{1., 2., 3.}, {0., 1., 5.}});
  nn::freeze(net);
  CHECK_FALSE(net(x).requires_grad());
  nn::unfreeze(net);
  net(x).sum().backward();
  CHECK(net.fc1.weight.grad().defined());
}

TEST_CASE("freezing a parameter that an operator made fails and changes nothing") {
  Net net;
  net.fc2.weight = net.fc2.weight * 2;
  CHECK_THROWS_AS(nn::freeze(net), tg::GradError);
  CHECK_THROWS_WITH(nn::freeze(net), ContainsSubstring("fc2.weight"));
  CHECK(net.fc1.weight.requires_grad());
}

TEST_CASE("zero_grad drops all gradients") {
  Net net;
  net(tg::tensor({{1., 2., 3.}, {0., 1., 5.}})).sum().backward();
  nn::zero_grad(net);
  for (const auto& [name, value] : nn::parameters(net)) CHECK_FALSE(value.grad().defined());
}

TEST_CASE("train and eval reach every layer, however deep") {
  nn::Sequential net{nn::Sequential{nn::Dropout(1.0)}};
  const Tensor x = tg::ones(3);
  CHECK(tg::equal(net(x), tg::zeros(3)));
  nn::eval(net);
  CHECK(tg::equal(net(x), x));
  nn::train(net);
  CHECK(tg::equal(net(x), tg::zeros(3)));
}

TEST_CASE("a copy shares its tensors; a clone has its own") {
  Net net;
  nn::freeze(net.fc2);
  Net copy = net;
  Net clone = nn::clone(net);
  {
    const tg::NoGrad no_grad;
    net.fc1.bias.fill_(7);
    net.norm.running_mean.fill_(3);
  }
  CHECK(copy.fc1.bias.is_same(net.fc1.bias));
  CHECK_FALSE(tg::equal(clone.fc1.bias, net.fc1.bias));
  CHECK(tg::equal(clone.norm.running_mean, tg::zeros(4)));
  CHECK(tg::equal(clone.fc1.weight, net.fc1.weight));
  CHECK(clone.fc1.weight.is_leaf());
  CHECK(clone.fc1.weight.requires_grad());
  CHECK_FALSE(clone.fc2.weight.requires_grad());
}

TEST_CASE("a clone of a Sequential does not share what its layers hold") {
  const nn::Sequential net{nn::Linear{1, 1}};
  const nn::Sequential clone = nn::clone(net);
  CHECK_FALSE(clone[0].get<nn::Linear>()->weight.is_same(net[0].get<nn::Linear>()->weight));
}

TEST_CASE("a clone keeps shared tensors shared") {
  const Tied clone = nn::clone(Tied());
  CHECK(clone.encode.weight.is_same(clone.decode.weight));
}

TEST_CASE("to keeps the tensors, so that copies, ties and handles follow") {
  Net net;
  Tied tied;
  const Net copy = net;
  const Tensor weight = net.fc1.weight, mean = net.norm.running_mean;
  const auto values = weight.detach().clone();
  nn::to(net, tg::float64);
  nn::to(tied, tg::float64);
  CHECK(weight.is_same(net.fc1.weight));
  CHECK(mean.is_same(net.norm.running_mean));
  CHECK(copy.fc1.weight.dtype() == tg::float64);
  CHECK(tied.encode.weight.is_same(tied.decode.weight));
  nn::to(net, tg::float32);
  CHECK(tg::equal(weight, values));
}

TEST_CASE("to converts floating-point tensors, keeps requires_grad, and leaves integers alone") {
  Net net;
  nn::freeze(net.fc2);
  nn::to(net, tg::float64);
  CHECK(net.fc1.weight.dtype() == tg::float64);
  CHECK(net.norm.running_var.dtype() == tg::float64);
  CHECK(net.norm.num_batches_tracked.dtype() == tg::int64);
  CHECK(net.fc1.weight.is_leaf());
  CHECK(net.fc1.weight.requires_grad());
  CHECK_FALSE(net.fc2.weight.requires_grad());
  CHECK(net(tg::ones({2, 3}, tg::float64)).dtype() == tg::float64);
}

TEST_CASE("a model is not converted to integers") {
  Net net;
  CHECK_THROWS_AS(nn::to(net, tg::int64), tg::DTypeError);
  CHECK_THROWS_WITH(nn::to(net, tg::int64), ContainsSubstring("int64"));
  CHECK(net.fc1.weight.dtype() == tg::float32);
}

// ---- Paths -------------------------------------------------------------------------------------

TEST_CASE("a named model's errors say which layer, and show both shapes") {
  nn::Sequential net{nn::Linear{3, 4}, tg::relu, nn::Sequential{nn::Linear{5, 2}}};
  nn::name_modules(net, "net");
  CHECK_THROWS_AS(net(tg::ones({2, 3})), tg::ShapeError);
  CHECK_THROWS_WITH(net(tg::ones({2, 3})), ContainsSubstring("[in net.2.0]") &&
                                               ContainsSubstring("[2, 4]") &&
                                               ContainsSubstring("[2, 5]"));
}

TEST_CASE("the tape carries the paths of named layers") {
  nn::Sequential net{nn::Linear{3, 4}, tg::relu};
  nn::name_modules(net, "net");
  const auto tape = tg::records(net(tg::ones({2, 3})));
  REQUIRE(tape.size() == 2);
  CHECK(tape[0].scope == "net.0");
  CHECK(tape[1].scope == "net.1");
}

TEST_CASE("functions in a named Sequential have a path too") {
  nn::Sequential net{[](const Tensor& x) { return tg::matmul(x, tg::ones({7, 1})); }};
  nn::name_modules(net, "net");
  CHECK_THROWS_WITH(net(tg::ones({2, 3})), ContainsSubstring("[in net.0]"));
}

TEST_CASE("an unnamed layer opens no scope") {
  const nn::Linear fc{3, 4};
  CHECK_THROWS_WITH(fc(tg::ones({2, 2})), !ContainsSubstring("[in"));
}

// ---- State -------------------------------------------------------------------------------------

TEST_CASE("the state holds parameters and buffers in PyTorch's order") {
  CHECK(names(nn::state_dict(Net())) == Names{"fc1.weight", "fc1.bias", "norm.weight", "norm.bias",
                                              "norm.running_mean", "norm.running_var",
                                              "norm.num_batches_tracked", "fc2.weight"});
}

TEST_CASE("a state is a copy that later training does not change") {
  Net net;
  const Tensor before = net.fc1.bias.detach().clone();
  const nn::StateDict state = nn::state_dict(net);
  {
    const tg::NoGrad no_grad;
    net.fc1.bias.fill_(9);
  }
  CHECK(tg::equal(value_of(state, "fc1.bias"), before));
  CHECK_FALSE(value_of(state, "fc1.bias").requires_grad());
}

TEST_CASE("loading a state brings every value back into the same tensors") {
  Net net, other;
  const Tensor weight = net.fc1.weight;
  other.norm.num_batches_tracked.fill_(5);
  const nn::LoadReport report = nn::load_state_dict(net, nn::state_dict(other));
  CHECK(report.missing.empty());
  CHECK(report.unexpected.empty());
  CHECK(net.fc1.weight.is_same(weight));
  CHECK(weight.requires_grad());
  const auto mine = nn::state_dict(net), theirs = nn::state_dict(other);
  for (std::size_t i = 0; i < mine.size(); ++i) CHECK(tg::equal(mine[i].value, theirs[i].value));
}

TEST_CASE("loading converts between float32 and float64") {
  nn::Linear fc{2, 1, {.bias = false}};
  nn::load_state_dict(fc, {{"weight", tg::tensor({{0.5, 0.25}}, tg::float64)}});
  CHECK(fc.weight.dtype() == tg::float32);
  CHECK(tg::equal(fc.weight, tg::tensor({{0.5, 0.25}})));
}

TEST_CASE("a strict load names all missing and unexpected entries and changes nothing") {
  nn::Linear fc{2, 1};
  const Tensor before = fc.weight.detach().clone();
  const nn::StateDict state{{"weight", tg::zeros({1, 2})}, {"wight", tg::zeros({1, 2})}};
  CHECK_THROWS_AS(nn::load_state_dict(fc, state), tg::ValueError);
  CHECK_THROWS_WITH(nn::load_state_dict(fc, state),
                    ContainsSubstring("bias: missing in the state") &&
                        ContainsSubstring("wight: not in the model"));
  CHECK(tg::equal(fc.weight, before));
}

TEST_CASE("a load that is not strict reports what it left alone") {
  nn::Linear fc{2, 1};
  const auto report = nn::load_state_dict(
      fc, {{"weight", tg::zeros({1, 2})}, {"extra", tg::zeros(1)}}, {.strict = false});
  CHECK(report.missing == Names{"bias"});
  CHECK(report.unexpected == Names{"extra"});
  CHECK(tg::equal(fc.weight, tg::zeros({1, 2})));
}

TEST_CASE("entries of another shape are all named with both shapes, and nothing changes") {
  for (const bool strict : {true, false}) {
    nn::Linear fc{2, 1};
    const Tensor before = fc.bias.detach().clone();
    const nn::StateDict state{{"bias", tg::zeros(1)}, {"weight", tg::zeros({2, 1})}};
    CHECK_THROWS_AS(nn::load_state_dict(fc, state, {.strict = strict}), tg::ShapeError);
    CHECK_THROWS_WITH(nn::load_state_dict(fc, state, {.strict = strict}),
                      ContainsSubstring("weight: [1, 2] in the model, [2, 1] in the state"));
    CHECK(tg::equal(fc.bias, before));
  }
}

TEST_CASE("an entry of another kind of type is an error") {
  nn::Linear fc{2, 1, {.bias = false}};
  const nn::StateDict state{{"weight", tg::zeros({1, 2}, tg::int64)}};
  CHECK_THROWS_AS(nn::load_state_dict(fc, state), tg::DTypeError);
  CHECK_THROWS_WITH(nn::load_state_dict(fc, state),
                    ContainsSubstring("weight: float32 in the model"));
}

TEST_CASE("an undefined or repeated entry is an error") {
  nn::Linear fc{2, 1, {.bias = false}};
  CHECK_THROWS_WITH(nn::load_state_dict(fc, {{"weight", Tensor()}}),
                    ContainsSubstring("weight: undefined"));
  const nn::StateDict twice{{"weight", tg::zeros({1, 2})}, {"weight", tg::ones({1, 2})}};
  CHECK_THROWS_AS(nn::load_state_dict(fc, twice), tg::ValueError);
  CHECK_THROWS_WITH(nn::load_state_dict(fc, twice), ContainsSubstring("weight: twice"));
}

TEST_CASE("with prefixes one state holds several models") {
  Net one, two, copy_one, copy_two;
  CHECK(names(nn::parameters(one.fc2, "net.fc2")) == Names{"net.fc2.weight"});
  CHECK(names(nn::buffers(one, "net")) ==
        Names{"net.norm.running_mean", "net.norm.running_var", "net.norm.num_batches_tracked"});
  nn::StateDict state = nn::state_dict(one, "net");
  for (const auto& entry : nn::state_dict(two, "network")) state.push_back(entry);
  CHECK(nn::load_state_dict(copy_one, state, {.prefix = "net"}).unexpected.empty());
  CHECK(nn::load_state_dict(copy_two, state, {.prefix = "network"}).missing.empty());
  CHECK(tg::equal(copy_one.fc1.weight, one.fc1.weight));
  CHECK(tg::equal(copy_two.fc1.weight, two.fc1.weight));
  CHECK_THROWS_WITH(nn::load_state_dict(copy_one, state, {.prefix = "ne"}),
                    ContainsSubstring("ne.fc1.weight: missing in the state"));
  state.push_back({"net.extra", tg::zeros(1)});
  CHECK_THROWS_WITH(nn::load_state_dict(copy_one, state, {.prefix = "net"}),
                    ContainsSubstring("net.extra: not in the model"));
}

// ---- Summary -----------------------------------------------------------------------------------

TEST_CASE("the summary names a user's types and the elements of lists, and counts own tensors") {
  const std::string text = nn::summary(Zoo());
  CHECK_THAT(text, ContainsSubstring("\nZoo ") && ContainsSubstring(" 4\n"));
  CHECK_THAT(text,
             ContainsSubstring("\n  blocks.1: Linear(in_features=1, out_features=1, bias=false)"));
}
