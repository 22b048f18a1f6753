#pragma once

#include "tests/values/values.h"

// Scans, sorting and statistics in the table of functions of operator_values_test.

namespace values {

/// What a function returns, as a list.
/// @{
inline Tensors listed(const Tensor& y) { return {y}; }
inline Tensors listed(const tg::ValuesAndIndices& y) { return {y.values, y.indices}; }
inline Tensors listed(const tg::VarAndMean& y) { return {y.var, y.mean}; }
inline Tensors listed(const tg::StdAndMean& y) { return {y.std, y.mean}; }
inline Tensors listed(const tg::MinAndMax& y) { return {y.min, y.max}; }
/// @}

/// `f(x, options...)` with as many of the options of these names as the case gives, from the first
/// on; the others are left to their defaults.
template <class... Options, class F, class... Given>
Tensors with_options(const Case& c, const F& f, std::vector<const char*> names,
                     const Given&... given) {
  if constexpr (sizeof...(Given) < sizeof...(Options)) {
    using Next = std::tuple_element_t<sizeof...(Given), std::tuple<Options...>>;
    const char* name = names[sizeof...(Given)];
    if (c.has(name)) {
      if constexpr (std::is_same_v<Next, tg::Dims>)
        return with_options<Options...>(c, f, names, given..., c.list(name));
      else
        return with_options<Options...>(c, f, names, given..., c.get<Next>(name));
    }
  }
  if constexpr (requires { f(c.inputs[0], given...); })
    return f(c.inputs[0], given...);
  else
    throw std::logic_error(c.text() + " lacks an option");
}

/// A function of the first input, as a lambda of it and its options, which gives `Tensors`.
template <class... Options, class F>
Function optional(F f, std::vector<const char*> names) {
  return [=](const Case& c) { return with_options<Options...>(c, f, names); };
}

// Options that `f` has no overload for are left out.
#define TAPEGRAD_LISTED(f) \
  [](const Tensor& x, auto... o) requires(requires { f(x, o...); }) { return listed(f(x, o...)); }

inline Functions statistics() {
  const auto reduction = [](auto f) { return optional<tg::Dims, bool>(f, {"dims", "keepdim"}); };
  const auto median = [](auto f) { return optional<int, bool>(f, {"dim", "keepdim"}); };
  const auto deviation = [](auto f) {
    return optional<tg::Dims, std::int64_t, bool>(f, {"dims", "correction", "keepdim"});
  };
  return {
      {"any", reduction(TAPEGRAD_LISTED(tg::any))},
      {"all", reduction(TAPEGRAD_LISTED(tg::all))},
      {"count_nonzero", optional<tg::Dims>(TAPEGRAD_LISTED(tg::count_nonzero), {"dims"})},
      {"nansum", reduction(TAPEGRAD_LISTED(tg::nansum))},
      {"nanmean", reduction(TAPEGRAD_LISTED(tg::nanmean))},
      {"var_mean", deviation(TAPEGRAD_LISTED(tg::var_mean))},
      {"std_mean", deviation(TAPEGRAD_LISTED(tg::std_mean))},
      {"aminmax", reduction(TAPEGRAD_LISTED(tg::aminmax))},
      {"median", median(TAPEGRAD_LISTED(tg::median))},
      {"nanmedian", median(TAPEGRAD_LISTED(tg::nanmedian))},
      {"mode", optional<int, bool>(TAPEGRAD_LISTED(tg::mode), {"dim", "keepdim"})},
  };
}

inline Functions quantiles() {
  const auto quantile = [](auto f) {
    return Function([=](const Case& c) {
      const Tensor &x = c.inputs[0], q = c.tensor("q");
      auto kind = tg::Interpolation::linear;
      const bool has_kind = c.has("interpolation");
      if (has_kind) {
        const auto word = c.get<std::string>("interpolation");
        kind = word == "lower"     ? tg::Interpolation::lower
               : word == "higher"  ? tg::Interpolation::higher
               : word == "nearest" ? tg::Interpolation::nearest
                                   : tg::Interpolation::midpoint;
      }
      if (!c.has("dim") && c.has("keepdim"))
        return Tensors{f(x, q, std::nullopt, c.get<bool>("keepdim"), kind)};
      if (!c.has("dim")) return Tensors{has_kind ? f(x, q, kind) : f(x, q)};
      const int dim = c.get<int>("dim");
      if (!c.has("keepdim")) return Tensors{f(x, q, dim)};
      const bool keepdim = c.get<bool>("keepdim");
      return Tensors{has_kind ? f(x, q, dim, keepdim, kind) : f(x, q, dim, keepdim)};
    });
  };
  const auto quantile_of = [](auto&&... a) { return tg::quantile(a...); };
  const auto nanquantile_of = [](auto&&... a) { return tg::nanquantile(a...); };
  return {{"quantile", quantile(quantile_of)}, {"nanquantile", quantile(nanquantile_of)}};
}

inline Functions differences() {
  Functions table;
  table["diff"] = [](const Case& c) {
    tg::DiffOptions options;
    c.set("n", options.n);
    c.set("dim", options.dim);
    c.set("prepend", options.prepend);
    c.set("append", options.append);
    return Tensors{tg::diff(c.inputs[0], options)};
  };
  const auto trapezoid = [](auto f) {
    return Function([=](const Case& c) {
      if (c.inputs.size() == 2)
        return Tensors{c.has("dim") ? f(c.inputs[0], c.inputs[1], c.get<int>("dim"))
                                    : f(c.inputs[0], c.inputs[1])};
      tg::TrapezoidOptions options;
      c.set("dx", options.dx);
      c.set("dim", options.dim);
      return Tensors{f(c.inputs[0], options)};
    });
  };
  table["trapezoid"] = trapezoid([](auto&&... a) { return tg::trapezoid(a...); });
  table["cumulative_trapezoid"] =
      trapezoid([](auto&&... a) { return tg::cumulative_trapezoid(a...); });
  table["cov"] = [](const Case& c) {
    tg::CovOptions options;
    c.set("correction", options.correction);
    c.set("fweights", options.fweights);
    c.set("aweights", options.aweights);
    return Tensors{tg::cov(c.inputs[0], options)};
  };
  table["corrcoef"] = [](const Case& c) { return Tensors{tg::corrcoef(c.inputs[0])}; };
  return table;
}

inline Functions norms() {
  const auto norm = [](auto f, const char* order) {
    return optional<double, tg::Dims, bool>(f, {order, "dims", "keepdim"});
  };
  Functions table{{"vector_norm", norm(TAPEGRAD_LISTED(tg::vector_norm), "ord")},
                  {"norm", norm(TAPEGRAD_LISTED(tg::norm), "p")}};
  table["dist"] = [](const Case& c) {
    return Tensors{c.has("p") ? tg::dist(c.inputs[0], c.inputs[1], c.get<double>("p"))
                              : tg::dist(c.inputs[0], c.inputs[1])};
  };
  const auto matrix_norm = TAPEGRAD_LISTED(tg::matrix_norm);
  table["matrix_norm"] = [=](const Case& c) {
    if (!c.has("ord")) return matrix_norm(c.inputs[0]);
    if (c["options"]["ord"] != "fro")
      return with_options<double, tg::Dims, bool>(c, matrix_norm, {"ord", "dims", "keepdim"});
    c.get<std::string>("ord");
    return matrix_norm(c.inputs[0], tg::MatrixNorm::fro, c.list("dims"), c.get<bool>("keepdim"));
  };
  return table;
}

inline Functions counting() {
  Functions table;
  const auto parts = [](const tg::UniqueElements& found) {
    return Tensors{found.output, found.inverse_indices, found.counts};
  };
  table["unique"] = [parts](const Case& c) {
    tg::UniqueOptions options;
    c.set("dim", options.dim);
    const Tensor& x = c.inputs[0];
    if (c.has("sorted")) options.sorted = c.get<bool>("sorted");
    return parts(c.has("dim")      ? tg::unique(x, options)
                 : c.has("sorted") ? tg::unique(x, c.get<bool>("sorted"))
                                   : tg::unique(x));
  };
  table["unique_consecutive"] = [parts](const Case& c) {
    const Tensor& x = c.inputs[0];
    return parts(c.has("dim") ? tg::unique_consecutive(x, c.get<int>("dim"))
                              : tg::unique_consecutive(x));
  };
  table["bincount"] = [](const Case& c) {
    const Tensor weights = c.optional_tensor("weights");
    if (c.has("minlength"))
      return Tensors{tg::bincount(c.inputs[0], weights, c.get<std::int64_t>("minlength"))};
    return Tensors{weights.defined() ? tg::bincount(c.inputs[0], weights)
                                     : tg::bincount(c.inputs[0])};
  };
  table["histc"] = [](const Case& c) {
    tg::HistcOptions options;
    c.set("bins", options.bins);
    c.set("min", options.min);
    c.set("max", options.max);
    return Tensors{tg::histc(c.inputs[0], options)};
  };
  const auto search = [](auto f) {
    return Function([=](const Case& c) {
      return Tensors{c.has("right") ? f(c.inputs[0], c.inputs[1], c.get<bool>("right"))
                                    : f(c.inputs[0], c.inputs[1])};
    });
  };
  const auto search_plainly = search([](auto&&... a) { return tg::searchsorted(a...); });
  table["searchsorted"] = [=](const Case& c) {
    if (!c.has("side") && !c.has("sorter")) return search_plainly(c);
    tg::SearchsortedOptions options;
    if (c.has("side") && c.get<std::string>("side") == "right") options.side = tg::Side::right;
    c.set("sorter", options.sorter);
    return Tensors{tg::searchsorted(c.inputs[0], c.inputs[1], options)};
  };
  table["bucketize"] = search([](auto&&... a) { return tg::bucketize(a...); });
  table["isin"] = [](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    if (!c.has("assume_unique")) return Tensors{tg::isin(a, b)};
    const bool unique = c.get<bool>("assume_unique");
    return Tensors{c.has("invert") ? tg::isin(a, b, unique, c.get<bool>("invert"))
                                   : tg::isin(a, b, unique)};
  };
  return table;
}

inline Functions order_functions() {
  const auto along = [](auto f) { return optional<int>(f, {"dim"}); };
  Functions table{
      {"cumsum", along(TAPEGRAD_LISTED(tg::cumsum))},
      {"cumprod", along(TAPEGRAD_LISTED(tg::cumprod))},
      {"logcumsumexp", along(TAPEGRAD_LISTED(tg::logcumsumexp))},
      {"cummax", along(TAPEGRAD_LISTED(tg::cummax))},
      {"cummin", along(TAPEGRAD_LISTED(tg::cummin))},
      {"sort", optional<int, bool>(TAPEGRAD_LISTED(tg::sort), {"dim", "descending"})},
      {"argsort", optional<int, bool>(TAPEGRAD_LISTED(tg::argsort), {"dim", "descending"})},
      {"topk", optional<int, int, bool, bool>(TAPEGRAD_LISTED(tg::topk),
                                              {"k", "dim", "largest", "sorted"})},
      {"kthvalue",
       optional<int, int, bool>(TAPEGRAD_LISTED(tg::kthvalue), {"k", "dim", "keepdim"})},
  };
  for (const Functions& part : {statistics(), quantiles(), differences(), norms(), counting()})
    table.insert(part.begin(), part.end());
  return table;
}

}  // namespace values
