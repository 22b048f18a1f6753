#pragma once

#include "tests/messages/messages_elementwise.h"
#include "tests/messages/messages_shapes.h"

// Every public function of tensors, for messages_undefined_test.cpp.

namespace messages {

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
          TAPEGRAD_ONE(unique_consecutive),
          TAPEGRAD_ONE(bincount),
          TAPEGRAD_ONE(histc),
          TAPEGRAD_TWO(searchsorted),
          TAPEGRAD_TWO(bucketize),
          TAPEGRAD_TWO(isin)};
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

/// Draws of which tensors are the parameters.
inline std::vector<Function> draws() {
  return {TAPEGRAD_TWO(normal), TAPEGRAD_ONE(bernoulli), TAPEGRAD_ONE(poisson),
          one("multinomial", [](T x) { tg::multinomial(x, 1); }), TAPEGRAD_ONE(exponential_)};
}

#define TAPEGRAD_ALONG(f, source)                                 \
  Function {                                                      \
    std::string(#f), {"the first argument", "the index", source}, \
        [](Arguments& a) { tg::f(a[0], 0, a[1], a[2]); }          \
  }
#define TAPEGRAD_MASKED(f, source)                               \
  Function {                                                     \
    std::string(#f), {"the first argument", "the mask", source}, \
        [](Arguments& a) { tg::f(a[0], a[1], a[2]); }            \
  }

/// Forms in place that are no methods.
inline std::vector<Function> forms_in_place() {
  return {TAPEGRAD_ONE(abs_),
          TAPEGRAD_ONE(ceil_),
          TAPEGRAD_ONE(floor_),
          TAPEGRAD_ONE(round_),
          TAPEGRAD_ONE(trunc_),
          TAPEGRAD_ONE(neg_),
          TAPEGRAD_ONE(sqrt_),
          TAPEGRAD_ONE(rsqrt_),
          TAPEGRAD_ONE(reciprocal_),
          TAPEGRAD_ONE(square_),
          TAPEGRAD_ONE(exp_),
          TAPEGRAD_ONE(log_),
          TAPEGRAD_ONE(sin_),
          TAPEGRAD_ONE(cos_),
          TAPEGRAD_ONE(sigmoid_),
          TAPEGRAD_ONE(tanh_),
          TAPEGRAD_ONE(relu_),
          TAPEGRAD_ALONG(index_add_, "the source"),
          TAPEGRAD_ALONG(index_copy_, "the source"),
          TAPEGRAD_ALONG(index_fill_, "the value"),
          TAPEGRAD_ALONG(scatter_, "the source"),
          TAPEGRAD_ALONG(scatter_add_, "the source"),
          TAPEGRAD_MASKED(masked_fill_, "the value"),
          TAPEGRAD_MASKED(masked_scatter_, "the source")};
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
  for (const auto& group : {formulas(), elementwise(), further_activations(), combined(), aliases(),
                            mathematics(), comparisons(), reductions(), statistics(), order(),
                            products_and_shapes(), products_and_distances(), further_shapes(),
                            subscripts(), rows(), methods(), losses(), draws(), forms_in_place()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

#undef TAPEGRAD_ONE
#undef TAPEGRAD_TWO
#undef TAPEGRAD_METHOD
#undef TAPEGRAD_DIM
#undef TAPEGRAD_SIGN
#undef TAPEGRAD_ALONG
#undef TAPEGRAD_MASKED

}  // namespace messages
