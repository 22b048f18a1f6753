#include "nn/report/numbers.h"

#include "autograd/tensor/require.h"

namespace tapegrad::report {

Numbers::Numbers(const Tensor& tensor) {
  tapegrad::detail::require_defined(tensor, "the tensor", "report::Numbers");
  const Tensor wide = tensor.detach().to(float64);
  const auto elements = wide.data<double>();
  values_.assign(elements.begin(), elements.end());
}

}  // namespace tapegrad::report
