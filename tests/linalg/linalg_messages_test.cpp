// The undefined tensor, given to decompositions: each says so and names itself and the argument.

#include <set>

#include "autograd/linalg/linalg.h"
#include "tests/messages/messages_functions.h"
#include "tests/values/declared.h"

namespace tg = tapegrad;
using messages::Function;
using tg::Tensor;

namespace {

using T = Tensor&;

#define ONE(f) messages::one(#f, [](T x) { tg::f(x); })
#define TWO(f) messages::two(#f, [](T a, T b) { tg::f(a, b); })

std::vector<Function> functions() {
  return {ONE(inverse),
          ONE(inv),
          TWO(solve),
          messages::two("solve_triangular",
                        [](T a, T b) { tg::solve_triangular(a, b, {.upper = true}); }),
          ONE(det),
          ONE(slogdet),
          ONE(logdet),
          ONE(cholesky),
          TWO(cholesky_solve),
          ONE(eigh),
          ONE(eigvalsh),
          ONE(svd),
          ONE(svdvals),
          ONE(qr),
          ONE(pinv),
          ONE(matrix_rank),
          TWO(lstsq),
          ONE(matrix_exp),
          messages::one("matrix_norm", [](T x) { tg::matrix_norm(x, tg::SpectralNorm::nuc); })};
}

}  // namespace

TEST_CASE("every decomposition names itself and the argument that is undefined") {
  std::set<std::string> given;
  const Tensor sample = tg::eye(2) * 0.5;
  for (const Function& function : functions()) {
    given.insert(function.name);
    messages::check_undefined(function, sample);
  }
  values::Declarations declared;
  for (const char* header : {"solve", "det", "factors", "least_squares", "matrix_functions"})
    declared.read("autograd/linalg/" + std::string(header) + ".h");
  for (const auto& [name, overloads] : declared.functions) {
    INFO(name);
    CHECK(given.contains(name));
  }
}

TEST_CASE("no operator of decompositions on the tape takes an undefined tensor") {
  for (const tg::OperatorInfo& op : tg::linalg_operators()) {
    for (const tg::OperatorCase& example : op.cases) {
      for (std::size_t i = 0; i < example.inputs.size(); ++i) {
        std::vector<Tensor> inputs = example.inputs;
        inputs[i] = Tensor();
        INFO(op.name << ", " << example.label << ", input " << i);
        CHECK_THROWS_AS(example.call(inputs), tg::ValueError);
      }
    }
  }
}
