#include "autograd/base/fail.h"
#include "autograd/tensor/require.h"

namespace tapegrad::detail {

void fail_class(const std::string& what, std::int64_t value, std::int64_t classes,
                const char* name) {
  if (classes == 0)
    fail<IndexError>("{}: {} is class {}, but {}", name, what, value,
                     value < 0 ? "classes are numbered from 0" : "there are none");
  fail<IndexError>("{}: {} is class {}, but there are {} classes (0 to {})", name, what, value,
                   classes, classes - 1);
}

void require_classes(const Tensor& scores, const Tensor& target, const char* what, const char* name,
                     bool probabilities) {
  if (!is_floating_point(scores.dtype())) {
    if (is_floating_point(target.dtype()))
      fail<DTypeError>(
          "{0}: the first argument is {1} {2} and the second {3} {4}; the {5} come first, then the "
          "target: {0}({5}, target)",
          name, scores.dtype(), scores.shape(), target.dtype(), target.shape(), what);
    require_floating(scores, name);
  }
  if (scores.dim() == 0)
    fail<ShapeError>("{}: the {} must be [N, C], [C] or [N, C, ...], not a number", name, what);
  const bool by_class = target.dtype() == int64;
  if (!by_class && !(probabilities && is_floating_point(target.dtype())))
    fail<DTypeError>(
        "{}: the target must be {}, not {}; convert classes with to(int64){}", name,
        probabilities ? "int64 classes or floating-point probabilities" : "int64 classes",
        target.dtype(),
        probabilities ? "" : ", and take those of one-hot rows with argmax(target, 1)");
  Shape wanted = scores.shape();
  const int class_dim = scores.dim() == 1 ? 0 : 1;
  if (by_class) wanted.erase(class_dim);
  const Shape& shape = target.shape();
  if (shape == wanted) return;
  if (!by_class) {
    wanted.erase(class_dim);
    fail<ShapeError>(
        "{}: probabilities of shape {} for {} of shape {}; give the same shape, or int64 classes "
        "of shape {}{}",
        name, shape, what, scores.shape(), wanted,
        shape == wanted ? ": convert classes with to(int64)" : "");
  }
  if (shape == scores.shape() && shape[class_dim] > 1)
    fail<ShapeError>(
        "{0}: a target of int64 is classes, of shape {1} for {2} of shape {3}, not one-hot rows; "
        "take the classes with argmax(target, {4}){5}",
        name, wanted, what, scores.shape(), class_dim,
        probabilities ? ", or make them probabilities with to(float32)" : "");
  Shape squeezed = shape;
  if (shape.rank() == wanted.rank() + 1 && shape[class_dim] == 1) squeezed.erase(class_dim);
  if (squeezed == wanted)
    fail<ShapeError>("{}: classes for {} of shape {} must have shape {}, not {}; use squeeze({})",
                     name, what, scores.shape(), wanted, shape, class_dim);
  fail<ShapeError>("{}: classes for {} of shape {} must have shape {}, not {}", name, what,
                   scores.shape(), wanted, shape);
}

void require_class_weights(const Tensor& weight, std::int64_t classes, const char* name) {
  if (weight.shape() != Shape(classes))
    fail<ShapeError>("{}: the weight has shape {}, but there are {} classes: it must be [{}]", name,
                     weight.shape(), classes, classes);
}

}  // namespace tapegrad::detail
