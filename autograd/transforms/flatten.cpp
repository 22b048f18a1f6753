#include "autograd/transforms/flatten.h"

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

std::vector<Tensor> Unflatten::operator()(const Tensor& flat) const {
  return detail::allocating_for("unflatten", [&] {
    detail::require_defined(flat, "unflatten");
    std::int64_t count = 0;
    for (const Shape& shape : shapes_) count += shape.numel();
    if (flat.shape() != Shape{count})
      fail<ShapeError>(
          "unflatten: the vector has shape {}, but {} tensors of together {} elements "
          "were made one",
          flat.shape(), shapes_.size(), count);
    detail::require_same_type("vector", flat.dtype(), "tensors", dtype_, "unflatten");
    std::vector<Tensor> all;
    std::int64_t start = 0;
    for (const Shape& shape : shapes_) {
      all.push_back(reshape(narrow(flat, 0, start, shape.numel()), shape));
      start += shape.numel();
    }
    return all;
  });
}

std::pair<Tensor, Unflatten> flatten_parameters(const std::vector<Tensor>& list) {
  return detail::allocating_for("flatten_parameters", [&] {
    if (list.empty()) fail<ValueError>("flatten_parameters: the list is empty");
    std::vector<Tensor> vectors;
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < list.size(); ++i) {
      detail::require_defined(list[i], "a tensor of the list", "flatten_parameters");
      if (list[i].dtype() != list[0].dtype())
        fail<DTypeError>(
            "flatten_parameters: tensor {} is {}, and those before are {}; convert them with to()",
            i, list[i].dtype(), list[0].dtype());
      vectors.push_back(reshape(list[i], {-1}));
      shapes.push_back(list[i].shape());
    }
    return std::pair(cat(vectors), Unflatten(std::move(shapes), list[0].dtype()));
  });
}

}  // namespace tapegrad
