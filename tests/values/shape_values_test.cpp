// What further shapes, pieces and arrangements of tensors hold, and their gradients, against
// PyTorch's.

#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;

namespace {

Function of_one(Tensor (*f)(const Tensor&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
}
Function of_two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs[0], c.inputs[1])}; };
}
Function of_list(Tensor (*f)(const Tensors&)) {
  return [f](const Case& c) { return Tensors{f(c.inputs)}; };
}
/// With a list that each case gives.
Function with_list(Tensor (*f)(const Tensor&, const tg::Shape&), const char* name) {
  return [=](const Case& c) { return Tensors{f(c.inputs[0], c.list(name))}; };
}
/// With two dimensions that each case gives.
Function with_dims(Tensor (*f)(const Tensor&, int, int), const char* first, const char* second) {
  return
      [=](const Case& c) { return Tensors{f(c.inputs[0], c.get<int>(first), c.get<int>(second))}; };
}
/// With a whole number; what a case does not give is left to the default.
template <class F>
Function with_number(F f, const char* name) {
  return [=](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has(name) ? f(x, c.get<std::int64_t>(name)) : f(x)};
  };
}
/// With a number, and then two dimensions.
template <class F>
Function of_diagonal(F f) {
  return [=](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("offset")) return Tensors{f(x)};
    const auto offset = c.get<std::int64_t>("offset");
    if (!c.has("dim1")) return Tensors{f(x, offset)};
    return Tensors{f(x, offset, c.get<int>("dim1"), c.get<int>("dim2"))};
  };
}

#define OPERATOR(f) \
  [](auto&&... arguments) { return f(std::forward<decltype(arguments)>(arguments)...); }

Functions views() {
  Functions table{
      {"view", with_list(tg::view, "shape")},
      {"view_as", of_two(tg::view_as)},
      {"reshape_as", of_two(tg::reshape_as)},
      {"atleast_1d", of_one(tg::atleast_1d)},
      {"atleast_2d", of_one(tg::atleast_2d)},
      {"atleast_3d", of_one(tg::atleast_3d)},
      {"swapaxes", with_dims(tg::swapaxes, "axis0", "axis1")},
      {"swapdims", with_dims(tg::swapdims, "dim0", "dim1")},
      {"broadcast_to", with_list(tg::broadcast_to, "shape")},
      {"expand_as", of_two(tg::expand_as)},
      {"broadcast_tensors", [](const Case& c) { return tg::broadcast_tensors(c.inputs); }},
  };
  table["unflatten"] = [](const Case& c) {
    return Tensors{tg::unflatten(c.inputs[0], c.get<int>("dim"), c.list("sizes"))};
  };
  table["movedim"] = [](const Case& c) {
    return Tensors{tg::movedim(c.inputs[0], c.list("source"), c.list("destination"))};
  };
  return table;
}

Functions pieces() {
  Functions table{
      {"hstack", of_list(tg::hstack)},
      {"vstack", of_list(tg::vstack)},
      {"dstack", of_list(tg::dstack)},
      {"column_stack", of_list(tg::column_stack)},
      {"unbind",
       [](const Case& c) {
         return c.has("dim") ? tg::unbind(c.inputs[0], c.get<int>("dim")) : tg::unbind(c.inputs[0]);
       }},
  };
  table["chunk"] = [](const Case& c) {
    const auto chunks = c.get<std::int64_t>("chunks");
    return c.has("dim") ? tg::chunk(c.inputs[0], chunks, c.get<int>("dim"))
                        : tg::chunk(c.inputs[0], chunks);
  };
  table["tensor_split"] = [](const Case& c) {
    const auto split = [&](const auto& where) {
      return c.has("dim") ? tg::tensor_split(c.inputs[0], where, c.get<int>("dim"))
                          : tg::tensor_split(c.inputs[0], where);
    };
    return c.has("sections") ? split(c.get<std::int64_t>("sections"))
                             : split(c.get<std::vector<std::int64_t>>("indices"));
  };
  return table;
}

Functions arrangements() {
  Functions table{{"flip", with_list(tg::flip, "dims")},
                  {"repeat", with_list(tg::repeat, "sizes")},
                  {"tile", with_list(tg::tile, "dims")},
                  {"cartesian_prod", of_list(tg::cartesian_prod)}};
  table["roll"] = [](const Case& c) {
    const tg::Shape shifts = c.list("shifts");
    return Tensors{c.has("dims") ? tg::roll(c.inputs[0], shifts, c.list("dims"))
                                 : tg::roll(c.inputs[0], shifts)};
  };
  table["rot90"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("k")) return Tensors{tg::rot90(x)};
    const auto k = c.get<std::int64_t>("k");
    return Tensors{c.has("dims") ? tg::rot90(x, k, c.list("dims")) : tg::rot90(x, k)};
  };
  table["repeat_interleave"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (c.inputs.size() == 1) return Tensors{tg::repeat_interleave(x)};
    return Tensors{c.has("dim") ? tg::repeat_interleave(x, c.inputs[1], c.get<int>("dim"))
                                : tg::repeat_interleave(x, c.inputs[1])};
  };
  table["meshgrid"] = [](const Case& c) {
    if (!c.has("indexing")) return tg::meshgrid(c.inputs);
    const bool xy = c.get<std::string>("indexing") == "xy";
    return tg::meshgrid(c.inputs, xy ? tg::Indexing::xy : tg::Indexing::ij);
  };
  table["combinations"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("r")) return Tensors{tg::combinations(x)};
    const auto r = c.get<std::int64_t>("r");
    return Tensors{c.has("with_replacement")
                       ? tg::combinations(x, r, c.get<bool>("with_replacement"))
                       : tg::combinations(x, r)};
  };
  return table;
}

Functions diagonals_and_padding() {
  Functions table{{"diag", with_number(OPERATOR(tg::diag), "diagonal")},
                  {"tril", with_number(OPERATOR(tg::tril), "diagonal")},
                  {"triu", with_number(OPERATOR(tg::triu), "diagonal")},
                  {"diagonal", of_diagonal(OPERATOR(tg::diagonal))},
                  {"diag_embed", of_diagonal(OPERATOR(tg::diag_embed))},
                  {"trace", of_one(tg::trace)},
                  {"block_diag", of_list(tg::block_diag)}};
  table["pad"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    const auto pads = c.get<std::vector<std::int64_t>>("pad");
    if (c.has("value"))
      return Tensors{tg::pad(x, pads, tg::Padding::constant, c.get<double>("value"))};
    if (!c.has("mode")) return Tensors{tg::pad(x, pads)};
    const auto mode = c.get<std::string>("mode");
    return Tensors{tg::pad(x, pads,
                           mode == "reflect"     ? tg::Padding::reflect
                           : mode == "replicate" ? tg::Padding::replicate
                                                 : tg::Padding::circular)};
  };
  table["pixel_shuffle"] = [](const Case& c) {
    return Tensors{tg::pixel_shuffle(c.inputs[0], c.get<std::int64_t>("upscale_factor"))};
  };
  table["pixel_unshuffle"] = [](const Case& c) {
    return Tensors{tg::pixel_unshuffle(c.inputs[0], c.get<std::int64_t>("downscale_factor"))};
  };
  return table;
}

}  // namespace

TEST_CASE("further shapes hold the values and give the gradients that PyTorch's do") {
  Functions table;
  for (const Functions& part : {views(), pieces(), arrangements(), diagonals_and_padding()})
    table.insert(part.begin(), part.end());
  check_section("shapes", table);
}

TEST_CASE("every function and every option of further shapes has a case with values") {
  Declarations declared;
  for (const char* header : {"views", "pieces", "arrange", "diagonal", "pad"})
    declared.read("autograd/ops/shape/" + std::string(header) + ".h");
  CHECK(declared.functions.size() >= 37);
  check_complete("shapes", declared, {});
}
