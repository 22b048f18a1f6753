#include "autograd/check/anomaly_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/tape/record.h"

namespace tapegrad {

using detail::AnomalyText;
using detail::finding_text;
using detail::Impl;
using detail::impl_of;
using detail::Made;
using detail::Note;
using detail::NoteId;
using detail::OperatorCall;
using detail::Phase;
using detail::place_text;
using detail::Record;
using detail::ValueRange;

namespace {

const char* phase_text(Phase phase) {
  constexpr const char* texts[] = {"forward", "backward", "the update"};
  return texts[static_cast<int>(phase)];
}

bool is_rule(const OperatorCall& call) { return call.rule >= 0; }
bool is_elementwise(const OperatorCall& call) {
  return call.type && call.type->tangent == &detail::elementwise_tangent_rule;
}

/// True for numbers that can be anything but finite.
bool may_be_infinite(const Tensor& tensor) {
  return tensor.defined() && is_floating_point(tensor.dtype());
}

/// True when `y` is infinite at a place where none of `inputs`, which broadcast to it, is.
bool has_new_infinity(const Tensor& y, std::span<const Tensor> inputs) {
  Tensor fresh = isinf(y);
  for (const Tensor& input : inputs) fresh = fresh & isfinite(input);
  return any(fresh).item<bool>();
}

}  // namespace

// ---- What is there before a call ----------------------------------------------------------------

DetectAnomaly::State::Before DetectAnomaly::State::look(const Impl& value, Made made) {
  NoteId id = notes.find(value);
  if (id == 0) {
    const Record* record = detail::record_of(value);
    if (record)
      made = Made::operation;
    else if (notes.forgetful() && !value.has(Impl::kRequiresGrad))  // a leaf was given in any case
      made = made == Made::seed ? Made::seed_or_rule : Made::given_or_operation;
    const ValueRange range = range_of(value);
    Note& note = notes.add(value, made);
    note.range = range;
    if (record) {
      note.name = record->name();
      note.path = record->scope;
    } else if (value.owner()->version > 0) {
      note.name = value.owner()->last_change.name();
    }
    id = notes.last();
  }
  const ValueRange& range = notes.at(id)->range;
  return {id, value.numel(), range.nan, range.infinite()};
}

void DetectAnomaly::State::begin(const OperatorCall& call) {
  inputs.clear();
  changed.clear();
  arrived = {};
  updates = false;
  if (is_rule(call)) return begin_rule(call);
  bool infinite = false;
  inputs.resize(call.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = *call.inputs[i];
    if (!may_be_infinite(input)) continue;
    inputs[i] = look(*impl_of(input));
    infinite |= inputs[i].infinite > 0;
  }
  if (infinite && is_elementwise(call)) keep(call);
  updates = !call.type && call.phase == Phase::update;
  if (updates) changed.reserve(8);  // while nothing has changed
}

void DetectAnomaly::State::begin_rule(const OperatorCall& call) {
  const auto& record = *static_cast<const Record*>(call.op);
  if (may_be_infinite(*call.inputs[0]))
    inputs.push_back(look(*impl_of(*call.inputs[0]), Made::seed));
  for (const Tensor& part : record.parts())
    if (may_be_infinite(part)) inputs.push_back(look(*impl_of(part), Made::seed));
  if (may_be_infinite(*call.inputs[1])) arrived = look(*impl_of(*call.inputs[1]));
}

/// Keeps the inputs for `has_new_infinity`: so they do not lend their memory, and what is changed
/// in place is copied.
void DetectAnomaly::State::keep(const OperatorCall& call) {
  const NoGrad no_grad;
  const Impl* overwritten = call.in_place ? impl_of(*call.inputs[0])->owner() : nullptr;
  try {
    for (const Tensor* input : call.inputs)
      if (may_be_infinite(*input))
        kept.push_back(impl_of(*input)->owner() == overwritten ? input->clone() : *input);
  } catch (...) {
    kept.clear();
    throw;
  }
}

// ---- What comes out of it -----------------------------------------------------------------------

void DetectAnomaly::State::end(const OperatorCall& call, std::span<const Tensor> outputs) {
  const std::vector<Tensor> before = std::exchange(kept, {});
  if (outputs.empty()) return;
  if (updates) return end_update(call, *impl_of(outputs[0]));
  if (!is_rule(call)) return end_operator(call, outputs, before);
  if (may_be_infinite(outputs[0])) end_rule(call, *impl_of(outputs[0]));
}

/// Notes what `call` made of `value`.
void DetectAnomaly::State::add_note(const OperatorCall& call, const Impl& value, Made made,
                                    const ValueRange& range) {
  Note& note = notes.add(value, made);
  note.name = call.name;
  note.path = call.path;
  note.range = range;
  for (const Before& input : inputs) {
    if (note.input_count == Note::kInputs) break;
    note.inputs[note.input_count++] = input.id;
  }
}

void DetectAnomaly::State::end_operator(const OperatorCall& call, std::span<const Tensor> outputs,
                                        std::span<const Tensor> before) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!may_be_infinite(outputs[i])) continue;
    const Impl& output = *impl_of(outputs[i]);
    const ValueRange range = range_of(output);
    add_note(call, output, Made::operation, range);
    if (!range.finite() && (range.nan > 0 || !legitimate(call, outputs[i], before)))
      fail_result(call, output, i, outputs.size(), range);
  }
}

bool DetectAnomaly::State::all_finite() const noexcept {
  return std::all_of(inputs.begin(), inputs.end(),
                     [](const Before& each) { return each.finite(); });
}

/// True for infinities in `output` that the operator does not answer for.
bool DetectAnomaly::State::legitimate(const OperatorCall& call, const Tensor& output,
                                      std::span<const Tensor> before) const {
  if (all_finite()) {
    bool all_empty = false;
    for (const Before& input : inputs) {
      if (input.id == 0) continue;
      if (input.numel > 0) return false;
      all_empty = true;
    }
    return all_empty;
  }
  const NoGrad no_grad;
  return !is_elementwise(call) || !has_new_infinity(output, before);
}

void DetectAnomaly::State::end_rule(const OperatorCall& call, const Impl& value) {
  const ValueRange range = range_of(value);
  add_note(call, value, Made::rule, range);
  if (range.finite()) return;
  if (range.nan == 0 && (!all_finite() || !arrived.finite())) return;
  fail_rule(call, value, range);
}

void DetectAnomaly::State::end_update(const OperatorCall& call, const Impl& parameter) {
  int slot = -1;
  for (const Changed& each : changed) {
    const ValueRange range = range_of(*each.value);
    add_note(call, *each.value, Made::update, range);
    const bool is_parameter = each.value == &parameter;
    slot += !is_parameter;
    if (range.finite() || (range.nan == 0 && !each.finite)) continue;
    AnomalyText text(
        notes, names,
        fmt::format("{}: in the update, {} of shape {} has {}", call.name,
                    is_parameter ? name_of(parameter)
                                 : fmt::format("slot {} of {}", slot, name_of(parameter)),
                    each.value->shape(), finding_text(*each.value, range)));
    text.add("the parameter before", inputs[0].id);
    if (inputs.size() > 1) text.add("its gradient", inputs[1].id);
    detail::throw_text<AnomalyError>(text.text());
  }
}

/// The gradient of `leaf` is not changed in version by the sum.
void DetectAnomaly::State::collected(const Tensor& leaf, const Tensor& sum) {
  const Impl& gradient = *impl_of(leaf)->grad;
  const NoteId before = notes.find(gradient);
  const Before added = look(*impl_of(sum));
  const Note* known = notes.at(before);
  const bool was_finite = (!known || known->range.finite()) && added.finite();
  const ValueRange range = range_of(gradient);
  Note& note = notes.add(gradient, Made::sum);
  note.name = "backward";
  note.range = range;
  note.inputs[note.input_count++] = before;
  note.inputs[note.input_count++] = added.id;
  if (range.finite() || (range.nan == 0 && !was_finite)) return;
  AnomalyText text(
      notes, names,
      fmt::format("backward: the gradient of {} of shape {}, summed over several "
                  "walks, has {}",
                  name_of(*impl_of(leaf)), leaf.shape(), finding_text(gradient, range)));
  text.add("what was there", before);
  text.add("what this walk added", added.id);
  detail::throw_text<AnomalyError>(text.text());
}

// ---- What is thrown -----------------------------------------------------------------------------

std::string DetectAnomaly::State::name_of(const Impl& value) const {
  const auto known = names.find(&value);
  return known == names.end() ? "the parameter" : fmt::format("the parameter {}", known->second);
}

void DetectAnomaly::State::fail_result(const OperatorCall& call, const Impl& output,
                                       std::size_t index, std::size_t count,
                                       const ValueRange& range) const {
  const auto named = names.find(&output);
  std::string what = count > 1 ? fmt::format("result {}", index) : "the result";
  if (named != names.end()) what += fmt::format(" ({})", named->second);
  std::string sentence =
      fmt::format("{}: in {}{}, {} of shape {} has {}", call.name, phase_text(call.phase),
                  place_text(call.path), what, output.shape(), finding_text(output, range));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (range.nan == 0 || inputs[i].nan == 0) continue;
    sentence += fmt::format("; input {} had NaN already", i);
    break;
  }
  AnomalyText text(notes, names, std::move(sentence));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    text.add(fmt::format("input {}", i), inputs[i].id);
  detail::throw_text<AnomalyError>(text.text());
}

void DetectAnomaly::State::fail_rule(const OperatorCall& call, const Impl& value,
                                     const ValueRange& range) const {
  const auto& record = *static_cast<const Record*>(call.op);
  // A sum leaves the range only where one of its terms is near the end of that.
  const Note* before = notes.at(arrived.id);
  const double size = before ? std::max(-before->range.lowest, before->range.highest) : 0;
  const bool in_sum =
      range.nan == 0 && size > detail::largest_of(value.dtype) * 0x1p-25 && before->range.finite();
  const detail::Edge& edge = record.edge(static_cast<std::uint32_t>(call.rule));
  std::string sentence = fmt::format("{}: in backward{}, the gradient of input {}", call.name,
                                     place_text(call.path), call.rule);
  if (edge) sentence += fmt::format(" of shape {}", edge.shape());
  if (edge && edge.shape() != value.shape())
    sentence += fmt::format(", held as {},", value.shape());
  if (in_sum) sentence += ", added to what had arrived before,";
  AnomalyText text(notes, names, fmt::format("{} has {}", sentence, finding_text(value, range)));
  for (const Before& input : inputs) text.add("the gradient that came in", input.id);
  if (before) text.add("what had arrived before", arrived.id);
  add_forward(text, record);
  detail::throw_text<AnomalyError>(text.text());
}

/// The inputs and the result of the call that `record` is of: as they were noted, or as it saved
/// them.
void DetectAnomaly::State::add_forward(AnomalyText& text, const Record& record) const {
  const NoteId id = notes.find(record);
  const Note* note = notes.at(id);
  if (note && note->input_count > 0) {
    text.add_inputs(*note);
    if (!record.several)
      text.add("the result", note->shape.sizes(), ", which came of it,", note->range);
    return;
  }
  const auto add = [&](std::string_view what, std::uint32_t position, const Record* made) {
    const Impl* value = record.saved(position);
    const std::string origin = made ? detail::origin_text(*made) : "";
    if (value && is_floating_point(value->dtype))
      text.add(what, value->shape(), origin, range_of(*value));
    else if (made)
      text.add(what, made->shape(), origin);
  };
  for (std::uint32_t i = 0; i < record.input_count; ++i)
    add(fmt::format("input {}", i), i + 1, record.edge(i).record());
  add("the result", 0, nullptr);
}

}  // namespace tapegrad
