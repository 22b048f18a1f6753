#include "autograd/linalg/lu.h"

#include <algorithm>
#include <vector>

#include "autograd/linalg/eigen/dense.h"
#include "autograd/ops/core/selection.h"

namespace tapegrad::detail {

LuFactors lu_factors(const Tensor& a) {
  const std::int64_t n = a.shape().back();
  LuFactors lu{new_tensor_like(a, a.dtype()), new_tensor(batch_of(a.shape(), 1), int64), {-1, 0}};
  visit_floating(a.dtype(), [&]<class T>(T) {
    lu.fault = launch(
        "lu",
        [](const T* from, T* factors, std::int64_t* rows, std::int64_t size, std::int64_t count) {
          Fault fault{-1, 0};
          for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t zero =
                dense::lu(from + i * size * size, size, factors + i * size * size, rows + i * size);
            if (zero >= 0 && fault.at < 0) fault = {i, zero};
          }
          return fault;
        },
        in<T>(a), out<T>(lu.factors), out<std::int64_t>(lu.rows), n,
        n == 0 ? 0 : batch_of(a.shape()).numel());
  });
  return lu;
}

Meeting meeting(const Tensor& a, const Tensor& b, const char* name) {
  const Shape own_a = batch_of(a.shape()), own_b = batch_of(b.shape());
  const Shape batch = own_a == own_b ? own_a : broadcast(own_a, own_b, name);
  const std::int64_t n = a.shape().back(), k = b.shape().back();
  const bool single = own_a.numel() == 1;
  const Tensor repeated = single || own_a == batch ? a : expand(a, with_matrix(batch, n, n));
  const Shape whole = with_matrix(batch, n, k);
  const Tensor own = own_b.numel() == batch.numel() ? reshape(copy_of(b), whole) : expand(b, whole);
  return {repeated, own, single ? 0 : n * n, n == 0 || k == 0 ? 0 : batch.numel(), n, k};
}

Tensor lu_solved(const Tensor& factors, const Tensor& rows, bool transposed, const Tensor& b) {
  const Meeting pair = meeting(factors, b, "solve");
  // Repeated as the factors are.
  const Tensor order = pair.a.dim() == factors.dim() && pair.a.shape() == factors.shape()
                           ? rows
                           : expand(rows, batch_of(pair.a.shape(), 1));
  visit_floating(b.dtype(), [&]<class T>(T) {
    launch(
        "lu_solve",
        [](const T* lu, const std::int64_t* row, T* x, bool flipped, std::int64_t step,
           std::int64_t count, std::int64_t n, std::int64_t k) {
          std::vector<T> moved(static_cast<std::size_t>(n * k));
          for (std::int64_t i = 0; i < count; ++i, x += n * k, lu += step) {
            const auto triangle = [&](T* of, bool upper) {
              dense::solve_triangular(lu, {upper, flipped, !upper}, n, of, k);
            };
            const auto move = [&](const T* from, T* to, bool back) {
              for (std::int64_t j = 0; j < n; ++j)
                std::copy_n(from + (back ? j : row[j]) * k, k, to + (back ? row[j] : j) * k);
            };
            if (flipped) {
              std::copy_n(x, n * k, moved.data());
              triangle(moved.data(), true);
              triangle(moved.data(), false);
              move(moved.data(), x, true);
            } else {
              move(x, moved.data(), false);
              triangle(moved.data(), false);
              triangle(moved.data(), true);
              std::copy_n(moved.data(), n * k, x);
            }
            if (step != 0) row += n;
          }
        },
        in<T>(pair.a), in<std::int64_t>(order), inout<T>(pair.b), transposed, pair.step_a,
        pair.count, pair.n, pair.k);
  });
  return pair.b;
}

}  // namespace tapegrad::detail
