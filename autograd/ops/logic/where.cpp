#include <cstdint>
#include <span>
#include <string>

#include "autograd/base/fail.h"
#include "autograd/ops/core/broadcast_loop.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/logic/shared.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

namespace {

using detail::launch_broadcast;
using detail::new_tensor;

/// Copies elements of `a` or `b`; by size, since bits are only moved.
template <class Bits>
constexpr auto select_rows =
    [](const kernels::Operand* in, Bits* out, std::int64_t rows, std::int64_t columns) {
      for (std::int64_t o = 0; o < rows; ++o) {
        const auto* condition = static_cast<const bool*>(in[0].data) + o * in[0].outer;
        const auto* a = static_cast<const Bits*>(in[1].data) + o * in[1].outer;
        const auto* b = static_cast<const Bits*>(in[2].data) + o * in[2].outer;
        for (std::int64_t i = 0; i < columns; ++i) {
          const Bits chosen_a = a[i * in[1].inner];
          const Bits chosen_b = b[i * in[2].inner];
          *out++ = condition[i * in[0].inner] ? chosen_a : chosen_b;
        }
      }
    };

/// Selection by a mask. The rules select too: NaN in the branch not taken never leaks.
struct Where {
  static constexpr const char* name = "where";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone, kA, kA};
  static constexpr Reads constant = kA;
  /// ONNX Runtime has no choice between truth values.
  static std::string onnx(const Where&, std::span<const Tensor* const> inputs) {
    return inputs[1]->dtype() == boolean ? "y = Or(And(a, b), And(Not(a), c))"
                                         : "y = Where(a, b, c)";
  }
  static Tensor forward(const Tensor& condition, const Tensor& a, const Tensor& b) {
    const Shape shape =
        detail::broadcast(condition.shape(), detail::broadcast(a.shape(), b.shape(), name), name);
    Tensor result = new_tensor(shape, a.dtype());
    detail::visit_bits(a.dtype(), [&]<class Bits>(Bits) {
      launch_broadcast<Bits>(name, {condition, a, b}, result, select_rows<Bits>);
    });
    return result;
  }
  static Tensor vjp_b(const Tensor& g, const Tensor& condition, auto, auto, auto) {
    return where(condition, g, 0);
  }
  static Tensor vjp_c(const Tensor& g, const Tensor& condition, auto, auto, auto) {
    return where(condition, 0, g);
  }
};

}  // namespace

void detail::require_condition(const Tensor& condition) {
  if (condition.dtype() != boolean)
    fail<DTypeError>("where: the condition must be bool, not {}; write x != 0", condition.dtype());
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  detail::require_defined(condition, "the first argument", "where");
  detail::require_defined(a, "the second argument", "where");
  detail::require_defined(b, "the third argument", "where");
  detail::require_condition(condition);
  const DType dtype = detail::result_type({&condition, &a, &b});
  const Tensor y = apply(Where{}, condition, a.to(dtype), b.to(dtype));
  const bool numbers = detail::is_number(condition) && detail::is_number(a) && detail::is_number(b);
  return numbers ? detail::as_number(y) : y;
}

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::where_cases() {
  Draw draw;
  const Tensor mask = tensor({{true, false, true}, {false, true, true}});
  const auto choose = [](const Inputs& in) { return where(in[0], in[1], in[2]); };
  return {"where",
          {{"equal shapes", {mask, draw({2, 3}), draw({2, 3})}, choose},
           {"row and column", {mask, draw({3}), draw({2, 1})}, choose},
           {"numbers", {mask, draw({}), draw({2, 3})}, choose},
           {"mask of a row", {mask[0], draw({2, 3}), draw({2, 1})}, choose}}};
}

}  // namespace tapegrad
