// What decompositions give, and their gradients, against PyTorch's.

#include "autograd/linalg/linalg.h"
#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;

namespace {

using MaybeNumber = std::optional<double>;

MaybeNumber number(const Case& c, const char* name) {
  return c.has(name) ? MaybeNumber(c.get<double>(name)) : MaybeNumber();
}
tg::RankOptions rank_options(const Case& c) {
  return {number(c, "atol"), number(c, "rtol"), c.get<bool>("hermitian")};
}
Function of_one(Tensor (*f)(const Tensor&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
}
/// Leaves a flag that the case does not give to the default.
template <class F>
auto with_flag(const Case& c, const char* name, F f) {
  return c.has(name) ? f(c.get<bool>(name)) : f();
}

Functions systems() {
  return {{"inverse", of_one(tg::inverse)},
          {"inv", of_one(tg::inv)},
          {"det", of_one(tg::det)},
          {"logdet", of_one(tg::logdet)},
          {"slogdet",
           [](const Case& c) {
             const auto [sign, logabsdet] = tg::slogdet(c.inputs[0]);
             return Tensors{sign, logabsdet};
           }},
          {"solve",
           [](const Case& c) {
             return Tensors{with_flag(c, "left", [&](auto... left) {
               return tg::solve(c.inputs[0], c.inputs[1], left...);
             })};
           }},
          {"solve_triangular", [](const Case& c) {
             tg::SolveTriangularOptions options{.upper = c.get<bool>("upper")};
             if (c.has("left")) options.left = c.get<bool>("left");
             if (c.has("unitriangular")) options.unitriangular = c.get<bool>("unitriangular");
             return Tensors{tg::solve_triangular(c.inputs[0], c.inputs[1], options)};
           }}};
}

/// Vectors by their squares, which do not depend on signs.
Functions factors() {
  const auto eigh = [](const Case& c, auto f) {
    if (!c.has("uplo")) return f(c.inputs[0], tg::UPLO::L);
    return f(c.inputs[0], c.get<std::string>("uplo") == "U" ? tg::UPLO::U : tg::UPLO::L);
  };
  return {{"cholesky",
           [](const Case& c) {
             return Tensors{with_flag(
                 c, "upper", [&](auto... upper) { return tg::cholesky(c.inputs[0], upper...); })};
           }},
          {"cholesky_solve",
           [](const Case& c) {
             return Tensors{with_flag(c, "upper", [&](auto... upper) {
               return tg::cholesky_solve(c.inputs[0], c.inputs[1], upper...);
             })};
           }},
          {"eigh",
           [=](const Case& c) {
             const auto [w, v] = eigh(c, tg::eigh);
             return Tensors{w, tg::square(v)};
           }},
          {"eigvalsh", [=](const Case& c) { return Tensors{eigh(c, tg::eigvalsh)}; }},
          {"svd",
           [](const Case& c) {
             const auto [u, s, vh] = with_flag(
                 c, "full_matrices", [&](auto... full) { return tg::svd(c.inputs[0], full...); });
             return Tensors{tg::square(u), s, tg::square(vh)};
           }},
          {"svdvals", of_one(tg::svdvals)},
          {"qr", [](const Case& c) {
             const auto mode = c.has("mode") ? c.get<std::string>("mode") : "reduced";
             const auto [q, r] = mode == "complete" ? tg::qr(c.inputs[0], tg::QrMode::complete)
                                 : mode == "r"      ? tg::qr(c.inputs[0], tg::QrMode::r)
                                                    : tg::qr(c.inputs[0]);
             return Tensors{tg::square(q), tg::square(r)};
           }}};
}

Functions others() {
  return {
      {"pinv",
       [](const Case& c) {
         if (c.has("hermitian")) return Tensors{tg::pinv(c.inputs[0], rank_options(c))};
         return Tensors{tg::pinv(c.inputs[0], number(c, "atol"), number(c, "rtol"))};
       }},
      {"matrix_rank",
       [](const Case& c) {
         if (c.has("hermitian")) return Tensors{tg::matrix_rank(c.inputs[0], rank_options(c))};
         return Tensors{tg::matrix_rank(c.inputs[0], number(c, "atol"), number(c, "rtol"))};
       }},
      {"matrix_power",
       [](const Case& c) {
         return Tensors{tg::matrix_power(c.inputs[0], c.get<std::int64_t>("n"))};
       }},
      {"lstsq",
       [](const Case& c) {
         const auto least = tg::lstsq(c.inputs[0], c.inputs[1], number(c, "rcond"));
         return Tensors{least.solution, least.rank, least.singular_values};
       }},
      {"matrix_exp", of_one(tg::matrix_exp)},
      {"matrix_norm", [](const Case& c) {
         const auto name = c.get<std::string>("ord");
         const auto ord = name == "two"         ? tg::SpectralNorm::two
                          : name == "minus_two" ? tg::SpectralNorm::minus_two
                                                : tg::SpectralNorm::nuc;
         if (!c.has("dims")) return Tensors{tg::matrix_norm(c.inputs[0], ord)};
         return Tensors{tg::matrix_norm(c.inputs[0], ord, c.list("dims"), c.get<bool>("keepdim"))};
       }}};
}

}  // namespace

TEST_CASE("decompositions hold the values and give the gradients that PyTorch's do") {
  Functions table;
  for (const Functions& part : {systems(), factors(), others()})
    table.insert(part.begin(), part.end());
  check_section("linalg", table);
}

TEST_CASE("every function and every option of decompositions has a case with values") {
  Declarations declared;
  for (const char* header : {"solve", "det", "factors", "least_squares", "matrix_functions"})
    declared.read("autograd/linalg/" + std::string(header) + ".h");
  CHECK(declared.functions.size() >= 19);
  check_complete("linalg", declared, {});
}
