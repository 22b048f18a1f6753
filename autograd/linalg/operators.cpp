#include "autograd/linalg/operators.h"

#include <span>

#include "autograd/linalg/linalg.h"

namespace tapegrad {

std::vector<OperatorInfo> linalg_operators() {
  std::vector<OperatorInfo> all;
  const auto add = [&](std::span<OperatorInfo (*const)()> family) {
    for (const auto& cases : family) all.push_back(cases());
  };
  add(detail::kSolveCases);
  add(detail::kDeterminantCases);
  add(detail::kFactorCases);
  add(detail::kLeastSquaresCases);
  add(detail::kMatrixFunctionCases);
  for (OperatorInfo& info : all) info.family = "linalg";
  return all;
}

}  // namespace tapegrad
