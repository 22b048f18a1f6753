#include "autograd/base/shape.h"

#include "autograd/base/fail.h"

namespace tapegrad {

Shape::Shape(const std::int64_t* sizes, std::size_t count) {
  if (count > kMaxRank)
    fail<ShapeError>("a tensor has at most {} dimensions, not {}", kMaxRank, count);
  for (std::size_t i = 0; i < count; ++i) sizes_[i] = sizes[i];
  rank_ = static_cast<int>(count);
}

template <class I>
void Shape::no_entry(I i) const {
  if (rank_ == 0) fail<IndexError>("shape [] has no entry {}: it is that of a number", i);
  fail<IndexError>("shape {} has no entry {}: its entries are {} to {}", *this, i, -rank_,
                   rank_ - 1);
}
template void Shape::no_entry(std::int64_t) const;
template void Shape::no_entry(std::uint64_t) const;

Shape Shape::strides() const noexcept {
  Shape result = *this;
  std::uint64_t stride = 1;  // unsigned, because an empty tensor may have sizes of any product
  for (int i = rank_ - 1; i >= 0; --i) {
    result.sizes_[i] = static_cast<std::int64_t>(stride);
    stride *= static_cast<std::uint64_t>(sizes_[i]);
  }
  return result;
}

void Shape::push_back(std::int64_t size) { insert(rank_, size); }

void Shape::insert(int position, std::int64_t size) {
  if (position < 0 || position > rank_) no_entry<std::int64_t>(position);
  if (rank_ == kMaxRank) fail<ShapeError>("a tensor has at most {} dimensions", kMaxRank);
  for (int i = rank_; i > position; --i) sizes_[i] = sizes_[i - 1];
  sizes_[position] = size;
  ++rank_;
}

void Shape::erase(int position) {
  if (position < 0 || position >= rank_) no_entry<std::int64_t>(position);
  for (int i = position; i + 1 < rank_; ++i) sizes_[i] = sizes_[i + 1];
  sizes_[--rank_] = 0;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

Shape detail::unravel_index(std::int64_t flat, const Shape& shape) {
  Shape result = shape.strides();
  for (std::int64_t& entry : result) {
    const std::int64_t stride = entry;
    entry = flat / stride;
    flat %= stride;
  }
  return result;
}

}  // namespace tapegrad
