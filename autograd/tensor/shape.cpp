#include "autograd/tensor/shape.h"

#include "autograd/tensor/fail.h"

namespace tapegrad {

Shape::Shape(const std::int64_t* sizes, std::size_t count) {
  if (count > kMaxRank)
    fail<ShapeError>("a tensor has at most {} dimensions, not {}", kMaxRank, count);
  for (std::size_t i = 0; i < count; ++i) sizes_[i] = sizes[i];
  rank_ = static_cast<int>(count);
}

void Shape::no_entry(std::int64_t i) const {
  if (rank_ == 0) fail<IndexError>("shape [] has no entry {}: it is that of a number", i);
  fail<IndexError>("shape {} has no entry {}: its entries are {} to {}", *this, i, -rank_,
                   rank_ - 1);
}

void Shape::push_back(std::int64_t size) { insert(rank_, size); }

void Shape::insert(int position, std::int64_t size) {
  if (position < 0 || position > rank_) no_entry(position);
  if (rank_ == kMaxRank) fail<ShapeError>("a tensor has at most {} dimensions", kMaxRank);
  for (int i = rank_; i > position; --i) sizes_[i] = sizes_[i - 1];
  sizes_[position] = size;
  ++rank_;
}

void Shape::erase(int position) {
  if (position < 0 || position >= rank_) no_entry(position);
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
