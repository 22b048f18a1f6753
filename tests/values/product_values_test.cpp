// What products of matrices and vectors, einsum and distances give, and their gradients, against
// PyTorch's.

#include "autograd/ops/linalg/distance.h"
#include "autograd/ops/linalg/einsum.h"
#include "autograd/ops/linalg/products.h"
#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;

namespace {

Function of_two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0], c.inputs[1])}; };
}
/// With a dimension, where a case gives it.
template <class F>
Function along(F f) {
  return [f](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    return Tensors{c.has("dim") ? f(a, b, c.get<int>("dim")) : f(a, b)};
  };
}
/// With both factors, as far as a case gives them.
template <class F>
Function weighted(F f) {
  return [f](const Case& c) {
    const Tensor &input = c.inputs[0], &a = c.inputs[1], &b = c.inputs[2];
    if (!c.has("beta")) return Tensors{f(input, a, b)};
    const double beta = c.get<double>("beta");
    return Tensors{c.has("alpha") ? f(input, a, b, beta, c.get<double>("alpha"))
                                  : f(input, a, b, beta)};
  };
}

#define OPERATOR(f) \
  [](auto&&... arguments) { return f(std::forward<decltype(arguments)>(arguments)...); }

Functions products() {
  Functions table{{"dot", of_two(tg::dot)},
                  {"inner", of_two(tg::inner)},
                  {"outer", of_two(tg::outer)},
                  {"mv", of_two(tg::mv)},
                  {"mm", of_two(tg::mm)},
                  {"bmm", of_two(tg::bmm)},
                  {"kron", of_two(tg::kron)},
                  {"vecdot", along(OPERATOR(tg::vecdot))},
                  {"cross", along(OPERATOR(tg::cross))},
                  {"addmm", weighted(OPERATOR(tg::addmm))},
                  {"addmv", weighted(OPERATOR(tg::addmv))},
                  {"addbmm", weighted(OPERATOR(tg::addbmm))},
                  {"baddbmm", weighted(OPERATOR(tg::baddbmm))},
                  {"multi_dot", [](const Case& c) { return Tensors{tg::multi_dot(c.inputs)}; }}};
  table["tensordot"] = [](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    if (c.has("dims_a")) return Tensors{tg::tensordot(a, b, c.list("dims_a"), c.list("dims_b"))};
    return Tensors{c.has("dims") ? tg::tensordot(a, b, c.get<std::int64_t>("dims"))
                                 : tg::tensordot(a, b)};
  };
  table["matrix_power"] = [](const Case& c) {
    return Tensors{tg::matrix_power(c.inputs[0], c.get<std::int64_t>("n"))};
  };
  table["einsum"] = [](const Case& c) {
    return Tensors{tg::einsum(c.get<std::string>("equation"), c.inputs)};
  };
  return table;
}

Functions distances() {
  Functions table;
  table["cdist"] = [](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    return Tensors{c.has("p") ? tg::cdist(a, b, c.get<double>("p")) : tg::cdist(a, b)};
  };
  table["pairwise_distance"] = [](const Case& c) {
    tg::PairwiseDistanceOptions options;
    c.set("p", options.p);
    c.set("eps", options.eps);
    c.set("keepdim", options.keepdim);
    return Tensors{tg::pairwise_distance(c.inputs[0], c.inputs[1], options)};
  };
  table["cosine_similarity"] = [](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    if (!c.has("dim")) return Tensors{tg::cosine_similarity(a, b)};
    const int dim = c.get<int>("dim");
    return Tensors{c.has("eps") ? tg::cosine_similarity(a, b, dim, c.get<double>("eps"))
                                : tg::cosine_similarity(a, b, dim)};
  };
  return table;
}

}  // namespace

TEST_CASE("products and distances have the values and give the gradients that PyTorch's do") {
  Functions table = products();
  table.merge(distances());
  check_section("products", table);
}

TEST_CASE("every function and every option of products and distances has a case with values") {
  Declarations declared;
  for (const char* header : {"products", "einsum", "distance"})
    declared.read("autograd/ops/linalg/" + std::string(header) + ".h");
  CHECK(declared.functions.size() == 20);
  check_complete("products", declared, {});
}
