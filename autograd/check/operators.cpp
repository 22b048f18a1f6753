#include "autograd/check/operators.h"

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/transforms/backward.h"

namespace tapegrad {

namespace {

using Inputs = std::vector<Tensor>;
using Call = std::function<Tensor(const Inputs&)>;

/// Draws arguments; every operator starts from the same seed, so that its cases do not depend on
/// others.
class Draw {
 public:
  Tensor operator()(const Shape& shape, formula::Samples samples = {-2, 2}) {
    Tensor x = samples.low + (samples.high - samples.low) * rand(shape, float64, generator_);
    if (samples.mirrored) x = where(rand(shape, float64, generator_) < 0.5, x, -x);
    // Without the history of drawing it.
    return x.detach().clone().requires_grad_();
  }
  /// Distinct values in random order, at least 0.2 apart, so that no two of them tie.
  Tensor distinct(const Shape& shape) {
    const Tensor order = randperm(shape.numel(), generator_).to(float64);
    return reshape(order * 0.3 - 1, shape).clone().requires_grad_();
  }

 private:
  Generator generator_{20};
};

Tensor plain(Tensor tensor) { return tensor.detach(); }

// ---- Elementwise operators: their cases follow from their samples ------------------------------

OperatorInfo unary_cases(const detail::ElementwiseInfo& info, Tensor (*f)(const Tensor&)) {
  OperatorInfo result{info.name, {}};
  Draw draw;
  const auto add = [&](const char* label, const Shape& shape) {
    result.cases.push_back(
        {label, {draw(shape, info.samples[0])}, [f](const Inputs& in) { return f(in[0]); }});
  };
  add("a matrix", {3, 4});
  add("a number", {});
  add("a long row", {19});
  add("nothing", {0, 3});
  return result;
}

OperatorInfo binary_cases(const detail::ElementwiseInfo& info,
                          Tensor (*f)(const Tensor&, const Tensor&)) {
  OperatorInfo result{info.name, {}};
  Draw draw;
  const auto add = [&](const char* label, const Shape& a, const Shape& b) {
    result.cases.push_back({label,
                            {draw(a, info.samples[0]), draw(b, info.samples[1])},
                            [f](const Inputs& in) { return f(in[0], in[1]); }});
  };
  add("equal shapes", {3, 4}, {3, 4});
  add("a row", {3, 4}, {4});
  add("a column and a row", {3, 1}, {1, 4});
  add("a number", {}, {2, 3});
  add("a number on the right", {2, 3}, {1});
  add("nothing", {0, 3}, {3});
  return result;
}

template <class Op>
OperatorInfo elementwise_cases() {
  const detail::ElementwiseInfo& info = detail::elementwise_info<Op>;
  if constexpr (std::is_array_v<decltype(Op::reads)>) {
    return binary_cases(
        info, [](const Tensor& a, const Tensor& b) { return detail::elementwise<Op>(a, b); });
  } else {
    return unary_cases(info, [](const Tensor& x) { return detail::elementwise<Op>(x); });
  }
}

template <class... Op>
void add_elementwise(std::vector<OperatorInfo>& all, formula::List<Op...>) {
  (all.push_back(elementwise_cases<Op>()), ...);
}

// ---- The others --------------------------------------------------------------------------------

OperatorInfo reduction(const char* name, Tensor (*f)(const Tensor&, const Dims&, Flag)) {
  Draw draw;
  return {name,
          {{"all", {draw.distinct({2, 3})}, [f](const Inputs& in) { return f(in[0], {}, false); }},
           {"last dimension",
            {draw.distinct({3, 4})},
            [f](const Inputs& in) { return f(in[0], -1, false); }},
           {"first, kept",
            {draw.distinct({3, 4})},
            [f](const Inputs& in) { return f(in[0], 0, true); }},
           {"outer two of three",
            {draw.distinct({2, 3, 2})},
            [f](const Inputs& in) {
              return f(in[0], {0, 2}, false);
            }},
           {"a number", {draw({})}, [f](const Inputs& in) { return f(in[0], {}, false); }}}};
}

Tensor var_of(const Tensor& x, const Dims& dims, Flag keepdim) {
  return var(x, dims, x.dim() == 0 ? 0 : 1, keepdim);
}
Tensor std_of(const Tensor& x, const Dims& dims, Flag keepdim) {
  // A single number has deviation 0, which is a kink: shift it away from there.
  if (x.dim() == 0) return std(stack({x, x * 2 + 1}), dims, 1, keepdim);
  return std(x, dims, 1, keepdim);
}

const char* flag_label(bool a, bool b) {
  if (a) return b ? "both transposed" : "left transposed";
  return b ? "right transposed" : "no transposition";
}

OperatorInfo products() {
  Draw draw;
  const Call plain_call = [](const Inputs& in) { return matmul(in[0], in[1]); };
  OperatorInfo info{"matmul", {}};
  const auto add = [&](const char* label, const Shape& a, const Shape& b) {
    info.cases.push_back({label, {draw(a), draw(b)}, plain_call});
  };
  add("vectors", {3}, {3});
  add("vector and matrix", {3}, {3, 2});
  add("matrix and vector", {2, 3}, {3});
  add("matrices", {2, 3}, {3, 4});
  add("batch and matrix", {2, 2, 3}, {3, 2});
  add("matrix and batch", {2, 3}, {2, 3, 2});
  add("batches that broadcast", {2, 1, 2, 3}, {3, 3, 2});
  add("nothing", {2, 0}, {0, 3});
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const Call call = [a, b](const Inputs& in) { return matmul(in[0], in[1], {a, b}); };
      const Shape left = a ? Shape{2, 3, 2} : Shape{2, 2, 3};
      info.cases.push_back(
          {flag_label(a, b), {draw(left), draw(b ? Shape{4, 3} : Shape{3, 4})}, call});
    }
  }
  return info;
}

OperatorInfo linear_cases() {
  Draw draw;
  const Call with_bias = [](const Inputs& in) { return linear(in[0], in[1], in[2]); };
  return {"linear",
          {{"rows", {draw({4, 3}), draw({2, 3}), draw(2)}, with_bias},
           {"one row", {draw({1, 3}), draw({2, 3}), draw(2)}, with_bias},
           {"a vector", {draw(3), draw({2, 3}), draw(2)}, with_bias},
           {"a batch of rows", {draw({2, 2, 3}), draw({2, 3}), draw(2)}, with_bias},
           {"no bias", {draw({4, 3}), draw({2, 3})}, [](const Inputs& in) {
              return linear(in[0], in[1]);
            }}}};
}

OperatorInfo one(const char* name, std::vector<OperatorCase> cases) {
  return {name, std::move(cases)};
}

void add_shapes(std::vector<OperatorInfo>& all) {
  Draw draw;
  all.push_back(one(
      "reshape", {{"flatten", {draw({2, 3})}, [](const Inputs& in) { return in[0].flatten(); }},
                  {"unsqueeze", {draw(3)}, [](const Inputs& in) { return in[0].unsqueeze(1); }}}));
  all.push_back(
      one("permute", {{"transpose", {draw({2, 3})}, [](const Inputs& in) { return in[0].t(); }},
                      {"a cycle of three", {draw({2, 3, 4})}, [](const Inputs& in) {
                         return permute(in[0], {2, 0, 1});
                       }}}));
  all.push_back(one("expand", {{"rows",
                                {draw({3})},
                                [](const Inputs& in) {
                                  return expand(in[0], {2, 3});
                                }},
                               {"a column", {draw({2, 1})}, [](const Inputs& in) {
                                  return expand(in[0], {2, 3});
                                }}}));
  all.push_back(
      one("cat",
          {{"rows", {draw({1, 3}), draw({2, 3})}, [](const Inputs& in) { return cat(in, 0); }},
           {"columns", {draw({2, 1}), draw({2, 3})}, [](const Inputs& in) { return cat(in, 1); }},
           {"with an empty vector",
            {draw({2, 2}), draw({0})},
            [](const Inputs& in) {
              return cat({in[1], in[0], in[0]});
            }},
           {"the same twice",
            {draw({2, 2})},
            [](const Inputs& in) {
              return cat({in[0], in[0]}, 1);
            }},
           {"stack", {draw(3), draw(3)}, [](const Inputs& in) { return stack(in, 1); }}}));
  all.push_back(
      one("narrow",
          {{"rows", {draw({4, 3})}, [](const Inputs& in) { return narrow(in[0], 0, 1, 2); }},
           {"columns", {draw({2, 4})}, [](const Inputs& in) { return narrow(in[0], 1, 1, 2); }},
           {"columns, twice", {draw({2, 4})}, [](const Inputs& in) {
              return narrow(in[0], 1, 0, 3) * narrow(in[0], 1, 1, 3);
            }}}));
  all.push_back(one("split", {{"all pieces",
                               {draw({5, 2})},
                               [](const Inputs& in) {
                                 const std::vector<Tensor> piece = split(in[0], {2, 1, 2}, 0);
                                 return square(piece[0]) * piece[2] + piece[1];
                               }},
                              {"one of the columns", {draw({2, 5})}, [](const Inputs& in) {
                                 return split(in[0], 2, 1)[1];
                               }}}));
  all.push_back(
      one("select",
          {{"a column", {draw({2, 4})}, [](const Inputs& in) { return select(in[0], 1, -1); }},
           {"a row", {draw({2, 4})}, [](const Inputs& in) { return in[0][1]; }}}));
  // `pad` is what the derivative of `narrow` is made of.
  all.push_back(one("pad", {{"gradient of narrow", {draw({2, 4})}, [](const Inputs& in) {
                               return grad(square(narrow(in[0], 1, 1, 2)).sum(), in[0],
                                           {.create_graph = true});
                             }}}));
  const auto copied = [](const Inputs& in) {
    Tensor x = square(in[0]);
    return x.copy_(in[1]) * 1;
  };
  all.push_back(one("overwrite", {{"equal shapes", {draw({2, 3}), draw({2, 3})}, copied},
                                  {"a row", {draw({2, 3}), draw({3})}, copied},
                                  {"a number", {draw({2, 3}), draw({})}, copied}}));
  all.push_back(
      one("clone", {{"a matrix", {draw({2, 3})}, [](const Inputs& in) { return in[0].clone(); }}}));
  all.push_back(one("to", {{"float32 and back", {draw({2, 3})}, [](const Inputs& in) {
                              return in[0].to(float64) * 1 +
                                     where(in[0] > 100, in[0].to(float32), 0);
                            }}}));
}

void add_indexing(std::vector<OperatorInfo>& all) {
  Draw draw;
  const Tensor index = tensor({2, 0, 2});
  all.push_back(
      one("index_select", {{"repeated rows",
                            {draw({3, 2}), index},
                            [](const Inputs& in) { return index_select(in[0], 0, in[1]); }},
                           {"columns", {draw({2, 3}), index}, [](const Inputs& in) {
                              return index_select(in[0], 1, in[1]);
                            }}}));
  all.push_back(one("index_add",
                    {{"repeated rows", {draw({3, 2}), index, draw({3, 2})}, [](const Inputs& in) {
                        return index_add(in[0], 0, in[1], in[2]);
                      }}}));
  const Tensor grid = tensor({{2, 0, 1}, {0, 0, 2}});
  all.push_back(one(
      "gather",
      {{"rows", {draw({3, 3}), grid}, [](const Inputs& in) { return gather(in[0], 0, in[1]); }},
       {"columns", {draw({2, 3}), grid}, [](const Inputs& in) { return gather(in[0], 1, in[1]); }},
       {"largest of each row", {draw.distinct({3, 4})}, [](const Inputs& in) {
          return max(in[0], 1).values;
        }}}));
  all.push_back(
      one("scatter_add", {{"repeated", {draw({2, 3}), grid, draw({2, 3})}, [](const Inputs& in) {
                             return scatter_add(in[0], 1, in[1], in[2]);
                           }}}));
  const Tensor mask = tensor({{true, false, true}, {false, true, true}});
  const auto choose = [](const Inputs& in) { return where(in[0], in[1], in[2]); };
  all.push_back(one("where", {{"equal shapes", {mask, draw({2, 3}), draw({2, 3})}, choose},
                              {"row and column", {mask, draw({3}), draw({2, 1})}, choose},
                              {"numbers", {mask, draw({}), draw({2, 3})}, choose},
                              {"mask of a row", {mask[0], draw({2, 3}), draw({2, 1})}, choose}}));
  const auto limit = [](const Inputs& in) { return clamp(in[0], in[1], in[2]); };
  const formula::Samples low{-1, -0.5}, high{0.5, 1};
  all.push_back(
      one("clamp_tensor",
          {{"equal shapes", {draw({3, 4}), draw({3, 4}, low), draw({3, 4}, high)}, limit},
           {"row and column", {draw({3, 4}), plain(draw({4}, low)), draw({3, 1}, high)}, limit},
           {"numbers", {draw({3, 4}), draw({}, low), draw({}, high)}, limit},
           {"larger bounds", {draw({4}), draw({3, 1}, low), draw({3, 4}, high)}, limit}}));
}

void add_rows(std::vector<OperatorInfo>& all) {
  Draw draw;
  all.push_back(one(
      "softmax", {{"rows", {draw({3, 4})}, [](const Inputs& in) { return softmax(in[0], 1); }},
                  {"columns", {draw({3, 4})}, [](const Inputs& in) { return softmax(in[0], 0); }},
                  {"masked",
                   {draw({2, 3}), tensor({{true, false, true}, {false, false, false}})},
                   [](const Inputs& in) { return masked_softmax(in[0], in[1], 1); }}}));
  all.push_back(
      one("log_softmax",
          {{"rows", {draw({3, 4})}, [](const Inputs& in) { return log_softmax(in[0], 1); }},
           {"columns", {draw({3, 4})}, [](const Inputs& in) { return log_softmax(in[0], 0); }}}));
  const Tensor classes = tensor({1, 0, 2});
  OperatorInfo loss{"cross_entropy", {}};
  for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
    loss.cases.push_back({"classes", {draw({3, 4}), classes}, [reduction](const Inputs& in) {
                            return cross_entropy(in[0], in[1], {.reduction = reduction});
                          }});
  }
  loss.cases.push_back({"an ignored class", {draw({3, 4}), classes}, [](const Inputs& in) {
                          return cross_entropy(in[0], in[1], {.ignore_index = 0});
                        }});
  loss.cases.push_back({"weights and smoothing",
                        {draw({3, 4}), classes, plain(draw({4}, {0.5, 2}))},
                        [](const Inputs& in) {
                          return cross_entropy(in[0], in[1],
                                               {.weight = in[2], .label_smoothing = 0.1});
                        }});
  loss.cases.push_back({"probabilities",
                        {draw({2, 3}), draw({2, 3}, {0.1, 0.6})},
                        [](const Inputs& in) { return cross_entropy(in[0], in[1]); }});
  all.push_back(std::move(loss));
  all.push_back(
      one("layer_norm", {{"weight and bias",
                          {draw({3, 4}), draw(4), draw(4)},
                          [](const Inputs& in) { return layer_norm(in[0], 4, in[1], in[2]); }},
                         {"plain, two dimensions", {draw({2, 2, 3})}, [](const Inputs& in) {
                            return layer_norm(in[0], {2, 3});
                          }}}));
  all.push_back(one("dropout", {{"a fixed draw", {draw({3, 4})}, [](const Inputs& in) {
                                   const Generator before = default_generator();
                                   manual_seed(3);
                                   const Tensor y = dropout(in[0], 0.4);
                                   default_generator() = before;
                                   return y;
                                 }}}));
}

}  // namespace

std::vector<OperatorInfo> operators() {
  std::vector<OperatorInfo> all;
  add_elementwise(all, formula::Unary());
  add_elementwise(all, formula::Binary());
  for (const auto& info :
       {reduction("sum", sum), reduction("mean", mean), reduction("prod", prod),
        reduction("amax", amax), reduction("amin", amin), reduction("var", var_of),
        reduction("std", std_of), reduction("logsumexp", logsumexp)})
    all.push_back(info);
  all.push_back(products());
  all.push_back(linear_cases());
  add_shapes(all);
  add_indexing(all);
  add_rows(all);
  return all;
}

}  // namespace tapegrad
