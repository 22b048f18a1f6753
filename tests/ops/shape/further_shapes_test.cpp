// The battery for functions that are written with operators: their gradients of both orders, in
// forward mode too, in float32, with aliases, and when memory is refused.

#include "tests/ops/shape_ops.h"

using namespace shape_ops;

namespace {

using Function = std::function<Tensor(const Inputs&)>;

/// The sum of all pieces, each with a factor of its own; they may differ in shape.
Tensor mixed(const Inputs& pieces) {
  Tensor sum = 0.0;
  double factor = 1;
  for (const Tensor& piece : pieces) sum = sum + tg::square(piece).sum() * (factor *= 1.5);
  return sum;
}

void check(const std::string& name, const Function& f, const std::vector<Shape>& shapes) {
  Inputs inputs;
  for (const Shape& shape : shapes) inputs.push_back(leaf(shape));
  const auto result = tg::verify({name, {{name, inputs, f}}});
  INFO(name << ": " << result.message());
  CHECK(result.ok());
}

}  // namespace

TEST_CASE("views and pieces go through the battery of operators") {
  using In = const Inputs&;
  check("unflatten", [](In in) { return tg::unflatten(in[0], 1, {2, -1}); }, {{2, 4}});
  check("atleast_3d", [](In in) { return tg::atleast_3d(in[0]); }, {{2, 3}});
  check("movedim", [](In in) { return tg::movedim(in[0], 0, -1); }, {{2, 3, 2}});
  check("broadcast_tensors", [](In in) { return mixed(tg::broadcast_tensors(in)); }, {{2, 1}, {3}});
  check("chunk", [](In in) { return mixed(tg::chunk(in[0], 2, 1)); }, {{2, 3}});
  check("tensor_split", [](In in) { return mixed(tg::tensor_split(in[0], {2, 1})); }, {{3, 2}});
  check("unbind", [](In in) { return mixed(tg::unbind(in[0], 1)); }, {{2, 3}});
  check("hstack", tg::hstack, {{2}, {3}});
  check("vstack", tg::vstack, {{3}, {2, 3}});
  check("dstack", tg::dstack, {{3}, {3}});
  check("column_stack", tg::column_stack, {{3}, {3, 2}});
}

TEST_CASE("arrangements go through the battery of operators") {
  using In = const Inputs&;
  check("flip", [](In in) { return tg::flip(in[0], {0, 1}); }, {{2, 3}});
  check("roll", [](In in) { return tg::roll(in[0], 1, 1); }, {{2, 3}});
  check("roll", [](In in) { return tg::roll(in[0], 2); }, {{2, 3}});
  check("rot90", [](In in) { return tg::rot90(in[0]); }, {{2, 3}});
  check("repeat", [](In in) { return tg::repeat(in[0], {2, 1, 2}); }, {{2, 2}});
  check("repeat_interleave",
        [](In in) {
          return tg::repeat_interleave(in[0], tg::tensor({2, 0, 1}), 1);
        },
        {{2, 3}});
  check("repeat_interleave", [](In in) { return tg::repeat_interleave(in[0], 2, 0); }, {{2, 3}});
  check("meshgrid", [](In in) { return mixed(tg::meshgrid(in, tg::Indexing::xy)); }, {{2}, {3}});
  check("cartesian_prod", tg::cartesian_prod, {{2}, {2}});
  check("combinations", [](In in) { return tg::combinations(in[0]); }, {{3}});
}

TEST_CASE("diagonals, triangles and padding go through the battery of operators") {
  using In = const Inputs&;
  check("diag_embed", [](In in) { return tg::diag_embed(in[0], 1); }, {{2, 2}});
  check("diagonal", [](In in) { return tg::diagonal(in[0], -1, 2, 0); }, {{2, 2, 3}});
  check("trace", [](In in) { return tg::trace(in[0]); }, {{2, 3}});
  check("tril", [](In in) { return tg::tril(in[0]); }, {{2, 3}});
  check("triu", [](In in) { return tg::triu(in[0], 1); }, {{2, 3}});
  check("block_diag", tg::block_diag, {{2, 1}, {2}});
  for (const auto mode : {tg::Padding::constant, tg::Padding::reflect, tg::Padding::replicate,
                          tg::Padding::circular}) {
    check("pad", [mode](In in) { return tg::pad(in[0], {1, 2, -1, 1}, mode); }, {{3, 3}});
  }
  check("pixel_shuffle", [](In in) { return tg::pixel_shuffle(in[0], 2); }, {{4, 1, 2}});
  check("pixel_unshuffle", [](In in) { return tg::pixel_unshuffle(in[0], 2); }, {{1, 2, 4}});
}
