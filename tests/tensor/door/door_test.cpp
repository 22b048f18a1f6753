#include <cstring>
#include <map>
#include <set>

#include "autograd/graph/profile.h"
#include "autograd/tensor/door/cancel.h"
#include "nn/nn.h"
#include "tests/all_operators.h"
#include "tests/catch.h"
#include "tests/tensor/door/calls.h"

namespace tg = tapegrad;
namespace nn = tg::nn;
using Catch::Matchers::ContainsSubstring;
using tg::detail::Access;
using tg::detail::Event;
using tg::detail::Impl;

namespace {

/// A visitor that lists all launches, and finds bytes that changed though no launch and no host
/// said that it writes there.
class Trace : tg::detail::Watcher {
 public:
  /// `tensors`: those that are there before, all of whose bytes are watched.
  explicit Trace(const std::vector<tg::Tensor>& tensors) {
    for (const tg::Tensor& tensor : tensors) keep(*tg::detail::impl_of(tensor)->owner());
    start();
  }
  ~Trace() { stop(); }

  /// To be called at the end. What was changed behind the door's back.
  std::vector<std::string> unaccounted() {
    compare();
    return unaccounted_;
  }
  const std::vector<std::string>& launches() const { return launches_; }
  const std::vector<std::string>& states() const { return states_; }
  int raised = 0, looks = 0;

 private:
  struct Bytes {
    std::vector<char> content;
    bool may_change = false;
  };

  static std::size_t size_of(const Impl& value) {
    return static_cast<std::size_t>(value.numel()) * tg::size_of(value.dtype);
  }
  static const char* data_of(const Impl& value) {
    return static_cast<const char*>(tg::detail::Raw::of(value));
  }
  Bytes& keep(const Impl& value) {
    Bytes& bytes = known_[&value];
    if (bytes.content.size() != size_of(value))
      bytes.content.assign(data_of(value), data_of(value) + size_of(value));
    return bytes;
  }
  /// What changed since the last announcement.
  void compare() {
    for (auto& [value, bytes] : known_) {
      const std::size_t size = bytes.content.size();
      if (size == 0 || std::memcmp(bytes.content.data(), data_of(*value), size) == 0) {
        bytes.may_change = false;
        continue;
      }
      if (!bytes.may_change)
        unaccounted_.push_back(launches_.empty() ? "before all" : "after " + launches_.back());
      bytes.content.assign(data_of(*value), data_of(*value) + size);
      bytes.may_change = false;
    }
  }

  void launch(const tg::detail::Launch& launch) override {
    compare();
    launches_.push_back(launch.kernel);
    looks += launch.looks;
    for (const auto& argument : launch.arguments) {
      if (argument.access == Access::parameter || !argument.value()) continue;
      Bytes& bytes = keep(*argument.value()->owner());
      bytes.may_change |= argument.access != Access::read;
    }
  }
  void event(Event event, const Impl& value) noexcept override {
    if (event == Event::viewed) return;
    if (event == Event::look) ++looks;
    compare();
    if (event == Event::freed) known_.erase(&value);
    if (event == Event::host_write) keep(*value.owner()).may_change = true;
    if (event == Event::changed) ++raised;
  }
  void host_state(std::string_view name, double) noexcept override { states_.emplace_back(name); }

  std::map<const Impl*, Bytes> known_;
  std::vector<std::string> launches_, unaccounted_, states_;
};

struct Net {
  nn::Linear fc1{6, 5}, fc2{5, 4};
  nn::LayerNorm norm{5};
  nn::BatchNorm1d batch{5};
  nn::Dropout dropout{0.5};
  tg::Tensor operator()(const tg::Tensor& x) { return fc2(dropout(tg::tanh(batch(norm(fc1(x)))))); }
  void visit(nn::Visitor& f) {
    f("fc1", fc1);
    f("norm", norm);
    f("batch", batch);
    f("dropout", dropout);
    f("fc2", fc2);
  }
};

tg::Tensor targets() { return tg::tensor({0, 3, 1, 2, 0, 1, 3, 2}); }

}  // namespace

TEST_CASE("a trace of a training step accounts for every byte that changes") {
  tg::manual_seed(1);
  Net net;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.1});
  const tg::Tensor x = tg::randn({8, 6}), y = targets();
  const auto step = [&] {
    optimizer.zero_grad();
    tg::cross_entropy(net(x), y).backward();
    optimizer.step();
  };
  step();
  std::vector<tg::Tensor> all{x, y};
  for (const nn::Parameter& parameter : nn::parameters(net)) all.push_back(parameter.value);
  for (const auto& [name, buffer] : nn::state_dict(net)) all.push_back(buffer);

  const auto before = net.fc1.weight.clone();
  Trace trace(all);
  step();
  CHECK(trace.unaccounted() == std::vector<std::string>());
  CHECK_FALSE(same_bits(before, net.fc1.weight));
  const auto count = [&](const char* kernel) {
    return std::count(trace.launches().begin(), trace.launches().end(), kernel);
  };
  CHECK(count("linear") == 2);
  CHECK(count("gemm") == 3);  // the input needs no gradient
  CHECK(count("layer_norm") == 1);
  CHECK(count("layer_norm_rule") == 1);
  CHECK(count("cross_entropy") == 1);
  CHECK(count("cross_entropy_rule") == 1);
  CHECK(count("bernoulli") == 1);
  CHECK(count("check_classes") == 1);
  CHECK(count("Adam") == 8);
  CHECK(trace.looks > 0);
  CHECK(trace.raised >= 8 * 3);  // parameters and their two buffers, and the buffers of BatchNorm
  const std::set<std::string> states(trace.states().begin(), trace.states().end());
  CHECK(states.contains("generator"));
  CHECK(states.contains("lr"));
  CHECK(states.contains("step"));
}

TEST_CASE("a trace finds a write that the door did not see") {
  tg::Tensor x = tg::zeros(3);
  Trace trace({x});
  *static_cast<float*>(tg::detail::Raw::of(*tg::detail::impl_of(x))) = 5;
  CHECK(trace.unaccounted() == std::vector<std::string>{"before all"});
}

TEST_CASE("a trace sees writes by the host and looks") {
  tg::Tensor x = tg::zeros(3);
  Trace trace({x});
  x.write<float>([](std::span<float> values) { values[1] = 2; });
  x.add_(1);
  CHECK(trace.looks == 0);
  CHECK(x.at<float>({1}) == 3);
  CHECK(tg::sum(x).item() == 5);
  CHECK(trace.looks == 2);
  CHECK(trace.raised == 2);
  CHECK(trace.unaccounted() == std::vector<std::string>());
}

TEST_CASE("every operator's cases are computed again from a list of its calls, to the same bits") {
  for (const tg::OperatorInfo& op : all_operators()) {
    bool named = false;
    for (const tg::OperatorCase& example : op.cases) {
      INFO(op.name << ", " << example.label);
      CallList list;
      const tg::Tensor y = example.call(example.inputs);
      const auto again = list.again();
      const std::vector<CallList::Call>& calls = list.calls();
      REQUIRE(again.size() == calls.size());
      bool result = false;
      for (std::size_t i = 0; i < again.size(); ++i) {
        INFO(calls[i].name);
        named |= calls[i].type->name == op.name;
        REQUIRE(again[i].size() == calls[i].values.size());
        for (std::size_t k = 0; k < again[i].size(); ++k) {
          CHECK(same_bits(again[i][k], calls[i].values[k]));
          result |= same_bits(again[i][k], y);
        }
      }
      CHECK((result || op.name == "pad"));  // which is the gradient of narrow: called by its rule
    }
    INFO(op.name);
    CHECK((named || op.name == "pad" || op.name == "overwrite"));
  }
}

TEST_CASE("a list of calls holds the attributes of the operators") {
  CallList list;
  tg::sum(tg::ones({2, 3}), 1, true);
  tg::leaky_relu(tg::ones(2), 0.25);
  REQUIRE(list.calls().size() == 2);
  std::string text;
  for (const auto& attribute : list.calls()[0].attributes)
    text += tg::detail::to_string(attribute) + "; ";
  CHECK(text == "dims = [1]; kept = [2, 1]; result = [2, 1]; count = 3; ");
  REQUIRE(list.calls()[1].attributes.size() == 1);
  CHECK(tg::detail::to_string(list.calls()[1].attributes[0]) == "slope = 0.25");
}

TEST_CASE("calls without gradients, in place and of the dtype go through the door, too") {
  CallList list;
  tg::Tensor x = tg::arange(4.0);
  x.add_(1);
  x.clamp_(1, 2);
  x.fill_(7);
  tg::argmax(x);
  tg::gt(x, 2);
  tg::any(x);
  x.to(tg::int64);
  x.to(tg::float64);
  tg::one_hot(tg::tensor({0, 1}));
  x.detach();
  std::vector<std::string> names;
  for (const auto& call : list.calls()) names.push_back(call.name);
  CHECK(names == std::vector<std::string>{"add_", "clamp", "clamp_", "to", "fill_", "reshape",
                                          "argmax", "lt", "any", "to", "to", "one_hot", "detach"});
}

TEST_CASE("a computation can be stopped from outside") {
  std::atomic<bool> stop = false;
  const tg::Tensor w = tg::ones(3).requires_grad_();
  const tg::Tensor loss = tg::sum(w * w);
  const std::int64_t records = tg::live_records();
  {
    const tg::CancelScope scope(stop);
    tg::exp(w);
    stop = true;
    CHECK_THROWS_AS(tg::exp(w), tg::CancelledError);
    CHECK_THROWS_AS(loss.backward(), tg::CancelledError);
    CHECK_THROWS_AS(tg::argmax(w), tg::CancelledError);
  }
  tg::exp(w);  // nobody is to stop now
  CHECK(tg::live_records() == records);
}

TEST_CASE("who is told of a call is told of its end, whoever stops it") {
  std::atomic<bool> stop = true;
  const tg::CancelScope scope(stop);  // outside, so that the profile is told first
  tg::ProfileScope profile;
  CHECK_THROWS_AS(tg::exp(1), tg::CancelledError);
  stop = false;
  tg::exp(1);
  REQUIRE(profile.rows().size() == 1);
  CHECK(profile.rows()[0].calls == 2);
}

namespace {

/// A visitor that cannot go on when a call has ended.
class Full : tg::detail::Watcher {
 public:
  Full() { start(); }
  ~Full() { stop(); }

 private:
  void called(const tg::detail::OperatorCall&, std::span<const tg::Tensor>) override {
    throw std::bad_alloc();
  }
};

/// One with a member of a smaller type.
struct Scale {
  static constexpr const char* name = "scale";
  static constexpr tg::Reads reads[] = {tg::kNone};
  float factor;
  static constexpr void visit(auto& op, auto f) { f("factor", op.factor); }
  tg::Tensor forward(const tg::Tensor& x) const { return x * factor; }
  tg::Tensor vjp(const tg::Tensor& g, auto, auto) const { return g * factor; }
};

/// Steps of -lr times the sign of the gradient, by operators on tensors.
struct SignOptions {
  double lr = 0.1;
  bool warn_unused = true, check_finite = false;
  void check() const {}
  static void visit(auto& options, auto f) { f("lr", options.lr); }
};
class SignSteps : public nn::OptimizerOf<SignOptions> {
 public:
  SignSteps(std::vector<nn::Parameter> parameters, std::atomic<bool>& stop)
      : OptimizerOf({"SignSteps", {}}, std::move(parameters), {}), stop_(stop) {}

 private:
  void update(std::size_t group, Entry& entry, const tg::Tensor& grad) override {
    stop_ = true;  // in the middle of the step
    entry.parameter.value.sub_(options(group).lr * tg::sign(grad));
  }
  std::atomic<bool>& stop_;
};

}  // namespace

TEST_CASE("a visitor that throws at the end of a call does no harm to the others") {
  const tg::Tensor x = tg::ones(2);
  tg::ProfileScope outer;
  {
    Full full;
    CHECK_THROWS_AS(tg::sum(x), tg::OutOfMemoryError);
    CHECK_THROWS_AS(tg::exp(x), tg::OutOfMemoryError);
  }
  tg::exp(x);
  std::int64_t calls = 0;
  for (const tg::ProfileRow& row : outer.rows()) calls += row.calls;
  CHECK(calls == 3);
}

TEST_CASE("attributes keep the type of the member") {
  CallList list;
  const tg::Tensor y = tg::apply(Scale{0.1f}, tg::ones(2));
  REQUIRE(list.calls().size() == 1);
  CHECK(same_bits(list.again()[0][0], y));
}

TEST_CASE("the step of an optimizer over tensors is finished, too") {
  nn::Linear fc(2, 2);
  std::atomic<bool> stop = false;
  SignSteps optimizer(nn::parameters(fc), stop);
  tg::sum(fc(tg::ones({1, 2}))).backward();
  const tg::Tensor bias = fc.bias.clone();
  const tg::CancelScope scope(stop);
  optimizer.step();
  stop = false;
  CHECK(tg::allclose(fc.bias, bias - 0.1));
}

TEST_CASE("what is being written is not recorded") {
  tg::Tensor w = tg::ones(2).requires_grad_(), x = tg::ones(2);
  const tg::Tensor row = x[0];
  x.write<float>([&](std::span<float> values) {
    values[0] = 3;
    CHECK_THROWS_WITH(w * x,
                      ContainsSubstring("mul: it would be recorded on elements that write()"));
    CHECK_THROWS_AS(row * w, tg::GradError);
    tg::sum(w * 2).backward();  // other elements
    tg::argmax(row);            // not recorded
    const tg::NoGrad no_grad;
    values[1] = tg::sum(w * x).item<float>();
  });
  CHECK(x.at<float>({1}) == 4);
  CHECK_FALSE((w * x).is_leaf());
}

#if defined(TAPEGRAD_CHECKSUMS)
TEST_CASE("debug builds notice what is written past the library") {
  const tg::Tensor w = tg::ones(2).requires_grad_();
  tg::Tensor x = tg::ones(2);
  std::span<float> kept;
  x.write<float>([&](std::span<float> values) { kept = values; });
  const tg::Tensor loss = tg::sum(w * x);
  kept[1] = 5;
  CHECK_THROWS_WITH(loss.backward(),
                    ContainsSubstring("has other elements now, written past the library"));
  kept[1] = 1;
  loss.backward();
}
#endif

TEST_CASE("an optimizer's step that has begun is finished when the computation is cancelled") {
  nn::Linear fc(2, 2);
  nn::SGD optimizer(nn::parameters(fc), {.lr = 0.1});
  const auto before = fc.weight.clone(), bias = fc.bias.clone();
  tg::sum(fc(tg::ones({1, 2}))).backward();
  std::atomic<bool> stop = false;
  const tg::CancelScope scope(stop);
  stop = true;
  CHECK_THROWS_AS(optimizer.step(), tg::CancelledError);
  stop = false;
  CHECK(same_bits(before, fc.weight));
  CHECK(same_bits(bias, fc.bias));
  optimizer.step();
  CHECK_FALSE(same_bits(before, fc.weight));
}
