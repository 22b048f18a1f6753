#include "autograd/tensor/shape.h"

#include "autograd/tensor/fail.h"

namespace tapegrad {

Shape::Shape(const std::int64_t* sizes, std::size_t count) {
  if (count > kMaxRank)
    fail<ShapeError>("a tensor has at most {} dimensions, not {}", kMaxRank, count);
  for (std::size_t i = 0; i < count; ++i) sizes_[i] = sizes[i];
  rank_ = static_cast<int>(count);
}

void Shape::push_back(std::int64_t size) { insert(rank_, size); }

void Shape::insert(int position, std::int64_t size) {
  if (rank_ == kMaxRank) fail<ShapeError>("a tensor has at most {} dimensions", kMaxRank);
  for (int i = rank_; i > position; --i) sizes_[i] = sizes_[i - 1];
  sizes_[position] = size;
  ++rank_;
}

void Shape::erase(int position) {
  for (int i = position; i + 1 < rank_; ++i) sizes_[i] = sizes_[i + 1];
  --rank_;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

}  // namespace tapegrad
