#include "autograd/tensor/create/host_memory.h"

#include <array>
#include <numeric>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/tensor/create/dlpack.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"

#if __has_include(<eigen3/Eigen/Core>)
#include <eigen3/Eigen/Core>
#endif

using Catch::Matchers::ContainsSubstring;
namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

/// 1, 2, 3 ...
template <class T = double>
std::vector<T> counting(std::size_t n) {
  std::vector<T> values(n);
  std::iota(values.begin(), values.end(), T(1));
  return values;
}

/// As another library would fill it in.
struct Foreign {
  std::vector<float> values = counting<float>(6);
  std::array<std::int64_t, 2> shape{2, 3}, strides{3, 1};
  DLManagedTensor managed{};
  int deleted = 0;

  Foreign() {
    managed.dl_tensor = {values.data(), {1, 0}, 2, {2, 32, 1}, shape.data(), strides.data(), 0};
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensor* self) {
      ++static_cast<Foreign*>(self->manager_ctx)->deleted;
    };
  }
};

}  // namespace

TEST_CASE("a tensor over memory of the host shares it both ways") {
  std::vector<double> values = counting(6);
  Tensor x = tg::from_blob(values.data(), {2, 3});
  CHECK(x.dtype() == tg::float64);
  CHECK(x.data<double>().data() == values.data());
  values[0] = 10;
  CHECK(x.at<double>({0, 0}) == 10);
  x.mul_(2);
  CHECK(values[5] == 12);
  Tensor row = x[1];
  row.fill_(7);
  CHECK(values[3] == 7);
  const std::vector<double> before = values;
  // No operator takes the memory for its result, not even of a temporary.
  const Tensor y = tg::from_blob(values.data(), {2, 3}) + 1;
  const Tensor z = tg::exp(Tensor(std::move(row)));
  CHECK(values == before);
  CHECK(y.at<double>({1, 2}) == 8);
}

TEST_CASE("memory of the host is given back when the last tensor that shows it goes") {
  std::vector<float> values = counting<float>(4);
  int deleted = 0;
  void* seen = nullptr;
  Tensor x = tg::from_blob(values.data(), {4}, [&](void* data) {
    ++deleted;
    seen = data;
  });
  Tensor w = tg::ones({4}).requires_grad_();
  Tensor loss = (w * x).sum();  // the record saves x
  Tensor part = x[2];
  x = {};
  CHECK(deleted == 0);
  loss.backward();
  CHECK(w.grad().at<float>({3}) == 4);
  loss = {};
  CHECK(deleted == 0);
  part = {};
  CHECK(deleted == 1);
  CHECK(seen == values.data());
}

TEST_CASE("what the host changes under a gradient is seen") {
  std::vector<double> values = counting(3);
  Tensor w = tg::ones({3}, tg::float64).requires_grad_();
  const Tensor x = tg::from_blob(values.data(), {3});
  const auto refused = [&](auto change) {
    const Tensor loss = (w * x).sum();
    change();
    return message_of<tg::GradError>([&] { loss.backward(); });
  };
  CHECK_THAT(refused([&] { values[1] = 5; }),
             ContainsSubstring("written past the library") && ContainsSubstring("clone()"));
  CHECK_THAT(refused([&] { tg::touch(x); }), ContainsSubstring("by 'touch'"));
  // A record that does not read it does not mind, and one of a piece minds that piece alone.
  const Tensor sum = (w + x).sum();
  values[1] = 6;
  sum.backward();
  const Tensor piece = (w[0] * x[0]).sum();
  values[1] = 7;
  piece.backward();
  w.zero_grad();
  const Tensor copied = (w * x.clone()).sum();
  values[1] = 8;
  copied.backward();
  CHECK(w.grad().at<double>({1}) == 7);
  CHECK(tg::gradcheck([](const std::vector<Tensor>& in) { return in[0] * in[1]; }, {w, x}));
}

TEST_CASE("a gradient that shows memory of the host is not added to there") {
  std::vector<double> values = counting(4);
  Tensor w = tg::ones({2}, tg::float64).requires_grad_();
  w.set_grad(tg::from_blob(values.data(), {4}).narrow(0, 1, 2));
  (w * 3).sum().backward();
  CHECK(values == counting(4));
  CHECK(w.grad().at<double>({0}) == 5);
}

TEST_CASE("a parameter in memory of the host is trained there") {
  std::vector<float> weights{1, 1};
  Tensor w = tg::from_blob(weights.data(), {2}).requires_grad_();
  nn::SGD sgd({{"w", w}}, {.lr = 0.5});
  (w * tg::tensor({1, 2})).sum().backward();
  sgd.step();
  CHECK(weights[0] == 0.5f);
  CHECK(weights[1] == 0.0f);
}

TEST_CASE("spans and matrices of Eigen are shown") {
  std::vector<float> values = counting<float>(6);
  CHECK(tg::from_blob(std::span(values), {3, 2}).at<float>({2, 0}) == 5);
  CHECK(tg::from_blob(std::span(values)).shape() == tg::Shape(6));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::from_blob(std::span(values), {4, 2});
             }),
             ContainsSubstring("the span has 6 elements, but shape [4, 2] has 8"));
#if __has_include(<eigen3/Eigen/Core>)
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  Tensor x = tg::from_blob(m);
  CHECK(x.shape() == tg::Shape{2, 3});
  x.add_(1);
  CHECK(m(1, 0) == 5);
  Eigen::VectorXf v(3);
  CHECK(tg::from_blob(v).shape() == tg::Shape(3));
  Eigen::Map<Matrix, 0, Eigen::OuterStride<>> gaps(m.data(), 2, 2, Eigen::OuterStride<>(3));
  CHECK_THAT(message_of<tg::ShapeError>([&] { tg::from_blob(gaps); }), ContainsSubstring("gaps"));
#endif
}

TEST_CASE("mistakes with memory of the host are told, and leave it to the caller") {
  float one = 1;
  int deleted = 0;
  const auto deleter = [&](void*) { ++deleted; };
  CHECK_THAT(message_of<tg::ValueError>(
                 [&] { tg::from_blob(static_cast<float*>(nullptr), {2}, deleter); }),
             ContainsSubstring("from_blob: the pointer is null, but shape [2] has 2 elements"));
  void* odd = reinterpret_cast<char*>(&one) + 1;
  CHECK_THAT(message_of<tg::ValueError>([&] { tg::from_blob(odd, {1}, tg::float32, deleter); }),
             ContainsSubstring("not aligned to the 4 bytes of a float32 element"));
  CHECK_THAT(message_of<tg::ShapeError>([&] { tg::from_blob(&one, {-1}, deleter); }),
             ContainsSubstring("from_blob"));
  CHECK(deleted == 0);
  CHECK(tg::from_blob(static_cast<float*>(nullptr), {0, 3}).sum().item() == 0);
  Tensor recorded = tg::from_blob(&one, {1});
  CHECK_THAT(message_of<tg::GradError>([&] { recorded.to_(tg::float64); }),
             ContainsSubstring("memory of the host program"));
  const Tensor w = tg::ones({1}).requires_grad_();
  CHECK_THAT(message_of<tg::GradError>([&] { recorded.mul_(w); }),
             ContainsSubstring("the host program"));
}

TEST_CASE("to_dlpack hands out the elements, and keeps them until the receiver is done") {
  Tensor x = tg::tensor({{1, 2, 3}, {4, 5, 6}}).to(tg::float32);
  DLManagedTensor* out = tg::to_dlpack(x).release();
  CHECK(out->dl_tensor.data == x.data<float>().data());
  CHECK(out->dl_tensor.ndim == 2);
  CHECK(out->dl_tensor.shape[1] == 3);
  CHECK(out->dl_tensor.strides[0] == 3);
  CHECK(out->dl_tensor.dtype.bits == 32);
  static_cast<float*>(out->dl_tensor.data)[0] = 9;
  CHECK(x.at<float>({0, 0}) == 9);
  const Tensor back = tg::from_dlpack(out);  // takes it over
  x = {};
  CHECK(back.at<float>({1, 2}) == 6);
  {
    const auto unread = tg::to_dlpack(back);
    CHECK(unread->dl_tensor.data == back.data<float>().data());
  }
  for (const tg::DType dtype : {tg::float64, tg::int64, tg::boolean}) {
    const auto other = tg::to_dlpack(tg::ones({2}, dtype));
    CHECK(other->dl_tensor.dtype.bits == 8 * tg::size_of(dtype));
    CHECK(tg::from_dlpack(tg::to_dlpack(tg::ones({2}, dtype)).release()).dtype() == dtype);
  }
}

TEST_CASE("to_dlpack refuses what the receiver could change under a record") {
  Tensor w = tg::ones({3}).requires_grad_();
  const Tensor x = tg::ones({3});
  CHECK_THAT(message_of<tg::GradError>([&] { tg::to_dlpack(w); }), ContainsSubstring("detach()"));
  {
    const Tensor loss = (w * x).sum();
    CHECK_THAT(message_of<tg::GradError>([&] { tg::to_dlpack(x); }), ContainsSubstring("clone()"));
    CHECK(tg::to_dlpack(x.clone()) != nullptr);
  }
  const Tensor view = x.reshape({3, 1});
  CHECK_THAT(message_of<tg::GradError>([&] { tg::to_dlpack(x); }), ContainsSubstring("view"));
  CHECK(tg::to_dlpack(view) != nullptr);
  // What was handed out is looked after: a gradient that needs it notices.
  const auto out = tg::to_dlpack((w * 2).detach());
  const Tensor y = tg::ones({3});
  const auto handed = tg::to_dlpack(y);
  const Tensor loss = (w * y).sum();
  static_cast<float*>(handed->dl_tensor.data)[2] = 0;
  CHECK_THAT(message_of<tg::GradError>([&] { loss.backward(); }), ContainsSubstring("past"));
}

TEST_CASE("from_dlpack shows the elements of another library") {
  Foreign foreign;
  {
    Tensor x = tg::from_dlpack(&foreign.managed);
    CHECK(x.shape() == tg::Shape{2, 3});
    x.add_(1);
    CHECK(foreign.values[5] == 7);
    const Tensor row = x[0];
    x = {};
    CHECK(foreign.deleted == 0);
  }
  CHECK(foreign.deleted == 1);
  foreign.managed.dl_tensor.strides = nullptr;
  foreign.managed.dl_tensor.byte_offset = 4;
  foreign.managed.dl_tensor.ndim = 1;
  CHECK(tg::from_dlpack(&foreign.managed).at<float>({0}) == 3);
}

TEST_CASE("from_dlpack tells what it cannot show, and leaves it to the caller") {
  Foreign foreign;
  DLManagedTensor::Array& array = foreign.managed.dl_tensor;
  const auto refused = [&]<class E>(E, auto spoil) {
    const DLManagedTensor::Array whole = array;
    spoil();
    const std::string message = message_of<E>([&] { tg::from_dlpack(&foreign.managed); });
    array = whole;
    return message;
  };
  const tg::ValueError value("");
  CHECK_THAT(refused(value, [&] { array.device.device_type = 2; }),
             ContainsSubstring("device of kind 2"));
  foreign.strides = {1, 2};
  CHECK_THAT(refused(value, [] {}), ContainsSubstring("strides [1, 2] are not row by row"));
  foreign.strides = {3, 1};
  CHECK_THAT(refused(value, [&] { array.byte_offset = 1; }), ContainsSubstring("not aligned"));
  CHECK_THAT(refused(value, [&] { array.data = nullptr; }), ContainsSubstring("null"));
  CHECK_THAT(refused(tg::DTypeError(""), [&] { array.dtype.bits = 16; }),
             ContainsSubstring("kind 2 with 16 bits"));
  CHECK_THAT(refused(tg::ShapeError(""), [&] { array.ndim = 9; }), ContainsSubstring("up to 8"));
  CHECK_THAT(message_of<tg::ValueError>([] { tg::from_dlpack(nullptr); }),
             ContainsSubstring("null"));
  CHECK(foreign.deleted == 0);
}
