// Reductions and softmax that convert their input first, against PyTorch's.

#include "autograd/ops/reduce/typed.h"
#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;

namespace {

/// `f(x, options..., dtype)`.
template <class F>
Function converting(F f) {
  return [f](const Case& c) {
    const auto name = c.get<std::string>("dtype");
    const tg::DType dtype = name == "int64"  ? tg::int64
                            : name == "bool" ? tg::boolean
                                             : tg::float64;
    const Tensor y = f(c, c.inputs[0], dtype);
    CHECK(y.dtype() == dtype);
    return Tensors{y};
  };
}

#define REDUCTION(f)                                               \
  converting([](const Case& c, const Tensor& x, tg::DType dtype) { \
    if (!c.has("dims")) return f(x, dtype);                        \
    return f(x, c.list("dims"), c.get<bool>("keepdim"), dtype);    \
  })
#define ALONG(f)                                                   \
  converting([](const Case& c, const Tensor& x, tg::DType dtype) { \
    return f(x, c.get<int>("dim"), dtype);                         \
  })

}  // namespace

TEST_CASE("what converts its input first has the values and gradients that PyTorch's has") {
  check_section("typed", {{"sum", REDUCTION(tg::sum)},
                          {"mean", REDUCTION(tg::mean)},
                          {"prod", REDUCTION(tg::prod)},
                          {"softmax", ALONG(tg::softmax)},
                          {"log_softmax", ALONG(tg::log_softmax)}});
}

TEST_CASE("every function that converts its input first has a case with values") {
  Declarations declared;
  declared.read("autograd/ops/reduce/typed.h");
  CHECK(declared.functions.size() == 5);
  check_complete("typed", declared, {});
}
