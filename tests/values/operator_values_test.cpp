// The values and gradients of operators against those of other sources.

#include "tests/operator_types.h"
#include "tests/values/activation_functions.h"
#include "tests/values/declared.h"
#include "tests/values/mathematics_functions.h"
#include "tests/values/order_functions.h"
#include "tests/values/subscript_functions.h"
#include "tests/values/values.h"

using namespace values;

namespace {

Function unary(Tensor (*f)(Tensor)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
}
Function of_one(Tensor (*f)(const Tensor&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
}
Function binary(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0], c.inputs[1])}; };
}

// What has overloads or defaults goes on as a lambda, which sees them.
#define OPERATOR(f) \
  [](auto&&... arguments) { return f(std::forward<decltype(arguments)>(arguments)...); }

/// A reduction over `dims`; what a case does not give is left to the default.
template <class F>
Function reduction(F f) {
  return [f](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("dims")) return Tensors{f(x)};
    if (!c.has("keepdim")) return Tensors{f(x, c.list("dims"))};
    return Tensors{f(x, c.list("dims"), c.get<bool>("keepdim"))};
  };
}
template <class F>
Function max_or_min(F f) {
  return [f](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("dim")) return Tensors{f(x)};
    const int dim = c.get<int>("dim");
    const tg::ValuesAndIndices found =
        c.has("keepdim") ? f(x, dim, c.get<bool>("keepdim")) : f(x, dim);
    return Tensors{found.values, found.indices};
  };
}
template <class F>
Function argmax_or_argmin(F f) {
  return [f](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("dim")) return Tensors{f(x)};
    const int dim = c.get<int>("dim");
    return Tensors{c.has("keepdim") ? f(x, dim, c.get<bool>("keepdim")) : f(x, dim)};
  };
}
template <class F>
Function var_or_std(F f) {
  return [f](const Case& c) {
    const Tensor& x = c.inputs[0];
    const tg::Dims dims = c.has("dims") ? c.list("dims") : tg::Dims();
    if (!c.has("correction")) return Tensors{c.has("dims") ? f(x, dims) : f(x)};
    const auto correction = c.get<std::int64_t>("correction");
    return Tensors{c.has("keepdim") ? f(x, dims, correction, c.get<bool>("keepdim"))
                                    : f(x, dims, correction)};
  };
}
Function along(Tensor (*f)(const Tensor&, int)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0], c.get<int>("dim"))}; };
}

Functions elementwise() {
  Functions table{
      {"neg", unary(tg::neg)},
      {"abs", unary(tg::abs)},
      {"sign", unary(tg::sign)},
      {"square", unary(tg::square)},
      {"exp", unary(tg::exp)},
      {"expm1", unary(tg::expm1)},
      {"log", unary(tg::log)},
      {"log1p", unary(tg::log1p)},
      {"sqrt", unary(tg::sqrt)},
      {"rsqrt", unary(tg::rsqrt)},
      {"sin", unary(tg::sin)},
      {"cos", unary(tg::cos)},
      {"tanh", unary(tg::tanh)},
      {"erf", unary(tg::erf)},
      {"erfc", unary(tg::erfc)},
      {"relu", unary(tg::relu)},
      {"gelu", unary(tg::gelu)},
      {"silu", unary(tg::silu)},
      {"sigmoid", unary(tg::sigmoid)},
      {"add", binary(tg::add)},
      {"sub", binary(tg::sub)},
      {"mul", binary(tg::mul)},
      {"div", binary(tg::div)},
      {"maximum", binary(tg::maximum)},
      {"minimum", binary(tg::minimum)},
      {"logsigmoid", unary(tg::logsigmoid)},
      {"reciprocal", unary(tg::reciprocal)},
  };
  table["leaky_relu"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("negative_slope") ? tg::leaky_relu(x, c.get<double>("negative_slope"))
                                           : tg::leaky_relu(x)};
  };
  table["elu"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("alpha") ? tg::elu(x, c.get<double>("alpha")) : tg::elu(x)};
  };
  table["softplus"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("beta")) return Tensors{tg::softplus(x)};
    const double beta = c.get<double>("beta");
    return Tensors{c.has("threshold") ? tg::softplus(x, beta, c.get<double>("threshold"))
                                      : tg::softplus(x, beta)};
  };
  table["pow"] = [](const Case& c) {
    return Tensors{tg::pow(c.inputs[0], c.has("exponent") ? c.tensor("exponent") : c.inputs[1])};
  };
  table["clamp"] = [](const Case& c) {
    const Tensor min = c.optional_tensor("min");
    return Tensors{c.has("max") ? tg::clamp(c.inputs[0], min, c.tensor("max"))
                                : tg::clamp(c.inputs[0], min)};
  };
  return table;
}

Functions in_place() {
  Functions table;
  table["add_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{c.has("alpha") ? x.add_(c.inputs[1], c.tensor("alpha")) : x.add_(c.inputs[1])};
  };
  table["sub_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{c.has("alpha") ? x.sub_(c.inputs[1], c.tensor("alpha")) : x.sub_(c.inputs[1])};
  };
  table["mul_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{x.mul_(c.inputs[1])};
  };
  table["div_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{x.div_(c.inputs[1])};
  };
  table["clamp_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{x.clamp_(c.optional_tensor("min"), c.optional_tensor("max"))};
  };
  table["copy_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{x.copy_(c.inputs[1])};
  };
  table["fill_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{x.fill_(c.tensor("value"))};
  };
  table["zero_"] = [](const Case& c) {
    Tensor x = c.inputs[0].clone();
    return Tensors{x.zero_()};
  };
  table["clone"] = [](const Case& c) { return Tensors{c.inputs[0].clone()}; };
  table["detach"] = [](const Case& c) { return Tensors{c.inputs[0].detach()}; };
  const auto type_of = [](const Case& c) {
    const auto name = c.get<std::string>("dtype");
    return name == "int64"     ? tg::int64
           : name == "bool"    ? tg::boolean
           : name == "float32" ? tg::float32
                               : tg::float64;
  };
  table["to"] = [=](const Case& c) { return Tensors{c.inputs[0].to(type_of(c))}; };
  table["to_and_back"] = [=](const Case& c) {
    return Tensors{c.inputs[0].to(type_of(c)).to(c.floating)};
  };
  return table;
}

Functions reductions() {
  return {
      {"sum", reduction(OPERATOR(tg::sum))},
      {"mean", reduction(OPERATOR(tg::mean))},
      {"prod", reduction(OPERATOR(tg::prod))},
      {"amax", reduction(OPERATOR(tg::amax))},
      {"amin", reduction(OPERATOR(tg::amin))},
      {"max", max_or_min(OPERATOR(tg::max))},
      {"min", max_or_min(OPERATOR(tg::min))},
      {"argmax", argmax_or_argmin(OPERATOR(tg::argmax))},
      {"argmin", argmax_or_argmin(OPERATOR(tg::argmin))},
      {"var", var_or_std(OPERATOR(tg::var))},
      {"std", var_or_std(OPERATOR(tg::std))},
      {"logsumexp", reduction([](const Tensor& x, auto&&... options) {
         if constexpr (sizeof...(options) == 0)
           return tg::logsumexp(x, {});
         else
           return tg::logsumexp(x, options...);
       })},
      {"sum_to", [](const Case& c) { return Tensors{tg::sum_to(c.inputs[0], c.list("shape"))}; }},
  };
}

Functions rows() {
  Functions table{{"softmax", along(tg::softmax)}, {"log_softmax", along(tg::log_softmax)}};
  table["masked_softmax"] = [](const Case& c) {
    return Tensors{tg::masked_softmax(c.inputs[0], c.inputs[1], c.get<int>("dim"))};
  };
  table["cross_entropy"] = [](const Case& c) {
    tg::CrossEntropyOptions options;
    c.set("weight", options.weight);
    c.set("ignore_index", options.ignore_index);
    c.set("reduction", options.reduction);
    c.set("label_smoothing", options.label_smoothing);
    return Tensors{tg::cross_entropy(c.inputs[0], c.inputs[1], options)};
  };
  table["layer_norm"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    const tg::Shape shape = c.list("normalized_shape");
    const Tensor weight = c.optional_tensor("weight"), bias = c.optional_tensor("bias");
    if (c.has("eps")) return Tensors{tg::layer_norm(x, shape, weight, bias, c.get<double>("eps"))};
    return Tensors{weight.defined() || bias.defined() ? tg::layer_norm(x, shape, weight, bias)
                                                      : tg::layer_norm(x, shape)};
  };
  table["dropout"] = [](const Case& c) {
    const auto dropped = [&c](const Tensor& x) {
      if (!c.has("p")) return tg::dropout(x);
      const double p = c.get<double>("p");
      return c.has("training") ? tg::dropout(x, p, c.get<bool>("training")) : tg::dropout(x, p);
    };
    const Tensor y = dropped(c.inputs[0]);
    return Tensors{c.contains("shown") ? tg::stack({tg::max(y), tg::min(y)}) : y};
  };
  return table;
}

Functions shapes() {
  Functions table{{"t", of_one(tg::t)}, {"unsqueeze", along(tg::unsqueeze)}};
  table["reshape"] = [](const Case& c) {
    return Tensors{tg::reshape(c.inputs[0], c.list("shape"))};
  };
  table["flatten"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("start_dim")) return Tensors{tg::flatten(x)};
    const int start = c.get<int>("start_dim");
    return Tensors{c.has("end_dim") ? tg::flatten(x, start, c.get<int>("end_dim"))
                                    : tg::flatten(x, start)};
  };
  table["squeeze"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("dim") ? tg::squeeze(x, c.get<int>("dim")) : tg::squeeze(x)};
  };
  table["transpose"] = [](const Case& c) {
    return Tensors{tg::transpose(c.inputs[0], c.get<int>("dim0"), c.get<int>("dim1"))};
  };
  table["permute"] = [](const Case& c) {
    return Tensors{tg::permute(c.inputs[0], c.list("dims"))};
  };
  table["expand"] = [](const Case& c) { return Tensors{tg::expand(c.inputs[0], c.list("shape"))}; };
  table["cat"] = [](const Case& c) {
    return Tensors{c.has("dim") ? tg::cat(c.inputs, c.get<int>("dim")) : tg::cat(c.inputs)};
  };
  table["stack"] = [](const Case& c) {
    return Tensors{c.has("dim") ? tg::stack(c.inputs, c.get<int>("dim")) : tg::stack(c.inputs)};
  };
  table["split"] = [](const Case& c) {
    const auto split = [&](const auto& pieces) {
      return c.has("dim") ? tg::split(c.inputs[0], pieces, c.get<int>("dim"))
                          : tg::split(c.inputs[0], pieces);
    };
    return c.has("size") ? split(c.get<std::int64_t>("size"))
                         : split(c.get<std::vector<std::int64_t>>("sizes"));
  };
  table["narrow"] = [](const Case& c) {
    return Tensors{tg::narrow(c.inputs[0], c.get<int>("dim"), c.get<std::int64_t>("start"),
                              c.get<std::int64_t>("length"))};
  };
  table["select"] = [](const Case& c) {
    return Tensors{tg::select(c.inputs[0], c.get<int>("dim"), c.get<std::int64_t>("index"))};
  };
  return table;
}

Functions indexing_and_products() {
  Functions table;
  table["index_select"] = [](const Case& c) {
    return Tensors{tg::index_select(c.inputs[0], c.get<int>("dim"), c.inputs[1])};
  };
  table["gather"] = [](const Case& c) {
    return Tensors{tg::gather(c.inputs[0], c.get<int>("dim"), c.inputs[1])};
  };
  table["scatter_add"] = [](const Case& c) {
    return Tensors{tg::scatter_add(c.inputs[0], c.get<int>("dim"), c.inputs[1], c.inputs[2])};
  };
  table["index_add"] = [](const Case& c) {
    return Tensors{tg::index_add(c.inputs[0], c.get<int>("dim"), c.inputs[1], c.inputs[2])};
  };
  table["one_hot"] = [](const Case& c) {
    const Tensor& classes = c.inputs[0];
    return Tensors{c.has("num_classes") ? tg::one_hot(classes, c.get<std::int64_t>("num_classes"))
                                        : tg::one_hot(classes)};
  };
  table["cdist"] = [](const Case& c) { return Tensors{tg::cdist(c.inputs[0], c.inputs[1])}; };
  table["matmul"] = [](const Case& c) {
    if (!c.has("transpose_a") && !c.has("transpose_b"))
      return Tensors{tg::matmul(c.inputs[0], c.inputs[1])};
    tg::MatmulOptions options;
    c.set("transpose_a", options.transpose_a);
    c.set("transpose_b", options.transpose_b);
    return Tensors{tg::matmul(c.inputs[0], c.inputs[1], options)};
  };
  table["linear"] = [](const Case& c) {
    const Tensor &x = c.inputs[0], &weight = c.inputs[1];
    return Tensors{c.has("bias") ? tg::linear(x, weight, c.tensor("bias")) : tg::linear(x, weight)};
  };
  return table;
}

Functions logic() {
  Functions table{
      {"eq", binary(tg::eq)},
      {"ne", binary(tg::ne)},
      {"lt", binary(tg::lt)},
      {"le", binary(tg::le)},
      {"gt", binary(tg::gt)},
      {"ge", binary(tg::ge)},
      {"logical_and", binary(tg::logical_and)},
      {"logical_or", binary(tg::logical_or)},
      {"logical_xor", binary(tg::logical_xor)},
      {"logical_not", of_one(tg::logical_not)},
      {"isnan", of_one(tg::isnan)},
      {"isinf", of_one(tg::isinf)},
      {"isfinite", of_one(tg::isfinite)},
  };
  table["equal"] = [](const Case& c) {
    return Tensors{tg::tensor(tg::equal(c.inputs[0], c.inputs[1]))};
  };
  table["allclose"] = [](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    const double rtol = c.has("rtol") ? c.get<double>("rtol") : 1e-5;
    const double atol = c.has("atol") ? c.get<double>("atol") : 1e-8;
    const bool close = c.has("equal_nan") ? tg::allclose(a, b, rtol, atol, c.get<bool>("equal_nan"))
                       : c.has("atol")    ? tg::allclose(a, b, rtol, atol)
                       : c.has("rtol")    ? tg::allclose(a, b, rtol)
                                          : tg::allclose(a, b);
    return Tensors{tg::tensor(close)};
  };
  table["where"] = [](const Case& c) {
    if (c.inputs.size() == 1) return tg::where(c.inputs[0]);
    return Tensors{tg::where(c.inputs[0], c.inputs[1], c.inputs[2])};
  };
  return table;
}

Functions all_functions() {
  Functions table = mathematics();  // whose "div" has options
  for (const Functions& part :
       {elementwise(), in_place(), reductions(), rows(), shapes(), subscripts(),
        indexing_and_products(), logic(), order_functions(), further_activations(), combined()})
    table.insert(part.begin(), part.end());
  return table;
}

}  // namespace

TEST_CASE("operators give the values and gradients that other sources have") {
  check_section("operators", all_functions());
}

TEST_CASE("every operator of the library is called by a case with values") {
  CalledTypes called;
  const Functions functions = all_functions();
  for (const json& line : section("operators")) check_case(line, functions.at(line.at("op")));
  for (const tg::detail::OperatorType* type : types_of_cases()) {
    INFO(type->name << " has no case in tests/values/values.json: add one to generate.py");
    CHECK(called.direct.contains(type));
  }
}

TEST_CASE("every function and every option in the headers of operators has a case with values") {
  Declarations declared;
  for (const char* header : {"elementwise/activation",
                             "elementwise/arithmetic",
                             "elementwise/clamp",
                             "elementwise/combined",
                             "elementwise/composed_activation",
                             "elementwise/exponential",
                             "elementwise/further_activation",
                             "elementwise/special",
                             "elementwise/trigonometric",
                             "elementwise/angles",
                             "elementwise/choices",
                             "elementwise/composed",
                             "elementwise/gamma",
                             "elementwise/logarithms",
                             "elementwise/rounding",
                             "logic/bitwise",
                             "index/index",
                             "index/subscript",
                             "linalg/linalg",
                             "logic/logic",
                             "order/counting",
                             "order/order",
                             "reduce/norms",
                             "reduce/reductions",
                             "reduce/statistics",
                             "rows/rows",
                             "shape/shape"})
    declared.read("autograd/ops/" + std::string(header) + ".h");
  CHECK(declared.functions.size() >= 85);
  check_complete("operators", declared, {});
}
