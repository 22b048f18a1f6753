#pragma once

/// @file
/// The operators that a tensor also has as methods. Inline, so that a program links those that it
/// calls and no more.
///
///     tg::Tensor x = tg::randn({2, 3});
///     tg::Tensor y = x.tanh().sum(1).reshape({2, 1});

#include "autograd/ops/ops.h"  // which includes this

namespace tapegrad {

/// @addtogroup tensors
/// @{

inline Tensor Tensor::operator[](Integer index) const { return tapegrad::select(*this, 0, index); }
inline Tensor Tensor::sum(const Dims& dims, Flag keepdim) const {
  return tapegrad::sum(*this, dims, keepdim);
}
inline Tensor Tensor::mean(const Dims& dims, Flag keepdim) const {
  return tapegrad::mean(*this, dims, keepdim);
}
inline Tensor Tensor::prod(const Dims& dims, Flag keepdim) const {
  return tapegrad::prod(*this, dims, keepdim);
}
inline Tensor Tensor::amax(const Dims& dims, Flag keepdim) const {
  return tapegrad::amax(*this, dims, keepdim);
}
inline Tensor Tensor::amin(const Dims& dims, Flag keepdim) const {
  return tapegrad::amin(*this, dims, keepdim);
}
inline ValuesAndIndices Tensor::max(int dim, Flag keepdim) const {
  return tapegrad::max(*this, dim, keepdim);
}
inline Tensor Tensor::max() const { return tapegrad::max(*this); }
inline ValuesAndIndices Tensor::min(int dim, Flag keepdim) const {
  return tapegrad::min(*this, dim, keepdim);
}
inline Tensor Tensor::min() const { return tapegrad::min(*this); }
inline Tensor Tensor::argmax() const { return tapegrad::argmax(*this); }
inline Tensor Tensor::argmax(int dim, Flag keepdim) const {
  return tapegrad::argmax(*this, dim, keepdim);
}
inline Tensor Tensor::argmin() const { return tapegrad::argmin(*this); }
inline Tensor Tensor::argmin(int dim, Flag keepdim) const {
  return tapegrad::argmin(*this, dim, keepdim);
}
inline Tensor Tensor::var(const Dims& dims, Integer correction, Flag keepdim) const {
  return tapegrad::var(*this, dims, correction, keepdim);
}
inline Tensor Tensor::std(const Dims& dims, Integer correction, Flag keepdim) const {
  return tapegrad::std(*this, dims, correction, keepdim);
}
inline Tensor Tensor::logsumexp(const Dims& dims, Flag keepdim) const {
  return tapegrad::logsumexp(*this, dims, keepdim);
}
inline Tensor Tensor::matmul(const Tensor& other) const { return tapegrad::matmul(*this, other); }
inline Tensor Tensor::reshape(const Shape& shape) const { return tapegrad::reshape(*this, shape); }
inline Tensor Tensor::flatten(int start_dim, int end_dim) const {
  return tapegrad::flatten(*this, start_dim, end_dim);
}
inline Tensor Tensor::squeeze() const { return tapegrad::squeeze(*this); }
inline Tensor Tensor::squeeze(int dim) const { return tapegrad::squeeze(*this, dim); }
inline Tensor Tensor::unsqueeze(int dim) const { return tapegrad::unsqueeze(*this, dim); }
inline Tensor Tensor::transpose(int dim0, int dim1) const {
  return tapegrad::transpose(*this, dim0, dim1);
}
inline Tensor Tensor::t() const { return tapegrad::t(*this); }
inline Tensor Tensor::permute(const Dims& dims) const { return tapegrad::permute(*this, dims); }
inline Tensor Tensor::expand(const Shape& shape) const { return tapegrad::expand(*this, shape); }
inline Tensor Tensor::narrow(int dim, Integer start, Integer length) const {
  return tapegrad::narrow(*this, dim, start, length);
}
inline Tensor Tensor::select(int dim, Integer index) const {
  return tapegrad::select(*this, dim, index);
}
template <std::derived_from<Tensor> Table>
Tensor Tensor::operator[](const Table& table) const {
  return tapegrad::index(*this, {Index(Tensor(table))});
}
inline Tensor Tensor::index(const std::vector<Index>& indices) const {
  return tapegrad::index(*this, indices);
}
inline Tensor Tensor::index_select(int dim, const Tensor& index) const {
  return tapegrad::index_select(*this, dim, index);
}
inline Tensor Tensor::gather(int dim, const Tensor& index) const {
  return tapegrad::gather(*this, dim, index);
}
inline Tensor Tensor::softmax(int dim) const { return tapegrad::softmax(*this, dim); }
inline Tensor Tensor::log_softmax(int dim) const { return tapegrad::log_softmax(*this, dim); }
inline Tensor Tensor::neg() const { return tapegrad::neg(*this); }
inline Tensor Tensor::abs() const { return tapegrad::abs(*this); }
inline Tensor Tensor::exp() const { return tapegrad::exp(*this); }
inline Tensor Tensor::log() const { return tapegrad::log(*this); }
inline Tensor Tensor::sqrt() const { return tapegrad::sqrt(*this); }
inline Tensor Tensor::square() const { return tapegrad::square(*this); }
inline Tensor Tensor::pow(const Tensor& exponent) const { return tapegrad::pow(*this, exponent); }
inline Tensor Tensor::tanh() const { return tapegrad::tanh(*this); }
inline Tensor Tensor::sigmoid() const { return tapegrad::sigmoid(*this); }
inline Tensor Tensor::relu() const { return tapegrad::relu(*this); }
inline Tensor Tensor::sin() const { return tapegrad::sin(*this); }
inline Tensor Tensor::cos() const { return tapegrad::cos(*this); }
inline Tensor Tensor::clamp(const Tensor& min, const Tensor& max) const {
  return tapegrad::clamp(*this, min, max);
}

/// @}

}  // namespace tapegrad
