// What is read of tensors, and written into them.

#include "autograd/autograd.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
using tg::Tensor;

messages::Sections messages::of_writing() {
  return {
      {"Elements",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "item: the tensor of shape [2, 3] has 6 elements, not one; choose one with "
               "at<T>({...}), reduce it with sum() or mean(), or take all with data<T>()",
               x.item()),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "item: the tensor of shape [3] has 3 elements, not one; choose one with "
               "at<T>({...}), reduce it with sum() or mean(), or take all with data<T>()",
               ints.item<int>()),
           TAPEGRAD_MISTAKE(ValueError,
                            "item: 1e+300 does not fit the integer type that was asked for; use "
                            "item<double>()",
                            tg::tensor(1e300, tg::float64).item<int>()),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "data: the tensor holds float32, not float64; convert it with to(float64)",
               y.data<double>()),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "write: the tensor holds float32, not float64; convert it with to_(float64)",
               y.write<double>([](auto) {})),
           TAPEGRAD_MISTAKE(
               IndexError,
               "at: 1 indices [0] for a tensor of shape [2, 3]; give one for each dimension",
               x.at<float>({0})),
           TAPEGRAD_MISTAKE(IndexError, "at: 3 indices [0, 0, 0] for a tensor of shape [2, 3]",
                            x.at({0, 0, 0})),
           TAPEGRAD_MISTAKE(IndexError,
                            "size: a number (0-d tensor) has no dimension 0; numel() is 1",
                            tg::tensor(1.0).size(0)),
           TAPEGRAD_MISTAKE(IndexError,
                            "at: index 7 is out of range for dimension 1 of shape [2, 3] (-3 to 2)",
                            x.at<float>({0, 7})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "format: {:d} is for whole numbers, and the elements are float32; convert them "
               "with to(int64)",
               fmt::print("{:d}", y)),
           TAPEGRAD_MISTAKE(ValueError, "to_string: precision must be from 0 to 100, but is -1",
                            tg::to_string(y, {.precision = -1})),
           TAPEGRAD_MISTAKE(ValueError, "set_printoptions: edgeitems must be at least 1, but is 0",
                            tg::set_printoptions({.edgeitems = 0})),
       }},
      {"Writing in place",
       "",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "add_: a leaf of shape [2, 3] that requires gradients cannot be changed in "
               "place while gradients are recorded; do it inside a NoGrad scope, or on a "
               "detach()ed tensor",
               x.add_(1)),
           TAPEGRAD_MISTAKE(
               GradError,
               "write: a leaf of shape [2, 3] that requires gradients cannot be changed in "
               "place while gradients are recorded; do it inside a NoGrad scope, or on a "
               "detach()ed tensor",
               x.write<float>([](auto) {})),
           TAPEGRAD_MISTAKE(
               GradError,
               "zero_: a leaf of shape [2, 3] that requires gradients cannot be changed in "
               "place while gradients are recorded; do it inside a NoGrad scope, or on a "
               "detach()ed tensor",
               x.zero_()),
           TAPEGRAD_MISTAKE(
               GradError,
               "write: the elements of a recorded tensor of shape [2, 3] cannot be changed by "
               "hand while gradients are recorded; do it inside a NoGrad scope, or on a "
               "detach()ed tensor",
               Tensor made = x * 2;
               made.write<float>([](auto) {})),
           TAPEGRAD_MISTAKE(
               GradError,
               "add_: the data of this tensor of shape [2, 3] is, or was, shared with a view "
               "of it (reshape, narrow, detach) or with the host program, which a recorded "
               "change in place would leave with a wrong gradient; use the form without "
               "underscore, or clone() first",
               Tensor made = x * 2;
               const Tensor view = made.reshape({6}); made.add_(x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "copy_: a leaf of shape [2, 3] that requires gradients cannot be changed in "
               "place while gradients are recorded; do it inside a NoGrad scope, or on a "
               "detach()ed tensor",
               x.copy_(y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "add_: an operand of shape [2, 2, 3] does not broadcast to the shape [2, 3] of "
               "the result",
               y.add_(wide.to(tg::boolean).to(tg::float64) * tg::ones({2, 2, 3}, tg::float64))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "add_: the result is float32, which does not go into a tensor of type int64",
               ints.add_(0.5)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "fill_: the value must be one number, not a tensor of shape [3]",
                            y.fill_(ints)),
           TAPEGRAD_MISTAKE(
               GradError,
               "mul: it would be recorded on elements that write() is changing; call it after "
               "the write, or in a NoGrad scope",
               Tensor made = y * 1;
               made.write<float>([&](auto) { mul(x, made); })),
           TAPEGRAD_MISTAKE(
               GradError,
               "mul_: this number would become float64, but a view (reshape, detach) shows "
               "its data as int64; start from tensor(...), or write a = a + b",
               Tensor n = 1;
               const Tensor seen = n.detach(); n.mul_(0.5)),
       }},
      {"Gradients of leaves",
       "",
       {
           TAPEGRAD_MISTAKE(
               DTypeError,
               "requires_grad_: only float32 and float64 tensors have gradients, not int64",
               ints.requires_grad_()),
           TAPEGRAD_MISTAKE(
               GradError,
               "requires_grad_: only a leaf can stop requiring gradients; use detach() for a "
               "tensor that an operator made",
               Tensor made = x * 2;
               made.requires_grad_(false)),
           TAPEGRAD_MISTAKE(
               GradError,
               "mutable_grad: the tensor of shape [2, 3] has no gradient: no backward() has "
               "reached it; set_grad puts one in",
               x.mutable_grad()),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "set_grad: the gradient is float64 but the tensor is float32; convert one of "
               "them with to()",
               x.set_grad(wide)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "set_grad: the gradient has shape [3] but the tensor has shape [2, 3]; they "
               "must be the same",
               x.set_grad(tg::ones({3}))),
           TAPEGRAD_MISTAKE(ValueError,
                            "set_grad: a tensor cannot be its own gradient; use a clone()",
                            x.set_grad(x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "to_: only a leaf can be converted in place; use to() for a tensor that an "
               "operator made",
               Tensor made = x * 2;
               made.to_(tg::float64)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "to_: the tensor requires gradients, which int64 does not have",
                            x.to_(tg::int64)),
       }},
      {"Threads and memory",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "set_num_threads: expected 1 to 1024 threads, got 0",
                            tg::set_num_threads(0)),
           TAPEGRAD_MISTAKE(ValueError, "set_cache_limit: -1 bytes; a limit is 0 or more",
                            tg::set_cache_limit(-1)),
       }},
  };
}
