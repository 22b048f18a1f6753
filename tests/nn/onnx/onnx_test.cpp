#include "nn/onnx/onnx.h"

#include <cstring>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/onnx/shown.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;
using Lines = std::vector<std::string>;

namespace {

struct Net {
  nn::Linear fc1{3, 4}, fc2{4, 2};
  Tensor operator()(const Tensor& x) const { return fc2(tg::tanh(fc1(x))); }
  void visit(nn::Visitor& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};

}  // namespace

TEST_CASE("a module is written with its weights under their names") {
  const Net net;
  const onnx::ModelProto model =
      model_of(net, tg::rand({5, 3}), {.description = "a small perceptron"});
  CHECK(shown(model) == Lines{"Gemm(input, fc1.weight, fc1.bias) = fc1.linear",
                              "Tanh(fc1.linear) = tanh",
                              "Gemm(tanh, fc2.weight, fc2.bias) = output"});
  CHECK(initializers(model) == Lines{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"});
  const auto data = net.fc1.weight.data<float>();
  const std::string& bytes = initializer(model, "fc1.weight")->raw_data();
  REQUIRE(bytes.size() == data.size_bytes());
  CHECK(std::memcmp(bytes.data(), data.data(), bytes.size()) == 0);
  CHECK(model.ir_version() == 8);
  REQUIRE(model.opset_import_size() == 1);
  CHECK(model.opset_import(0).version() == 17);
  CHECK(model.producer_name() == "tapegrad");
  CHECK(model.producer_version() == "0.1.0");
  CHECK(model.doc_string() == "a small perceptron");
}

TEST_CASE("the batch is a symbol, or the example's") {
  const Net net;
  const onnx::ModelProto any = model_of(net, tg::rand({5, 3}));
  CHECK(dims_of(any.graph().input(0)) == "[batch, 3]");
  CHECK(dims_of(any.graph().output(0)) == "[batch, 2]");
  const onnx::ModelProto one = model_of(net, tg::rand({5, 3}), {.dynamic_batch = false});
  CHECK(dims_of(one.graph().input(0)) == "[5, 3]");
  CHECK(dims_of(one.graph().output(0)) == "[5, 2]");
}

TEST_CASE("inputs and outputs have names") {
  const auto two = [](const Tensor& a, const Tensor& b) { return std::array{a + b, a * b}; };
  const onnx::ModelProto usual = model_of(two, {tg::rand({2, 3}), tg::rand({2, 3})});
  CHECK(shown(usual) ==
        Lines{"Add(input_1, input_2) = output_1", "Mul(input_1, input_2) = output_2"});
  const onnx::ModelProto given = model_of(two, {tg::rand({2, 3}), tg::rand({2, 3})},
                                          {.input_names = {"a", "b"}, .output_names = {"s", "p"}});
  CHECK(shown(given) == Lines{"Add(a, b) = s", "Mul(a, b) = p"});
}

TEST_CASE("a function takes tensors one by one or as a list, and gives one or several") {
  const Tensor x = tg::rand({2, 3});
  const auto outputs = [](const onnx::ModelProto& model) { return model.graph().output_size(); };
  CHECK(outputs(model_of(tg::relu, x)) == 1);
  CHECK(outputs(model_of([](const Tensor& a) { return std::pair(a + 1, a + 2); }, x)) == 2);
  CHECK(outputs(model_of([](const Tensor& a) { return std::tuple(a + 1, a + 2, a); }, x)) == 3);
  const auto list = [](const std::vector<Tensor>& all) {
    return std::vector<Tensor>{all[0] + all[1], all[0]};
  };
  CHECK(outputs(model_of(list, {x, x})) == 2);
  CHECK(model_of(list, std::vector<Tensor>{x, x, x}).graph().input_size() == 3);
  CHECK(outputs(model_of([](const auto& a) { return a.relu(); }, x)) == 1);
  CHECK(outputs(model_of([](auto a, auto b) { return a + b; }, {x, x})) == 1);
}

TEST_CASE("an output that is an input, a constant, or another output, is a copy") {
  const auto f = [](const Tensor& x) {
    const Tensor y = x + 1;
    return std::vector<Tensor>{x, y, y, tg::tensor({1.0, 2.0})};
  };
  CHECK(shown(model_of(f, tg::rand({2, 3}))) ==
        Lines{"Add(input, add.constant) = output_2", "Identity(input) = output_1",
              "Identity(output_2) = output_3", "Identity(output.constant) = output_4"});
}

TEST_CASE("what does not depend on the input is written as its value, and only if it is used") {
  const Tensor w = tg::tensor({1.0, 2.0, 3.0});
  const auto f = [&](const Tensor& x) {
    const Tensor unused = x + tg::tensor({7.0, 7.0, 7.0});
    return x * tg::exp(w * 0 + 1);
  };
  const onnx::ModelProto model = model_of(f, tg::rand({2, 3}));
  CHECK(shown(model) == Lines{"Mul(input, mul.constant) = output"});
  CHECK(initializers(model) == Lines{"mul.constant"});
}

TEST_CASE("weights of a function have the names that it is told") {
  const Net net;
  const auto f = [&](const Tensor& x) { return tg::softmax(net(x), 1); };
  const onnx::ModelProto model =
      model_of(f, tg::rand({2, 3}), {.weights = nn::parameters(net, "net")});
  CHECK(initializers(model) ==
        Lines{"net.fc1.weight", "net.fc1.bias", "net.fc2.weight", "net.fc2.bias"});
}

TEST_CASE("a tensor under two names is written once") {
  Net net;
  net.fc2 = nn::Linear(4, 4);
  net.fc1 = nn::Linear(4, 4);
  net.fc2.weight = net.fc1.weight;
  CHECK(initializers(model_of(net, tg::rand({2, 4}))) ==
        Lines{"fc1.weight", "fc1.bias", "fc2.bias"});
}

TEST_CASE("numbers keep the digits of double precision") {
  const onnx::ModelProto model = model_of([](const Tensor& x) { return tg::leaky_relu(x, 0.1); },
                                          tg::rand({2, 3}, tg::float64));
  REQUIRE(model.graph().initializer_size() == 1);
  const onnx::TensorProto& slope = model.graph().initializer(0);
  CHECK(slope.data_type() == onnx::TensorProto::DOUBLE);
  double value = 0;
  std::memcpy(&value, slope.raw_data().data(), sizeof(value));
  CHECK(value == 0.1);
}

TEST_CASE("types are converted as the operators do") {
  const auto f = [](const Tensor& x) {
    const Tensor half = x.to(tg::int64) * 0.5;
    return half + (x > 1);
  };
  CHECK(operators_of(model_of(f, tg::rand({2, 3}))) ==
        Lines{"Cast", "Cast", "Mul", "Less", "Cast", "Add"});
}

TEST_CASE("a change in place is the operator, and what follows sees the new value") {
  const auto f = [](const Tensor& x) {
    Tensor y = x * 2;
    y += x;
    return y * y;
  };
  CHECK(shown(model_of(f, tg::rand({2, 3}))) == Lines{"Mul(input, mul.constant) = mul",
                                                      "Add(mul, input) = add_",
                                                      "Mul(add_, add_) = output"});
}

TEST_CASE("a module is exported in evaluation mode, and stays as it was") {
  nn::Sequential net{nn::Linear{3, 3}, nn::Dropout{0.5}, nn::BatchNorm1d{3}};
  const auto before = nn::state_dict(net);
  const onnx::ModelProto model = model_of(net, tg::rand({4, 3}));
  CHECK(operators_of(model) == Lines{"Gemm", "Sub", "Mul", "Mul", "Add"});
  CHECK(initializers(model) == Lines{"0.weight", "0.bias", "2.running_mean.reshape",
                                     "2.running_var.reshape.add.rsqrt", "2.weight.reshape",
                                     "2.bias.reshape"});
  struct Modes : nn::Visitor {
    void on_training(bool& flag) override { all.push_back(flag); }
    void on_scope(std::string& path) override { paths.push_back(path); }
    std::vector<bool> all;
    Lines paths;
  } modes;
  modes.walk(net);
  CHECK(modes.all == std::vector{true, true});
  CHECK(modes.paths == Lines{"", "", ""});
  const auto after = nn::state_dict(net);
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(tg::equal(before[i].value, after[i].value));
}

TEST_CASE("the mode of a part that stands in two places is put back") {
  struct Net {
    nn::Dropout dropout{0.5};
    Tensor operator()(const Tensor& x) const { return dropout(dropout(x)); }
    void visit(nn::Visitor& f) {
      f("a", dropout);
      f("b", dropout);
    }
  } net;
  model_of(net, tg::rand({4, 3}));
  struct Modes : nn::Visitor {
    void on_training(bool& flag) override { CHECK(flag); }
    void on_scope(std::string& path) override { CHECK(path.empty()); }
  } modes;
  modes.walk(net);
}

TEST_CASE("modes are put back after an error, and nothing stays on the tape") {
  nn::Sequential net{nn::Linear{3, 3}, nn::Dropout{0.5}};
  const std::int64_t alive = tg::memory_stats().live_tensors;
  {
    const TempFolder folder;
    CHECK_THROWS_AS(tg::onnx::save(folder.file("f.onnx"), net, tg::rand({4, 2})), tg::ShapeError);
    CHECK_FALSE(std::filesystem::exists(folder.file("f.onnx")));
    tg::onnx::save(folder.file("f.onnx"), net, tg::rand({4, 3}));
  }
  CHECK(tg::memory_stats().live_tensors == alive);
  tg::manual_seed(1);
  CHECK_FALSE(tg::equal(net(tg::ones({4, 3})), net(tg::ones({4, 3}))));  // dropout draws again
  CHECK(net(tg::ones({4, 3})).requires_grad());
}

TEST_CASE(
    "a file that cannot be written, and one that cannot be made, leave the old one as it was") {
  const TempFolder folder;
  const std::string path = folder.write("net.onnx", "old");
  CHECK_THROWS_AS(tg::onnx::save(
                      path, [](const Tensor& x) { return x + tg::rand(3); }, tg::rand({2, 3})),
                  tg::ValueError);
  CHECK(folder.read("net.onnx") == "old");
  CHECK_THAT(message_of<tg::FileError>([&] {
               tg::onnx::save(folder.file("no/such/net.onnx"), tg::relu, tg::rand({2, 3}));
             }),
             ContainsSubstring("onnx::save"));
  tg::onnx::save(path, tg::relu, tg::rand({2, 3}));
  CHECK(shown(read_model(folder, "net.onnx")) == Lines{"Relu(input) = output"});
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

namespace {

/// A rectifier whose slope below 0 is a number of the operator.
struct Leaky {
  static constexpr const char* name = "leaky";
  static constexpr tg::Reads reads[] = {tg::kA};
  static constexpr const char* onnx = "y = LeakyRelu<alpha={slope}>(a)";
  double slope;
  static constexpr void visit(auto& op, auto f) { f("slope", op.slope); }
  Tensor forward(const Tensor& x) const { return where(x > 0, x, slope * x); }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return where(x > 0, g, slope * g); }
};

}  // namespace

TEST_CASE("a number of an operator is no integer for having no fraction") {
  for (const double slope : {2.0, 0.5, 1e20}) {
    const onnx::ModelProto model =
        model_of([slope](const Tensor& x) { return tg::apply(Leaky{slope}, x); }, tg::rand({2, 3}));
    REQUIRE(model.graph().node(0).attribute_size() == 1);
    const onnx::AttributeProto& alpha = model.graph().node(0).attribute(0);
    CHECK(alpha.type() == onnx::AttributeProto::FLOAT);
    CHECK(alpha.f() == static_cast<float>(slope));
  }
}
