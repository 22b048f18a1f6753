// What is not exported, and what is said of it.

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "nn/onnx/onnx.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/onnx/models.h"
#include "tests/nn/onnx/shown.h"

using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;
using Lines = std::vector<std::string>;

namespace {

template <class F>
std::string refusal(const F& f, const tg::onnx::SaveOptions& options = {}) {
  const TempFolder folder;
  const std::string text = message_of<tg::ValueError>([&] {
    tg::onnx::save(folder.file("f.onnx"), f, tg::rand({4, 3}), options);
  });
  CHECK_FALSE(std::filesystem::exists(folder.file("f.onnx")));
  return text;
}

template <class F>
Lines operators_in(const F& f) {
  const TempFolder folder;
  tg::onnx::save(folder.file("f.onnx"), f, tg::rand({4, 3}));
  return operators_of(read_model(folder, "f.onnx"));
}

}  // namespace

TEST_CASE("random numbers are refused") {
  nn::Sequential net{nn::Linear{3, 3}, nn::Dropout{0.5}};
  nn::name_modules(net, "net");
  const auto in_training = [&](const Tensor& x) { return net(x); };
  CHECK_THAT(refusal(in_training), ContainsSubstring("onnx::save: random numbers are drawn") &&
                                       ContainsSubstring("evaluation mode") &&
                                       ContainsSubstring("[in net.1]"));
  CHECK_THAT(refusal([](const Tensor& x) { return tg::dropout(x, 1.0); }),
             Equals("onnx::save: dropout: there is no ONNX operator for it: it draws random "
                    "numbers; export in evaluation mode"));
}

TEST_CASE("looks at values that depend on the input are refused") {
  CHECK_THAT(refusal([](const Tensor& x) { return x * tg::sum(x).item(); }),
             ContainsSubstring("onnx::save: the program looks at the result of 'sum' (item, data"));
  CHECK_THAT(refusal([](const Tensor& x) { return x + x.data<float>()[0]; }),
             ContainsSubstring("the program looks at the input") && ContainsSubstring("where()"));
  CHECK_THAT(refusal([](const Tensor& x) {
               return x + x.at<float>({0, 0});
             }),
             ContainsSubstring("the program looks at the input"));
  CHECK_THAT(refusal([](const Tensor& x) { return tg::all(x > 0).item<bool>() ? x : -x; }),
             ContainsSubstring("the program looks at the result of 'logical_xor'"));
  // At the very end, too.
  CHECK_THAT(refusal([](const Tensor& x) {
               const Tensor y = x + 1;
               static_cast<void>(y.data<float>());
               return y;
             }),
             ContainsSubstring("the program looks at the result of 'add'"));
  // Constants may be looked at.
  const Tensor c = tg::tensor(3.0);
  CHECK(operators_in([&](const Tensor& x) { return x * c.item(); }) == Lines{"Mul"});
}

TEST_CASE("what was refused stays refused where the function catches the error") {
  CHECK_THAT(refusal([](const Tensor& x) {
               try {
                 return tg::dropout(x, 0.5);
               } catch (const tg::Error&) {
                 return tg::relu(x);
               }
             }),
             ContainsSubstring("onnx::save: random numbers are drawn"));
}

TEST_CASE("writes outside of operators are refused") {
  CHECK_THAT(refusal([](const Tensor& x) {
               Tensor y = x + 1;
               y.write<float>([](std::span<float> all) { all[0] = 0; });
               return y * 2;
             }),
             ContainsSubstring("the program writes into the result of 'add'"));
  CHECK_THAT(refusal([](const Tensor& x) {
               Tensor y = x + 1;
               y.to_(tg::float64);
               return y;
             }),
             ContainsSubstring("'to' works on the result of 'add' outside of an operator, as to_() "
                               "does"));
}

TEST_CASE("changes in place of memory that two tensors show are refused") {
  for (const auto& f :
       std::vector<std::function<Tensor(const Tensor&)>>{[](const Tensor& x) {
                                                           Tensor y = x + 1;
                                                           Tensor row = y[0];
                                                           row += 1;
                                                           return y;
                                                         },
                                                         [](const Tensor& x) {
                                                           Tensor y = x + 1;
                                                           const Tensor flat = y.reshape({-1});
                                                           y += 1;
                                                           return flat;
                                                         },
                                                         [](const Tensor& x) {
                                                           const Tensor all = tg::zeros({4, 3});
                                                           Tensor row = all[0];
                                                           row += x[0];
                                                           return all + x;
                                                         }}) {
    CHECK_THAT(refusal(f), ContainsSubstring("onnx::save: add_: it changes memory that another "
                                             "tensor shows") &&
                               ContainsSubstring("clone()"));
  }
}

TEST_CASE("a weight that changes is refused") {
  nn::BatchNorm1d norm{3};
  const auto in_training = [&](const Tensor& x) { return norm(x); };
  const std::vector<nn::Parameter> weights = nn::buffers(norm);
  CHECK_THAT(refusal(in_training, {.weights = weights}),
             ContainsSubstring("the program looks at the result of 'mean'"));
  Tensor w = tg::ones(3);
  const auto f = [&](const Tensor& x) {
    w += 1;
    return x * w;
  };
  CHECK_THAT(refusal(f, {.weights = {{"w", w}}}),
             ContainsSubstring("the weight 'w' is changed while the model runs"));
}

TEST_CASE("gradients and steps are refused") {
  CHECK_THAT(refusal([](const Tensor& x) {
               const tg::EnableGrad enable;
               const Tensor w = tg::ones(3).requires_grad_();
               const Tensor y = tg::sum(x * w * w);
               return tg::grad({y}, {w})[0] + x;
             }),
             ContainsSubstring("gradients are not exported"));
  nn::Linear fc{3, 3};
  nn::SGD optimizer(nn::parameters(fc), {.lr = 0.1});
  CHECK_THAT(refusal([&](const Tensor& x) {
               fc.weight.set_grad(tg::ones({3, 3}));
               optimizer.step();
               return fc(x);
             }),
             ContainsSubstring("the step of an optimizer is not exported"));
}

TEST_CASE("what the examples, names and results are is checked") {
  CHECK_THAT(refusal([](const Tensor&, const Tensor&) { return tg::ones(2); }),
             ContainsSubstring("the function does not take 1 tensors"));
  CHECK_THAT(refusal([](const Tensor&) { return Tensor(); }),
             ContainsSubstring("an output is the undefined tensor"));
  CHECK_THAT(refusal([](const Tensor&) { return tg::ones(2); }),
             ContainsSubstring("no output depends on an input"));
  CHECK_THAT(refusal(tg::relu, {.input_names = {"a", "b"}}),
             ContainsSubstring("there are 2 names for 1 inputs"));
  CHECK_THAT(refusal(tg::relu, {.output_names = {"a", "b"}}),
             ContainsSubstring("there are 2 names for 1 outputs"));
  CHECK_THAT(refusal(tg::relu, {.input_names = {"x"}, .output_names = {"x"}}),
             ContainsSubstring("the name 'x' is given to two inputs or outputs"));
  const auto save = [](const tg::onnx::Examples& example) {
    return message_of<tg::ValueError>([&] { tg::onnx::save("f.onnx", tg::relu, example); });
  };
  CHECK_THAT(save(Tensor()), ContainsSubstring("an example is the undefined tensor"));
  CHECK_THAT(save(std::vector<Tensor>()), ContainsSubstring("there is no example"));
}

// ---- Operators of the program ------------------------------------------------------------------

namespace {

/// x^3, by operators, by itself, or in ONNX's words.
struct ByOperators {
  static constexpr const char* name = "cube";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = 0;
  Tensor forward(const Tensor& x) const { return x * x * x; }
};
struct ByItself : ByOperators {
  Tensor forward(const Tensor& x) const {
    Tensor y = x.clone();
    const auto data = x.data<float>();
    y.write<float>([&](std::span<float> all) {
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = data[i] * data[i] * data[i];
    });
    return y;
  }
};
struct InWords : ByItself {
  static constexpr const char* onnx = "z = Mul(a, a); y = Mul(z, a)";
};
struct Scale {
  static constexpr const char* name = "scale";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = 0;
  double factor = 2;
  Tensor forward(const Tensor& x) const { return ByItself().forward(x); }
  static constexpr void visit(auto& op, auto f) { f("factor", op.factor); }
  static std::string onnx(const Scale&, std::span<const Tensor* const> in) {
    return in[0]->dim() == 2 ? "y = Pow(Mul(a, 1), {factor})" : "y = Identity(a)";
  }
};
struct Refused : ByItself {
  static constexpr tg::NoOnnx onnx{"it asks a sensor"};
};
template <class Op>
auto call(Op op) {
  return [op](const Tensor& x) { return tg::apply(op, x); };
}

struct Wrong : ByItself {
  static inline std::string text;
  static std::string onnx(const Wrong&, std::span<const Tensor* const>) { return text; }
};

/// Two outputs, from any number of inputs.
struct SumAndFirst {
  static constexpr const char* name = "sum_and_first";
  static constexpr tg::Reads reads = tg::kNone;
  static constexpr const char* onnx = "y... = Split<axis=0>(Sum(a...), [2, 2])";
  std::vector<Tensor> forward(std::span<const Tensor> x) const {
    Tensor sum = x[0];
    for (const Tensor& each : x.subspan(1)) sum = sum + each;
    return tg::split(sum, 2);
  }
  Tensor vjp(std::size_t, std::span<const Tensor>, auto, auto) const { return {}; }
};

}  // namespace

TEST_CASE("an operator of the program is what it says, or what it calls") {
  CHECK(operators_in(call(ByOperators{})) == Lines{"Mul", "Mul"});
  CHECK(operators_in(call(InWords{})) == Lines{"Mul", "Mul"});
  CHECK(operators_in(call(Scale{})) == Lines{"Mul", "Pow"});
  const TempFolder folder;
  const auto f = [](const Tensor& x) {
    return tg::apply(SumAndFirst{}, std::span<const Tensor>(std::vector<Tensor>{x, x, x}));
  };
  tg::onnx::save(folder.file("f.onnx"), f, tg::rand({4, 3}), {.dynamic_batch = false});
  CHECK(shown(read_model(folder, "f.onnx")) ==
        Lines{"Sum(input, input, input) = sum_and_first",
              "Split(sum_and_first, sum_and_first.constant) = output_1, output_2"});
}

TEST_CASE("an operator of the program that says nothing of what it does is refused") {
  const auto in_module = [](const Tensor& x) {
    const tg::Scope scope("net.2");
    return tg::apply(ByItself{}, x);
  };
  CHECK_THAT(refusal(in_module),
             Equals("onnx::save: cube: it computes elements by itself and does not say what it is "
                    "in ONNX; give its struct a static constexpr const char* onnx = \"y = ...\" "
                    "[in net.2]"));
  CHECK_THAT(refusal(call(Refused{})),
             Equals("onnx::save: cube: there is no ONNX operator for it: it asks a sensor"));
}

TEST_CASE("a text that is no ONNX is refused with the place") {
  const auto with = [](const char* text) {
    Wrong::text = text;
    return refusal(call(Wrong{}));
  };
  CHECK_THAT(with("y = Mul(a, b)"), ContainsSubstring("a value in place of 'b', which is none,"));
  CHECK_THAT(with("y = Mul(a, a"),
             Equals("onnx::save: cube: its text for ONNX, \"y = Mul(a, a\", needs ')' at character "
                    "12"));
  CHECK_THAT(with("z = Mul(a, a)"), ContainsSubstring("one statement that gives y"));
  CHECK_THAT(with("y = Mul(a, a) a"), ContainsSubstring("one statement that gives y"));
  CHECK_THAT(with("y = a; y = a"), ContainsSubstring("one statement that gives y"));
  CHECK_THAT(with("y = Mul(a, info)"), ContainsSubstring("a value in place of 'info'"));
  CHECK_THAT(with("y = Cast(a)"), ContainsSubstring("the checker of ONNX refuses the model"));
  CHECK_THAT(with("y = Softmax<axis={dim}>(a)"), ContainsSubstring("a number, a list or a text"));
  CHECK_THAT(with("y = cube_root(a)"), ContainsSubstring("a formula in place of 'cube_root'"));
  CHECK_THAT(with("y = Reshape(a, [x])"), ContainsSubstring("an integer"));
  CHECK_THAT(with(""), ContainsSubstring("a name"));
  CHECK_THAT(with("y = NoSuch(a)"), ContainsSubstring("the checker of ONNX refuses the model"));
  CHECK_THAT(with("y = And(a, a)"), ContainsSubstring("the checker of ONNX refuses the model"));
}

// ---- All operators -----------------------------------------------------------------------------

TEST_CASE("every case of every operator is exported, or refused for the reason that is known") {
  const TempFolder folder;
  OuterTypes exported;
  for (const Model& each : onnx_models::operators()) {
    INFO(each.name);
    const std::string reason =
        message_of<tg::ValueError>([&] { each.save(folder.file("f.onnx")); });
    CHECK_THAT(reason, ContainsSubstring(refusal_of(each.name)));
  }
}

TEST_CASE("every operator that claims a counterpart is in a model") {
  std::set<const tg::detail::OperatorType*> in_models, called;
  for (const Model& each : onnx_models::operators()) {
    const bool written = refusal_of(each.name) == kNothing;
    OuterTypes types;
    each.run(each.calls[0]);
    (written ? in_models : called).insert(types.types.begin(), types.types.end());
  }
  CHECK(in_models.size() > 60);
  for (const auto* type : called) {
    INFO(type->name);
    CHECK((type->onnx.refusal || in_models.contains(type)));
  }
}
