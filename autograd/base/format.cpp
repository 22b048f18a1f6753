#include "autograd/base/format.h"

#include <ostream>

namespace tapegrad {

std::ostream& operator<<(std::ostream& stream, const Shape& shape) {
  return stream << to_string(shape);
}
std::ostream& operator<<(std::ostream& stream, DType dtype) { return stream << name(dtype); }

}  // namespace tapegrad
