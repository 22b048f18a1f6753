#pragma once

#include <string>
#include <vector>

#include "tests/values/values.h"

// Indices in the table of functions of operator_values_test.

namespace values {

/// What the texts of an index are: "1:5:2", "None", "...", "3", "[0,2]", "t1" for the first of
/// `tables`.
inline std::vector<tg::Index> indices_of(const Case& c, std::size_t first_table) {
  const auto bound = [](const std::string& text) -> tg::Slice::Bound {
    if (text.empty()) return tg::None;
    return std::stoi(text);
  };
  std::vector<tg::Index> indices;
  for (const std::string& text : c.get<std::vector<std::string>>("indices")) {
    if (text == "None") {
      indices.emplace_back(tg::None);
    } else if (text == "...") {
      indices.emplace_back(tg::Ellipsis);
    } else if (text[0] == 't') {
      indices.emplace_back(c.inputs.at(first_table - 1 + std::stoul(text.substr(1))));
    } else if (text[0] == '[') {
      indices.emplace_back(json::parse(text).get<std::vector<std::int64_t>>());
    } else if (const auto colon = text.find(':'); colon != text.npos) {
      const auto second = text.find(':', colon + 1);
      indices.emplace_back(tg::Slice(
          bound(text.substr(0, colon)), bound(text.substr(colon + 1, second - colon - 1)),
          second == text.npos ? tg::Slice::Bound(tg::None) : bound(text.substr(second + 1))));
    } else {
      indices.emplace_back(std::stoi(text));
    }
  }
  return indices;
}

inline Functions subscripts() {
  Functions table;
  table["index"] = [](const Case& c) { return Tensors{tg::index(c.inputs[0], indices_of(c, 1))}; };
  table["index_put"] = [](const Case& c) {
    const std::vector<tg::Index> indices = indices_of(c, 2);
    return Tensors{c.has("accumulate")
                       ? tg::index_put(c.inputs[0], indices, c.inputs[1], c.get<bool>("accumulate"))
                       : tg::index_put(c.inputs[0], indices, c.inputs[1])};
  };
  const auto along = [](auto function) {
    return [function](const Case& c) {
      return Tensors{function(c.inputs[0], c.get<int>("dim"), c.inputs[1], c.inputs[2])};
    };
  };
  table["index_copy"] = along(tg::index_copy);
  table["index_fill"] = along(tg::index_fill);
  table["scatter"] = along(tg::scatter);
  table["take"] = [](const Case& c) { return Tensors{tg::take(c.inputs[0], c.inputs[1])}; };
  table["take_along_dim"] = [](const Case& c) {
    return Tensors{c.has("dim") ? tg::take_along_dim(c.inputs[0], c.inputs[1], c.get<int>("dim"))
                                : tg::take_along_dim(c.inputs[0], c.inputs[1])};
  };
  table["masked_fill"] = [](const Case& c) {
    return Tensors{tg::masked_fill(c.inputs[0], c.inputs[1], c.inputs[2])};
  };
  table["masked_select"] = [](const Case& c) {
    return Tensors{tg::masked_select(c.inputs[0], c.inputs[1])};
  };
  table["masked_scatter"] = [](const Case& c) {
    return Tensors{tg::masked_scatter(c.inputs[0], c.inputs[1], c.inputs[2])};
  };
  table["nonzero"] = [](const Case& c) { return Tensors{tg::nonzero(c.inputs[0])}; };
  table["argwhere"] = [](const Case& c) { return Tensors{tg::argwhere(c.inputs[0])}; };
  return table;
}

}  // namespace values
