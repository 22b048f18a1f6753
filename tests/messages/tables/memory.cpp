// Tensors that no address space, or no machine, can hold.

#include "autograd/autograd.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
using tg::Tensor;

namespace {

constexpr std::int64_t huge = std::int64_t{1} << 24, large = std::int64_t{1} << 19;
Tensor column() { return tg::zeros({huge, 0}); }
Tensor row(std::int64_t n) { return tg::zeros({0, n}); }

}  // namespace

messages::Sections messages::of_memory() {
  return {
      {"More memory than there is",
       "Here `huge` is 2^24 and `large` 2^19; `column()` is `[huge, 0]` and `row(n)` "
       "is `[0, n]`, matrices of no elements, whose product has many.",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "zeros: a tensor of shape [16777216, 16777216] and type float32 would take "
               "1.126e+15 bytes; no address space holds more than 2^47",
               tg::zeros({huge, huge})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "empty: a tensor of shape [140737488355329] and type bool would take 1.407e+14 "
               "bytes; no address space holds more than 2^47",
               tg::empty({(std::int64_t{1} << 47) + 1}, tg::boolean)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "ones: a tensor of shape [815730721, 815730721, 998001] and type int64 would "
               "take 5.313e+24 bytes; no address space holds more than 2^47",
               tg::ones({815730721, 815730721, 998001}, tg::int64)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "matmul: a tensor of shape [16777216, 16777216] and type float32 would take "
               "1.126e+15 bytes; no address space holds more than 2^47",
               matmul(column(), row(huge))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "expand: a tensor of shape [16777216, 16777216] and type float32 would take "
               "1.126e+15 bytes; no address space holds more than 2^47",
               expand(tg::ones({}), {huge, huge})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "randn: a tensor of shape [16777216, 16777216] and type float32 would take "
               "1.126e+15 bytes; no address space holds more than 2^47 [in net.fc]",
               const tg::Scope net("net"), fc("fc");
               tg::randn({huge, huge})),
           TAPEGRAD_MISTAKE(
               OutOfMemoryError,
               "zeros: the system refused the 35184372088832 bytes of a tensor of shape "
               "[16777216, 524288] and type float32",
               tg::zeros({huge, large})),
           TAPEGRAD_MISTAKE(
               OutOfMemoryError,
               "matmul: the system refused the 35184372088832 bytes of a tensor of shape "
               "[16777216, 524288] and type float32",
               matmul(column(), row(large))),
           TAPEGRAD_MISTAKE(
               OutOfMemoryError,
               "matmul: the system refused the 35184372088832 bytes of a tensor of shape "
               "[16777216, 524288] and type float32",
               matmul(column().requires_grad_(), row(large))),
           TAPEGRAD_MISTAKE(
               OutOfMemoryError,
               "add: the system refused the 70368744177664 bytes of a tensor of shape "
               "[1048576, 2097152, 4] and type float64",
               tg::zeros({1 << 20, 1, 4}, tg::float64) + tg::zeros({1 << 21, 1}, tg::float64)),
           TAPEGRAD_MISTAKE(
               OutOfMemoryError,
               "lt: the system refused the 2199023255552 bytes of a tensor of shape [1048576, "
               "2097152] and type bool",
               lt(tg::zeros({1 << 20, 1}), tg::zeros({1 << 21}))),
       }},
  };
}
