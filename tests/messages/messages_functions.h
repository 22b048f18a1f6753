#pragma once

#include <utility>

#include "nn/nn.h"
#include "tests/messages/messages.h"

// Every public function of tensors, for messages_undefined_test.cpp.

namespace messages {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

inline const std::string kIsUndefined =
    " is an undefined tensor: one that was never assigned, that was moved from, or the grad() of a "
    "tensor that no backward() has reached; ask with defined()";

using Arguments = std::vector<Tensor>;

/// A function of tensors, which are all needed.
struct Function {
  std::string name;               ///< as its header declares it
  std::vector<std::string> what;  ///< what it calls its arguments
  std::function<void(Arguments&)> run;
  std::string operation = name;  ///< as it calls itself
};

inline const std::vector<std::string> kOne{"the argument"};
inline const std::vector<std::string> kTwo{"the first argument", "the second argument"};

inline Function one(std::string name, std::function<void(Tensor&)> f, std::string operation = "") {
  Function result{std::move(name), kOne, [f](Arguments& a) { f(a[0]); }};
  if (!operation.empty()) result.operation = operation;
  return result;
}
inline Function two(std::string name, std::function<void(Tensor&, Tensor&)> f,
                    std::string operation = "") {
  Function result{std::move(name), kTwo, [f](Arguments& a) { f(a[0], a[1]); }};
  if (!operation.empty()) result.operation = operation;
  return result;
}

using T = Tensor&;

}  // namespace messages

#include "tests/messages/messages_activations.h"

namespace messages {

#define TAPEGRAD_ONE(f) one(#f, [](T x) { tg::f(x); })
#define TAPEGRAD_TWO(f) two(#f, [](T a, T b) { tg::f(a, b); })
#define TAPEGRAD_METHOD(f) one(#f, [](T x) { x.f(); })
#define TAPEGRAD_DIM(f) one(#f, [](T x) { tg::f(x, 0); }), one(#f, [](T x) { x.f(0); })

/// Each sign of two operands: of values, and of temporaries on either side.
#define TAPEGRAD_SIGN(sign, name)                                             \
  two(                                                                        \
      "operator" #sign, [](T a, T b) { return a sign b; }, name),             \
      two(                                                                    \
          "operator" #sign, [](T a, T b) { return Tensor(a) sign b; }, name), \
      two(                                                                    \
          "operator" #sign, [](T a, T b) { return a sign Tensor(b); }, name), \
      two(                                                                    \
          "operator" #sign, [](T a, T b) { return Tensor(a) sign Tensor(b); }, name)

/// The functions that are formulas, from their lists.
inline std::vector<Function> formulas() {
  std::vector<Function> all;
  const auto add = [&]<class Op>(Op) {
    if constexpr (requires(T x) { Op::function(x); })
      all.push_back(one(Op::name, [](T x) { Op::function(x); }));
    else if constexpr (requires(T a, T b) { Op::function(a, b); })
      all.push_back(two(Op::name, [](T a, T b) { Op::function(a, b); }));
  };
  [&]<class... Op>(tg::formula::List<Op...>) { (add(Op()), ...); }(tg::formula::Elementwise());
  return all;
}

inline std::vector<Function> elementwise() {
  return {TAPEGRAD_SIGN(+, "add"),
          TAPEGRAD_SIGN(-, "sub"),
          TAPEGRAD_SIGN(*, "mul"),
          TAPEGRAD_SIGN(/, "div"),
          one(
              "operator-", [](T x) { return -x; }, "neg"),
          two("pow", [](T a, T b) { a.pow(b); }),
          one("clamp", [](T x) { tg::clamp(x, 0, 1); }),
          one("clamp", [](T x) { x.clamp(0, Tensor()); }),
          one("clamp",
              [](T x) {
                tg::clamp(x, tg::zeros({2, 2}));
              }),
          TAPEGRAD_ONE(leaky_relu),
          TAPEGRAD_ONE(elu),
          TAPEGRAD_ONE(softplus),
          TAPEGRAD_METHOD(neg),
          TAPEGRAD_METHOD(abs),
          TAPEGRAD_METHOD(exp),
          TAPEGRAD_METHOD(log),
          TAPEGRAD_METHOD(sqrt),
          TAPEGRAD_METHOD(square),
          TAPEGRAD_METHOD(tanh),
          TAPEGRAD_METHOD(sigmoid),
          TAPEGRAD_METHOD(relu),
          TAPEGRAD_METHOD(sin),
          TAPEGRAD_METHOD(cos)};
}

/// Seldom used ones that are no formulas, or have options.
inline std::vector<Function> mathematics() {
  return {one("round", [](T x) { tg::round(x, 2); }),
          TAPEGRAD_ONE(frac),
          two("div", [](T a, T b) { tg::div(a, b, tg::Rounding::floor); }),
          one("logit", [](T x) { tg::logit(x); }),
          one("logit", [](T x) { tg::logit(x, 0.1); }),
          one("polygamma", [](T x) { tg::polygamma(1, x); }),
          TAPEGRAD_ONE(positive),
          one(
              "fix", [](T x) { tg::fix(x); }, "trunc"),
          one(
              "arcsin", [](T x) { tg::arcsin(x); }, "asin"),
          one(
              "arccos", [](T x) { tg::arccos(x); }, "acos"),
          one(
              "arctan", [](T x) { tg::arctan(x); }, "atan"),
          two(
              "arctan2", [](T a, T b) { tg::arctan2(a, b); }, "atan2"),
          one(
              "arcsinh", [](T x) { tg::arcsinh(x); }, "asinh"),
          one(
              "arccosh", [](T x) { tg::arccosh(x); }, "acosh"),
          one(
              "arctanh", [](T x) { tg::arctanh(x); }, "atanh"),
          TAPEGRAD_ONE(nan_to_num),
          TAPEGRAD_TWO(float_power),
          TAPEGRAD_ONE(deg2rad),
          TAPEGRAD_ONE(rad2deg),
          TAPEGRAD_TWO(isclose),
          TAPEGRAD_TWO(bitwise_and),
          TAPEGRAD_TWO(bitwise_or),
          TAPEGRAD_TWO(bitwise_xor),
          TAPEGRAD_ONE(bitwise_not),
          TAPEGRAD_TWO(bitwise_left_shift),
          TAPEGRAD_TWO(bitwise_right_shift)};
}

inline std::vector<Function> comparisons() {
  return {TAPEGRAD_TWO(eq),
          TAPEGRAD_TWO(ne),
          TAPEGRAD_TWO(lt),
          TAPEGRAD_TWO(le),
          TAPEGRAD_TWO(gt),
          TAPEGRAD_TWO(ge),
          two(
              "operator==", [](T a, T b) { return a == b; }, "eq"),
          two(
              "operator!=", [](T a, T b) { return a != b; }, "ne"),
          two(
              "operator<", [](T a, T b) { return a < b; }, "lt"),
          two(
              "operator<=", [](T a, T b) { return a <= b; }, "le"),
          two(
              "operator>", [](T a, T b) { return a > b; }, "gt"),
          two(
              "operator>=", [](T a, T b) { return a >= b; }, "ge"),
          TAPEGRAD_TWO(logical_and),
          TAPEGRAD_TWO(logical_or),
          TAPEGRAD_TWO(logical_xor),
          two(
              "operator&", [](T a, T b) { a& b; }, "logical_and"),
          two(
              "operator|", [](T a, T b) { return a | b; }, "logical_or"),
          one(
              "operator!", [](T x) { return !x; }, "logical_not"),
          TAPEGRAD_ONE(logical_not),
          TAPEGRAD_ONE(isnan),
          TAPEGRAD_ONE(isinf),
          TAPEGRAD_ONE(isfinite),
          TAPEGRAD_ONE(any),
          TAPEGRAD_ONE(all),
          TAPEGRAD_TWO(equal),
          TAPEGRAD_TWO(allclose),
          TAPEGRAD_TWO(result_type),
          {"where",
           {"the first argument", "the second argument", "the third argument"},
           [](Arguments& a) {
             // What stands where the condition does is no mask.
             tg::where(a[0].defined() ? a[0] != 0 : a[0], a[1], a[2]);
           }}};
}

inline std::vector<Function> reductions() {
  return {TAPEGRAD_ONE(sum),       TAPEGRAD_ONE(mean),
          TAPEGRAD_ONE(prod),      TAPEGRAD_ONE(amax),
          TAPEGRAD_ONE(amin),      TAPEGRAD_ONE(max),
          TAPEGRAD_ONE(min),       TAPEGRAD_ONE(argmax),
          TAPEGRAD_ONE(argmin),    TAPEGRAD_ONE(var),
          TAPEGRAD_ONE(std),       TAPEGRAD_METHOD(sum),
          TAPEGRAD_METHOD(mean),   TAPEGRAD_METHOD(prod),
          TAPEGRAD_METHOD(amax),   TAPEGRAD_METHOD(amin),
          TAPEGRAD_METHOD(max),    TAPEGRAD_METHOD(min),
          TAPEGRAD_METHOD(argmax), TAPEGRAD_METHOD(argmin),
          TAPEGRAD_METHOD(var),    TAPEGRAD_METHOD(std),
          TAPEGRAD_DIM(max),       TAPEGRAD_DIM(min),
          TAPEGRAD_DIM(argmax),    TAPEGRAD_DIM(argmin),
          TAPEGRAD_DIM(logsumexp), one("sum_to", [](T x) { tg::sum_to(x, {2}); })};
}

inline std::vector<Function> statistics() {
  return {one("any", [](T x) { tg::any(x, 0); }),
          one("all", [](T x) { tg::all(x, 0); }),
          TAPEGRAD_ONE(count_nonzero),
          TAPEGRAD_ONE(nansum),
          TAPEGRAD_ONE(nanmean),
          TAPEGRAD_ONE(var_mean),
          TAPEGRAD_ONE(std_mean),
          TAPEGRAD_ONE(aminmax),
          TAPEGRAD_ONE(median),
          one("median", [](T x) { tg::median(x, 0); }),
          TAPEGRAD_ONE(nanmedian),
          one("nanmedian", [](T x) { tg::nanmedian(x, 0); }),
          TAPEGRAD_ONE(mode),
          TAPEGRAD_TWO(quantile),
          TAPEGRAD_TWO(nanquantile),
          two("quantile", [](T x, T q) { tg::quantile(x, q, 0); }),
          two("nanquantile", [](T x, T q) { tg::nanquantile(x, q, 0); }),
          TAPEGRAD_ONE(diff),
          TAPEGRAD_ONE(trapezoid),
          TAPEGRAD_TWO(trapezoid),
          TAPEGRAD_ONE(cumulative_trapezoid),
          TAPEGRAD_TWO(cumulative_trapezoid),
          TAPEGRAD_ONE(cov),
          TAPEGRAD_ONE(corrcoef),
          TAPEGRAD_ONE(vector_norm),
          TAPEGRAD_ONE(norm),
          TAPEGRAD_TWO(dist),
          TAPEGRAD_ONE(matrix_norm),
          one("matrix_norm", [](T x) { tg::matrix_norm(x, 1); })};
}

inline std::vector<Function> order() {
  return {one("cumsum", [](T x) { tg::cumsum(x, 0); }),
          one("cumprod", [](T x) { tg::cumprod(x, 0); }),
          one("logcumsumexp", [](T x) { tg::logcumsumexp(x, 0); }),
          one("cummax", [](T x) { tg::cummax(x, 0); }),
          one("cummin", [](T x) { tg::cummin(x, 0); }),
          TAPEGRAD_ONE(sort),
          TAPEGRAD_ONE(argsort),
          one("topk", [](T x) { tg::topk(x, 1); }),
          one("kthvalue", [](T x) { tg::kthvalue(x, 1); }),
          TAPEGRAD_ONE(unique),
          TAPEGRAD_ONE(bincount),
          TAPEGRAD_ONE(histc),
          TAPEGRAD_TWO(searchsorted),
          TAPEGRAD_TWO(bucketize),
          TAPEGRAD_TWO(isin)};
}

inline std::vector<Function> products_and_shapes() {
  return {
      TAPEGRAD_TWO(matmul),
      two("matmul", [](T a, T b) { tg::matmul(a, b, {.transpose_a = true}); }),
      two("matmul", [](T a, T b) { a.matmul(b); }),
      {"linear", {"the input", "the weight"}, [](Arguments& a) { tg::linear(a[0], a[1]); }},
      one("reshape", [](T x) { tg::reshape(x, {4}); }),
      one("reshape", [](T x) { x.reshape({4}); }),
      TAPEGRAD_ONE(flatten),
      TAPEGRAD_METHOD(flatten),
      TAPEGRAD_ONE(squeeze),
      TAPEGRAD_METHOD(squeeze),
      TAPEGRAD_DIM(squeeze),
      TAPEGRAD_DIM(unsqueeze),
      one("transpose", [](T x) { tg::transpose(x, 0, 1); }),
      one("transpose", [](T x) { x.transpose(0, 1); }),
      TAPEGRAD_ONE(t),
      TAPEGRAD_METHOD(t),
      one("permute",
          [](T x) {
            tg::permute(x, {1, 0});
          }),
      one("permute",
          [](T x) {
            x.permute({1, 0});
          }),
      one("expand",
          [](T x) {
            tg::expand(x, {2, 2});
          }),
      one("expand",
          [](T x) {
            x.expand({2, 2});
          }),
      {"cat", {"tensor 0", "tensor 1"}, [](Arguments& a) { tg::cat(a); }},
      {"stack", {"tensor 0", "tensor 1"}, [](Arguments& a) { tg::stack(a); }},
      one("split", [](T x) { tg::split(x, 1); }),
      one("split",
          [](T x) {
            tg::split(x, std::vector<std::int64_t>{1, 1});
          }),
      one("narrow", [](T x) { tg::narrow(x, 0, 0, 1); }),
      one("narrow", [](T x) { x.narrow(0, 0, 1); }),
      one("select", [](T x) { tg::select(x, 0, 0); }),
      one("select", [](T x) { x.select(0, 0); }),
      one(
          "operator[]", [](T x) { return x[0]; }, "select"),
      {"index_select",
       {"the first argument", "the index"},
       [](Arguments& a) { tg::index_select(a[0], 0, a[1]); }},
      {"index_select",
       {"the first argument", "the index"},
       [](Arguments& a) { a[0].index_select(0, a[1]); }},
      {"gather",
       {"the first argument", "the index"},
       [](Arguments& a) { tg::gather(a[0], 0, a[1]); }},
      {"gather", {"the first argument", "the index"}, [](Arguments& a) { a[0].gather(0, a[1]); }},
      {"scatter_add",
       {"the first argument", "the index", "the source"},
       [](Arguments& a) { tg::scatter_add(a[0], 0, a[1], a[2]); }},
      {"index_add",
       {"the first argument", "the index", "the source"},
       [](Arguments& a) { tg::index_add(a[0], 0, a[1], a[2]); }},
      TAPEGRAD_ONE(one_hot)};
}

inline std::vector<Function> products_and_distances() {
  const std::vector<std::string> list{"tensor 0", "tensor 1"};
  const auto add = [](const char* name, auto f) {
    return Function{name,
                    {"the input", "the first factor", "the second factor"},
                    [f](Arguments& a) { f(a[0], a[1], a[2], 1, 1); }};
  };
  return {TAPEGRAD_TWO(dot),
          TAPEGRAD_TWO(inner),
          TAPEGRAD_TWO(outer),
          TAPEGRAD_TWO(vecdot),
          TAPEGRAD_TWO(mv),
          TAPEGRAD_TWO(mm),
          TAPEGRAD_TWO(bmm),
          add("addmm", tg::addmm),
          add("addmv", tg::addmv),
          add("addbmm", tg::addbmm),
          add("baddbmm", tg::baddbmm),
          TAPEGRAD_TWO(tensordot),
          two("tensordot", [](T a, T b) { tg::tensordot(a, b, 0, 1); }),
          TAPEGRAD_TWO(kron),
          TAPEGRAD_TWO(cross),
          TAPEGRAD_TWO(cdist),
          TAPEGRAD_TWO(pairwise_distance),
          TAPEGRAD_TWO(cosine_similarity),
          {"multi_dot", list, [](Arguments& a) { tg::multi_dot(a); }},
          {"tensor_split_at",
           {"the argument", "the tensor of indices"},
           [](Arguments& a) { tg::tensor_split(a[0], a[1]); },
           "tensor_split"},
          {"einsum", list, [](Arguments& a) { tg::einsum("ij,jk", a); }},
          one("matrix_power", [](T x) { tg::matrix_power(x, 2); })};
}

inline std::vector<Function> subscripts() {
  return {{"index", {"the first argument"}, [](Arguments& a) { tg::index(a[0], {0}); }},
          {"index", {"the first argument"}, [](Arguments& a) { a[0].index({0}); }},
          {"index_put",
           {"the first argument", "the value"},
           [](Arguments& a) { tg::index_put(a[0], {0}, a[1]); }},
          {"index_put_",
           {"the first argument", "the value"},
           [](Arguments& a) { a[0].index_put_({0}, a[1]); }},
          {"index_copy",
           {"the first argument", "the index", "the source"},
           [](Arguments& a) { tg::index_copy(a[0], 0, a[1], a[2]); }},
          {"index_fill",
           {"the first argument", "the index", "the value"},
           [](Arguments& a) { tg::index_fill(a[0], 0, a[1], a[2]); }},
          {"scatter",
           {"the first argument", "the index", "the source"},
           [](Arguments& a) { tg::scatter(a[0], 0, a[1], a[2]); }},
          {"take", {"the first argument", "the index"}, [](Arguments& a) { tg::take(a[0], a[1]); }},
          {"take_along_dim",
           {"the first argument", "the indices"},
           [](Arguments& a) { tg::take_along_dim(a[0], a[1], 0); }},
          {"masked_fill",
           {"the first argument", "the mask", "the value"},
           [](Arguments& a) { tg::masked_fill(a[0], a[1], a[2]); }},
          {"masked_select",
           {"the first argument", "the mask"},
           [](Arguments& a) { tg::masked_select(a[0], a[1]); }},
          {"masked_scatter",
           {"the first argument", "the mask", "the source"},
           [](Arguments& a) { tg::masked_scatter(a[0], a[1], a[2]); }},
          TAPEGRAD_ONE(nonzero),
          TAPEGRAD_ONE(argwhere),
          one("where", [](T x) { tg::where(x); }),
          {"where_branches",
           {"the condition", "one of the tensors"},
           [](Arguments& a) {
             const auto same = [](const Tensor& x) { return x; };
             tg::where(a[0].defined() ? a[0] != 0 : a[0], same, same, a[1]);
           },
           "where"},
          TAPEGRAD_ONE(touch),
          TAPEGRAD_ONE(to_dlpack)};
}

inline std::vector<Function> further_shapes() {
  const std::vector<std::string> list{"tensor 0", "tensor 1"};
  return {one("view", [](T x) { tg::view(x, {4}); }),
          TAPEGRAD_TWO(view_as),
          TAPEGRAD_TWO(reshape_as),
          TAPEGRAD_TWO(expand_as),
          one("unflatten",
              [](T x) {
                tg::unflatten(x, 0, {2, 1});
              }),
          TAPEGRAD_ONE(atleast_1d),
          TAPEGRAD_ONE(atleast_2d),
          TAPEGRAD_ONE(atleast_3d),
          {"atleast_1d", list, [](Arguments& a) { tg::atleast_1d(a); }},
          one("movedim", [](T x) { tg::movedim(x, 0, 1); }),
          one("swapaxes", [](T x) { tg::swapaxes(x, 0, 1); }),
          one("swapdims", [](T x) { tg::swapdims(x, 0, 1); }),
          one("broadcast_to",
              [](T x) {
                tg::broadcast_to(x, {2, 2});
              }),
          {"broadcast_tensors", list, [](Arguments& a) { tg::broadcast_tensors(a); }},
          one("chunk", [](T x) { tg::chunk(x, 2); }),
          one("tensor_split", [](T x) { tg::tensor_split(x, 2); }),
          one("tensor_split",
              [](T x) {
                tg::tensor_split(x, {1, 2});
              }),
          TAPEGRAD_ONE(unbind),
          {"hstack", list, [](Arguments& a) { tg::hstack(a); }},
          {"vstack", list, [](Arguments& a) { tg::vstack(a); }},
          {"dstack", list, [](Arguments& a) { tg::dstack(a); }},
          {"column_stack", list, [](Arguments& a) { tg::column_stack(a); }},
          one("flip", [](T x) { tg::flip(x, 0); }),
          one("roll", [](T x) { tg::roll(x, 1, 0); }),
          TAPEGRAD_ONE(rot90),
          one("repeat",
              [](T x) {
                tg::repeat(x, {2, 2});
              }),
          one("tile", [](T x) { tg::tile(x, 2); }),
          {"repeat_interleave",
           {"the first argument", "the repeats"},
           [](Arguments& a) { tg::repeat_interleave(a[0], a[1], 0); }},
          {"repeat_interleave",
           {"the first argument", "the repeats"},
           [](Arguments& a) { tg::repeat_interleave(a[0], a[1]); }},
          {"repeat_interleave", {"the repeats"}, [](Arguments& a) { tg::repeat_interleave(a[0]); }},
          {"meshgrid", list, [](Arguments& a) { tg::meshgrid(a); }},
          {"cartesian_prod", list, [](Arguments& a) { tg::cartesian_prod(a); }},
          TAPEGRAD_ONE(combinations),
          TAPEGRAD_ONE(diag),
          TAPEGRAD_ONE(diag_embed),
          TAPEGRAD_ONE(diagonal),
          TAPEGRAD_ONE(trace),
          TAPEGRAD_ONE(tril),
          TAPEGRAD_ONE(triu),
          {"block_diag", list, [](Arguments& a) { tg::block_diag(a); }},
          one("pad",
              [](T x) {
                tg::pad(x, {1, 1});
              }),
          one("pixel_shuffle", [](T x) { tg::pixel_shuffle(x, 2); }),
          one("pixel_unshuffle", [](T x) { tg::pixel_unshuffle(x, 2); })};
}

inline std::vector<Function> rows() {
  return {TAPEGRAD_DIM(softmax),
          TAPEGRAD_DIM(log_softmax),
          two("masked_softmax", [](T x, T mask) { tg::masked_softmax(x, mask, 0); }),
          TAPEGRAD_TWO(cross_entropy),
          one("layer_norm", [](T x) { tg::layer_norm(x, {2}); }),
          TAPEGRAD_ONE(dropout)};
}

inline std::vector<Function> methods() {
  const auto assign = [](const char* name, const char* operation, auto f) {
    return two(
        name, [f](T a, T b) { f(a, b); }, operation);
  };
  return {two("add_", [](T a, T b) { a.add_(b); }),
          two("add_", [](T a, T b) { a.add_(b, 2); }),
          two("sub_", [](T a, T b) { a.sub_(b); }),
          two("sub_", [](T a, T b) { a.sub_(b, 2); }),
          two("mul_", [](T a, T b) { a.mul_(b); }),
          two("div_", [](T a, T b) { a.div_(b); }),
          assign("operator+=", "add_", [](T a, T b) { a += b; }),
          assign("operator-=", "sub_", [](T a, T b) { a -= b; }),
          assign("operator*=", "mul_", [](T a, T b) { a *= b; }),
          assign("operator/=", "div_", [](T a, T b) { a /= b; }),
          one("clamp_", [](T x) { x.clamp_(0, 1); }),
          two("copy_", [](T a, T b) { a.copy_(b); }),
          two("fill_", [](T a, T b) { a.fill_(b); }),
          TAPEGRAD_METHOD(zero_),
          TAPEGRAD_METHOD(backward),
          TAPEGRAD_METHOD(detach),
          TAPEGRAD_METHOD(clone),
          one("to", [](T x) { x.to(tg::float64); }),
          one("to", [](T x) { x.to(tg::int64); }),
          TAPEGRAD_METHOD(item),
          one("item", [](T x) { x.item<int>(); }),
          one("data", [](T x) { x.data<float>(); }),
          one(
              "at",
              [](T x) {
                x.at<float>({0, 0});
              },
              "data"),
          one("size", [](T x) { x.size(0); }),
          TAPEGRAD_METHOD(requires_grad_),
          one("to_", [](T x) { x.to_(tg::float64); }),
          one("set_grad", [](T x) { x.set_grad(tg::ones({2})); }),
          {"grad", {"an output", "an input"}, [](Arguments& a) { tg::grad(a[0], a[1]); }},
          TAPEGRAD_ONE(empty_like),
          TAPEGRAD_ONE(zeros_like),
          TAPEGRAD_ONE(ones_like),
          TAPEGRAD_ONE(rand_like),
          TAPEGRAD_ONE(randn_like),
          TAPEGRAD_TWO(full_like),
          one("uniform_", [](T x) { tg::uniform_(x); }),
          one("normal_", [](T x) { tg::normal_(x); })};
}

inline std::vector<Function> losses() {
  std::vector<Function> result;
  const auto add = [&](const char* name, auto f) {
    result.push_back({name, {"the input", "the target"}, [f](Arguments& a) { f(a[0], a[1], {}); }});
  };
  add("mse_loss", nn::mse_loss);
  add("l1_loss", nn::l1_loss);
  add("smooth_l1_loss", nn::smooth_l1_loss);
  add("huber_loss", nn::huber_loss);
  add("binary_cross_entropy", nn::binary_cross_entropy);
  add("binary_cross_entropy_with_logits", nn::binary_cross_entropy_with_logits);
  add("kl_div", nn::kl_div);
  add("hinge_embedding_loss", nn::hinge_embedding_loss);
  result.push_back({"nll_loss", kTwo, [](Arguments& a) { nn::nll_loss(a[0], a[1]); }});
  return result;
}

inline std::vector<Function> functions() {
  std::vector<Function> all;
  for (const auto& group :
       {formulas(), elementwise(), further_activations(), combined(), aliases(), mathematics(),
        comparisons(), reductions(), statistics(), order(), products_and_shapes(),
        products_and_distances(), further_shapes(), subscripts(), rows(), methods(), losses()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

#undef TAPEGRAD_ONE
#undef TAPEGRAD_TWO
#undef TAPEGRAD_METHOD
#undef TAPEGRAD_DIM
#undef TAPEGRAD_SIGN

}  // namespace messages
