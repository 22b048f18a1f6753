#include "nn/onnx/tracer.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "autograd/base/fail.h"
#include "nn/onnx/text.h"

namespace tapegrad::onnx::detail {

namespace {

using tapegrad::detail::Access;
using tapegrad::detail::Event;
using tapegrad::detail::impl_of;
using tapegrad::detail::OnnxForm;
using tapegrad::detail::OperatorCall;
using tapegrad::detail::Phase;

constexpr const char* kSaysNothing =
    "it computes elements by itself and does not say what it is in ONNX; give its struct a static "
    "constexpr const char* onnx = \"y = ...\"";
constexpr char kLooks[] =
    "the program looks at {} (item, data, a check), and what follows from that is not in the "
    "graph; decide by operators such as where(), or, if a layer does, switch it by nn::eval";

bool is_number(const Tensor& tensor) {
  return impl_of(tensor)->has(tapegrad::detail::Impl::kNumber);
}

/// True for a change in place whose operator works on another type than that of its result: then it
/// calls the operator that is not in place, and writes what that gives.
bool works_beside(const OperatorCall& call) {
  if (!call.in_place || !call.type->promotes) return false;
  const Tensor& a = *call.inputs[0];
  return is_number(a) || std::any_of(call.inputs.begin() + 1, call.inputs.end(), [&](auto* each) {
           return each->defined() && !is_number(*each) && each->dtype() != a.dtype();
         });
}

bool all_bool(const OperatorCall& call) {
  return std::all_of(call.inputs.begin(), call.inputs.end(),
                     [](auto* each) { return each->defined() && each->dtype() == boolean; });
}

}  // namespace

Tracer::Tracer(const std::vector<nn::Parameter>& weights, const std::vector<Tensor>& inputs) {
  for (const auto& [name, value] : weights) {
    if (!value.defined()) continue;
    weights_.emplace(impl_of(value), name);
    weight_memory_.emplace(impl_of(value)->owner(), name);
    kept_.push_back(value);
  }
  for (const Tensor& input : inputs) {
    graph_.inputs.push_back(graph_.add({.kind = Value::Kind::input, .tensor = input}));
    bind(input, graph_.inputs.back());
  }
  start();
}

Graph Tracer::finish(const std::vector<Tensor>& outputs) {
  stop();
  throw_noted();
  for (const Tensor& output : outputs) {
    if (!output.defined()) refuse({}, "an output is the undefined tensor");
    const int value = operand(output);
    Value& made = graph_.values[static_cast<std::size_t>(value)];
    if (made.kind == Value::Kind::result) made.tensor = output;
    graph_.outputs.push_back(value);
  }
  if (std::none_of(outputs.begin(), outputs.end(), [&](auto& each) { return depends(each); }))
    refuse({}, "no output depends on an input by operators that this thread has called");
  drop_unused(graph_);
  return std::move(graph_);
}

Origin Tracer::here() const {
  const char* path = current_scope();
  return {frames_.empty() ? "" : frames_.back().origin.op, path ? path : ""};
}

void Tracer::note(std::string_view reason) noexcept {
  noted([&] {
    if (!noted_) noted_.emplace(here(), reason);
  });
}

template <class F>
void Tracer::remembered(F step) {
  try {
    step();
  } catch (const ValueError& error) {
    if (refused_.empty()) refused_ = error.what();
    throw;
  }
}

template <class F>
void Tracer::noted(F step) noexcept {
  try {
    step();
  } catch (...) {
    out_of_memory_ = true;
  }
}

void Tracer::throw_noted() const {
  if (out_of_memory_) throw std::bad_alloc();
  if (!refused_.empty()) throw ValueError(refused_);
  if (noted_) refuse(noted_->first, noted_->second);
}

void Tracer::bind(const Tensor& tensor, int value) {
  values_[impl_of(tensor)] = value;
  owners_.insert(impl_of(tensor)->owner());
  kept_.push_back(tensor);
}

bool Tracer::depends(const Tensor& tensor) const {
  if (!tensor.defined()) return false;
  if (values_.contains(impl_of(tensor))) return true;
  if (is_known(*impl_of(tensor)))
    refuse(here(),
           "a tensor shows memory of a value that depends on the input, and no operator "
           "made it");
  return false;
}

int Tracer::operand(const Tensor& tensor) {
  if (!tensor.defined()) return kNoValue;
  if (depends(tensor)) return values_[impl_of(tensor)];
  const auto [place, is_new] = constants_.try_emplace(impl_of(tensor));
  if (is_new || place->second.version != tensor.version()) {
    const bool weight = weights_.contains(impl_of(tensor));
    place->second = {graph_.add({.kind = Value::Kind::constant,
                                 .tensor = weight ? tensor : tensor.clone(),
                                 .name = name_of(tensor)}),
                     tensor.version()};
    kept_.push_back(tensor);
  }
  return place->second.value;
}

// ---- Calls -------------------------------------------------------------------------------------

void Tracer::call(const Call& call) {
  remembered([&] { begin(call); });
}
void Tracer::called(const Call&, std::span<const Tensor> outputs) {
  remembered([&] { end(outputs); });
}

void Tracer::begin(const Call& call) {
  if (hidden_ > 0) {
    ++hidden_;
    return;
  }
  throw_noted();
  Origin origin{call.name, call.path ? call.path : ""};
  if (call.phase != Phase::forward || !call.type)
    refuse(origin, call.phase == Phase::update
                       ? "the step of an optimizer is not exported; export the model alone"
                       : "gradients are not exported; export a function that computes none");
  const bool from_input = std::any_of(call.inputs.begin(), call.inputs.end(),
                                      [&](auto* each) { return depends(*each); });
  const OnnxForm& form = call.type->onnx;
  const bool says = form.text || form.compose;
  if (!from_input) {
    // Of an operator that says nothing the struct may hold what comes from an input.
    const bool hides = says || form.refusal;
    frames_.push_back({.origin = std::move(origin),
                       .kind = hides ? Frame::Kind::constant : Frame::Kind::by_its_calls,
                       .text = name_of(call),
                       .from_input = false});
    hidden_ = hides;
    return;
  }
  if (call.in_place) {
    const Impl& changed = *impl_of(*call.inputs[0]);
    if (changed.base || changed.has(Impl::kViewed))
      refuse(origin,
             "it changes memory that another tensor shows, or showed (reshape, a slice, "
             "detach); use the form that is not in place, or clone() before");
  }
  if (form.refusal)
    refuse(origin, fmt::format("there is no ONNX operator for it: {}", form.refusal));
  if (says && !works_beside(call)) return begin_by_text(call, std::move(origin));
  frames_.push_back({.origin = std::move(origin), .kind = Frame::Kind::by_its_calls});
}

void Tracer::begin_by_text(const Call& call, Origin origin) {
  const OnnxForm& form = call.type->onnx;
  const bool logic = form.on_bool && all_bool(call);
  Frame frame{.origin = std::move(origin), .kind = Frame::Kind::by_text};
  frame.text = logic ? form.on_bool : form.compose ? form.compose(call.op, call.inputs) : form.text;
  if (call.type->attributes)
    frame.text = with_attributes(frame.text, call.type->attributes(call.op));
  frame.promotes = call.type->promotes && !logic;
  for (const Tensor* input : call.inputs) {
    frame.inputs.push_back(operand(*input));
    frame.types.push_back(input->defined() ? input->dtype() : float32);
  }
  frames_.push_back(std::move(frame));
  hidden_ = 1;
}

std::optional<Tracer::Frame> Tracer::end_call() noexcept {
  if (hidden_ > 0 && --hidden_ > 0) return {};
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  return frame;
}

void Tracer::failed(const Call&) noexcept { end_call(); }

void Tracer::end(std::span<const Tensor> outputs) {
  const std::optional<Frame> frame = end_call();
  if (!frame) return;
  if (frame->kind == Frame::Kind::constant) return name(outputs, frame->text);
  if (frame->kind == Frame::Kind::by_text) return append_call(*frame, outputs);
  throw_noted();
  for (const Tensor& output : outputs)
    if (!depends(output) && frame->from_input) refuse(frame->origin, kSaysNothing);
}

void Tracer::append_call(const Frame& frame, std::span<const Tensor> outputs) {
  const DType type = frame.promotes ? outputs[0].dtype() : frame.types[0];
  std::vector<int> inputs = frame.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (frame.promotes && frame.types[i] != type)
      inputs[i] = append_cast(graph_, inputs[i], type, frame.origin);
  }
  TextCall text{.origin = frame.origin, .inputs = inputs, .outputs = outputs.size(), .dtype = type};
  const std::vector<int> made = append(graph_, frame.text, text);
  for (std::size_t i = 0; i < outputs.size(); ++i) bind(outputs[i], made[i]);
}

// ---- Names of constants ------------------------------------------------------------------------

std::string Tracer::name_of(const Tensor& tensor) const {
  for (const auto* names : {&weights_, &named_})
    if (const auto found = names->find(impl_of(tensor)); found != names->end())
      return found->second;
  return {};
}

std::string Tracer::name_of(const Call& call) const {
  std::string name;
  for (const Tensor* input : call.inputs) {
    const std::string each = input->defined() ? name_of(*input) : "";
    if (each.empty()) continue;
    if (!name.empty()) return {};
    name = each;
  }
  return name.empty() || call.in_place ? "" : fmt::format("{}.{}", name, call.name);
}

void Tracer::name(std::span<const Tensor> constants, const std::string& name) {
  if (name.empty()) return;
  for (const Tensor& constant : constants) {
    named_[impl_of(constant)] = name;
    kept_.push_back(constant);
  }
}

// ---- What happens outside of operators ---------------------------------------------------------

void Tracer::launch(const tapegrad::detail::Launch& launch) {
  if (hidden_ > 0) return;
  const Impl* read = nullptr;
  bool writes = false;
  for (const tapegrad::detail::LaunchArgument& argument : launch.arguments) {
    if (argument.access == Access::parameter || !argument.what) continue;
    writes |= argument.access != Access::read;
    if (is_known(*argument.value())) read = argument.value();
  }
  if (!read || !(launch.looks || writes)) return;
  if (!frames_.empty())
    note(kSaysNothing);
  else if (launch.looks)
    note(fmt::format(kLooks, described(*read)));
  else
    note(
        fmt::format("'{}' works on {} outside of an operator, as to_() does; use the form that is "
                    "not in place",
                    launch.kernel, described(*read)));
}

void Tracer::event(Event event, const Impl& value) noexcept {
  noted([&] {
    const auto weight = weight_memory_.find(value.owner());
    const bool converted = event == Event::viewed && weights_.contains(&value);  // by to_()
    if (converted || (weight != weight_memory_.end() && event == Event::changed))
      note(fmt::format("the weight '{}' is changed while the model runs; export in evaluation mode",
                       converted ? weights_[&value] : weight->second));
    if (hidden_ > 0 || !is_known(value)) return;
    if (event == Event::look)
      note(frames_.empty() ? fmt::format(kLooks, described(value)) : kSaysNothing);
    if (event == Event::host_write || event == Event::changed)
      note(
          fmt::format("the program writes into {}, outside of an operator; use an operator such as "
                      "where() or copy_()",
                      described(value)));
  });
}

std::string Tracer::described(const Impl& value) const {
  const auto known = values_.find(&value);
  if (known == values_.end()) return "a value that depends on the input";
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    if (std::count(node->outputs.begin(), node->outputs.end(), known->second) > 0)
      return fmt::format("the result of '{}'", node->origin.op);
  }
  return "the input";
}

void Tracer::host_state(std::string_view name, double) noexcept {
  const bool says = !frames_.empty() && frames_.back().kind == Frame::Kind::by_text;
  if (name == "generator" && !says)
    note(
        "random numbers are drawn, which would be the same in each run of the file; export in "
        "evaluation mode, or hand them in as an input");
}

}  // namespace tapegrad::onnx::detail
