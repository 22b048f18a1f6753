// Tensors: their values and shapes, random numbers, memory of the host program.

#include <cmath>

#include "autograd/autograd.h"
#include "autograd/tensor/create/dlpack.h"
#include "autograd/tensor/visit_dtype.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

struct Foreign {
  std::vector<float> values = std::vector<float>(6, 1.0f);
  std::array<std::int64_t, 2> shape{2, 3}, strides{3, 1};
  DLManagedTensor managed{};
  Foreign() {
    managed.dl_tensor = {values.data(), {1, 0}, 2, {2, 32, 1}, shape.data(), strides.data(), 0};
  }
  DLManagedTensor::Array& array() { return managed.dl_tensor; }
};

struct Map {
  static constexpr bool IsRowMajor = true, IsVectorAtCompileTime = false;
  float values[8] = {};
  float* data() { return values; }
  std::ptrdiff_t rows() const { return 2; }
  std::ptrdiff_t cols() const { return 3; }
  std::ptrdiff_t innerStride() const { return 1; }
  std::ptrdiff_t outerStride() const { return 4; }
};

}  // namespace

messages::Sections messages::of_tensors() {
  return {
      {"Undefined tensors",
       "A `Tensor` that holds nothing, given where a value is needed. Every function "
       "says so, and names itself and the argument.",
       {
           TAPEGRAD_MISTAKE(ValueError, "exp: the argument" + kIsUndefined, exp(Tensor())),
           TAPEGRAD_MISTAKE(ValueError, "add: the first argument" + kIsUndefined, Tensor() + x),
           TAPEGRAD_MISTAKE(ValueError, "matmul: the second argument" + kIsUndefined,
                            x.matmul(Tensor())),
           TAPEGRAD_MISTAKE(ValueError, "linear: the weight" + kIsUndefined, linear(x, Tensor())),
           TAPEGRAD_MISTAKE(ValueError, "cat: tensor 1" + kIsUndefined, tg::cat({x, Tensor()})),
           TAPEGRAD_MISTAKE(ValueError, "mul: the first argument" + kIsUndefined, x.grad() * 0.1),
           TAPEGRAD_MISTAKE(ValueError,
                            "Tensor: what was asked for its shape, type or elements" + kIsUndefined,
                            Tensor().shape()),
           TAPEGRAD_MISTAKE(ValueError, "linear: the input" + kIsUndefined,
                            nn::Linear(3, 2)(Tensor())),
       }},
      {"Tensors from values",
       "What `tensor` is given is a box of numbers: lists of one depth and one length.",
       {
           TAPEGRAD_MISTAKE(ShapeError,
                            "tensor: ragged list: [1] has 1 entries where others have 2",
                            tg::tensor({{1, 2}, {3}})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "tensor: ragged list: [1] is a number where others are lists of 2",
                            tg::tensor({{1, 2}, 3})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "tensor: ragged list: [1] is a list where others are numbers",
                            tg::tensor({1, {2, 3}})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "tensor: lists more than 8 deep at [0][0][0][0][0][0][0][0]",
                            tg::tensor({{{{{{{{{1}}}}}}}}})),
           TAPEGRAD_MISTAKE(ShapeError, "tensor: 3 values do not fill the shape [2, 2]",
                            tg::tensor(std::vector<float>{1, 2, 3}, {2, 2})),
           TAPEGRAD_MISTAKE(ValueError, "tensor: 1e+300 cannot be converted to int64",
                            tg::tensor(std::vector<double>{1e300}, tg::int64)),
           TAPEGRAD_MISTAKE(ValueError,
                            "tensor: 9223372036854775808 does not fit int64; write it as a double",
                            tg::tensor(std::uint64_t{1} << 63)),
           TAPEGRAD_MISTAKE(ValueError, "full: 1e+300 cannot be converted to int64",
                            tg::full({2}, 1e300, tg::int64)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "full: value must be a number or have one element, but its shape is [2, 3]",
               tg::full({2}, y)),
       }},
      {"Shapes of new tensors",
       "",
       {
           TAPEGRAD_MISTAKE(ShapeError, "zeros: shape [2, -1] has a negative size",
                            tg::zeros({2, -1})),
           TAPEGRAD_MISTAKE(ShapeError, "a tensor has at most 8 dimensions, not 9",
                            tg::zeros({1, 1, 1, 1, 1, 1, 1, 1, 1})),
           TAPEGRAD_MISTAKE(IndexError, "shape [2, 3] has no entry 2: its entries are -2 to 1",
                            tg::Shape{2, 3}[2]),
           TAPEGRAD_MISTAKE(IndexError, "shape [] has no entry 0: it is that of a number",
                            tg::Shape{}[0]),
           TAPEGRAD_MISTAKE(ShapeError, "eye: n must not be negative, but is -1", tg::eye(-1)),
           TAPEGRAD_MISTAKE(ShapeError, "eye: m must not be negative, but is -2", tg::eye(3, -2)),
           TAPEGRAD_MISTAKE(ShapeError, "linspace: steps must not be negative, but is -1",
                            tg::linspace(0, 3, -1)),
           TAPEGRAD_MISTAKE(ShapeError, "randperm: n must not be negative, but is -1",
                            tg::randperm(-1)),
           TAPEGRAD_MISTAKE(IndexError, "shape [2, 3] has no entry -3: its entries are -2 to 1",
                            x.shape()[-3]),
           TAPEGRAD_MISTAKE(ShapeError, "a tensor has at most 8 dimensions",
                            tg::Shape sizes{1, 1, 1, 1, 1, 1, 1, 1};
                            sizes.push_back(1)),
       }},
      {"Sequences",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "arange: the step is 0", tg::arange(0, 1, 0)),
           TAPEGRAD_MISTAKE(ValueError, "arange: a step of -1 does not lead from 0 to 1",
                            tg::arange(0, 1, -1)),
           TAPEGRAD_MISTAKE(ValueError, "arange: start 0, end inf and step 1 must be finite",
                            tg::arange(0, INFINITY)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "arange: start 0, end 2.5 and step 1 must be whole numbers for int64; ask for "
               "float32",
               tg::arange(0, 2.5, 1, tg::int64)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "arange: from 0 to 1e+18 there are 1e+21 steps of 0.001, and no address space "
               "holds as many numbers",
               tg::arange(0, 1e18, 1e-3)),
           TAPEGRAD_MISTAKE(DTypeError, "arange: bool has no ranges; use int64 or a float type",
                            tg::arange(0, 3, 1, tg::boolean)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "arange: end must be a number or have one element, but its shape is [2, 3]",
               tg::arange(y)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "linspace: the element type must be float32 or float64, not int64",
                            tg::linspace(0, 1, 3, tg::int64)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "set_default_dtype: the element type must be float32 or float64, not int64",
               tg::set_default_dtype(tg::int64)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "visit_floating: the element type is int64, not float32 or float64",
                            tg::visit_floating(tg::int64, [](auto) {})),
       }},
      {"Random numbers",
       "",
       {
           TAPEGRAD_MISTAKE(DTypeError,
                            "randn: the element type must be float32 or float64, not int64",
                            tg::randn({2}, tg::int64)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "rand: the element type must be float32 or float64, not bool",
                            tg::rand({2}, tg::boolean)),
           TAPEGRAD_MISTAKE(ValueError, "randint: there are no numbers from 3 to below 3",
                            tg::randint(3, 3, {2})),
           TAPEGRAD_MISTAKE(DTypeError,
                            "randint: the element type must not be bool; bernoulli gives bool",
                            tg::randint(0, 3, {2}, tg::boolean)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "randint: float32 does not have all whole numbers from 0 to 33554432; use int64",
               tg::randint(0, 1 << 25, {2}, tg::float32)),
           TAPEGRAD_MISTAKE(ValueError, "bernoulli: p must be a probability, in [0, 1], but is -1",
                            tg::bernoulli(-1, {2})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "bernoulli: the element type must be float32, float64 or bool, not int64",
               tg::bernoulli(0.5, {2}, tg::int64)),
           TAPEGRAD_MISTAKE(ValueError, "uniform_: from 2 to 1 is no finite range of float32",
                            tg::uniform_(y, 2, 1)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "uniform_: needs a float32 or float64 tensor, not int64; convert it with "
               "to(float32)",
               tg::uniform_(ints)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "normal_: mean 0 and standard deviation -1 must be finite, and the latter not "
               "negative",
               tg::normal_(y, 0, -1)),
           TAPEGRAD_MISTAKE(
               GradError,
               "normal_: a leaf of shape [2, 3] that requires gradients cannot be changed in "
               "place while gradients are recorded; do it inside a NoGrad scope, or on a "
               "detach()ed tensor",
               tg::normal_(x)),
           TAPEGRAD_MISTAKE(ValueError, "exponential_: lambd is 0; it must be above 0 and finite",
                            tg::exponential_(y, 0)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "normal: the standard deviation of element 0 is -1; it must be 0 or above",
               tg::normal(y, y - 2)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "poisson: the rate of element 0 is -1; it must be finite, and 0 or above",
               tg::poisson(y - 2)),
           TAPEGRAD_MISTAKE(ValueError,
                            "bernoulli: p of element 0 is 2; it must be a probability, in [0, 1]",
                            tg::bernoulli(y + 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "multinomial: the weights must be a vector or rows, [n] or [rows, n], not [2, "
               "2, 2]",
               tg::multinomial(tg::ones({2, 2, 2}), 1)),
           TAPEGRAD_MISTAKE(ValueError, "multinomial: num_samples is 0; it must be at least 1",
                            tg::multinomial(y, 0)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "multinomial: row 0 of shape [2, 3] has no weight above 0: nothing can be drawn",
               tg::multinomial(y - 1, 1)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "multinomial: 4 samples without replacement, but row 0 of shape [2, 3] has 3 "
               "weights above 0; draw fewer, or with replacement",
               tg::multinomial(y, 4)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "multinomial: the weight of element 0 is -1; it must be finite, and 0 or above",
               tg::multinomial(y - 2, 1)),
       }},
      {"Memory of the host program",
       "`Foreign` is what another library hands over by DLPack, `Map` a map of Eigen "
       "whose rows have gaps.",
       {
           TAPEGRAD_MISTAKE(ValueError,
                            "from_blob: the pointer is null, but shape [3] has 3 elements",
                            tg::from_blob(static_cast<float*>(nullptr), {3})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "from_blob: the memory is not aligned to the 4 bytes of a float32 element; "
               "copy it to where it is aligned",
               tg::from_blob(reinterpret_cast<float*>(std::uintptr_t{6}), {3})),
           TAPEGRAD_MISTAKE(ShapeError, "from_blob: the span has 0 elements, but shape [3] has 3",
                            tg::from_blob(std::span<float>(), {3})),
           TAPEGRAD_MISTAKE(ValueError, "from_dlpack: the pointer is null",
                            tg::from_dlpack(nullptr)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "from_dlpack: the elements are on a device of kind 2, not on the CPU (kind 1); "
               "copy them there first",
               Foreign other;
               other.array().device.device_type = 2; tg::from_dlpack(&other.managed)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "from_dlpack: elements of shape [2, 3] whose strides [1, 2] are not row by "
               "row; hand over a contiguous copy",
               Foreign other;
               other.strides = {1, 2}; tg::from_dlpack(&other.managed)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "from_dlpack: there is no element type for kind 2 with 16 bits and 1 lanes; "
               "convert to float32, float64, int64 or bool first",
               Foreign other;
               other.array().dtype.bits = 16; tg::from_dlpack(&other.managed)),
           TAPEGRAD_MISTAKE(ShapeError, "from_dlpack: 9 dimensions; tensors have up to 8",
                            Foreign other;
                            other.array().ndim = 9; tg::from_dlpack(&other.managed)),
           TAPEGRAD_MISTAKE(
               GradError,
               "to_: these elements lie in memory of the host program, as float32; use to()",
               std::vector<float> memory{1, 2};
               Tensor shown = tg::from_blob(memory.data(), {2}); shown.to_(tg::float64)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "from_blob: a map of 2 x 3 elements with strides 4 and 1 has gaps, and tensors "
               "have none; copy it to a matrix of its own",
               Map map;
               tg::from_blob(map)),
           TAPEGRAD_MISTAKE(
               GradError,
               "to_dlpack: a tensor of shape [2, 3] that requires a gradient, which other "
               "libraries know nothing of; hand out its detach()",
               tg::to_dlpack(x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "to_dlpack: the elements of this tensor of shape [2, 3] are saved by a record, "
               "or shown by a view (reshape, narrow, detach), which the receiver could "
               "change; hand out a clone(), or drop those first",
               const Tensor row = y[0];
               tg::to_dlpack(y)),
       }},
  };
}
