#pragma once

#include "tests/messages/messages_function.h"

// Products, shapes, pieces and indices.

namespace messages {

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

}  // namespace messages
