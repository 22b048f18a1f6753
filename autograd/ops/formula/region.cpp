#include "autograd/ops/formula/region.h"

#include <algorithm>
#include <array>
#include <forward_list>
#include <mutex>
#include <new>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/base/threads/lock.h"
#include "autograd/memory/immortal.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/formula/region_pass.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::detail {

namespace {

/// A call of a scalar operator, or of a derivative of it: the operator's struct. The derivatives
/// are a closed family. With `[v, ...]` for the directions, that of y along `[v]` has the derivative
/// along `[v, t]` for the tangents t of x, and is pulled back as y along `[v]` is; what is pulled
/// back to an input is linear in what came for the results, and with h for its own result its
/// derivative is that along `[v, h at that input]`. See `RegionRecord` and `add_tangents`.
struct RegionCall : RegionPart {
  std::shared_ptr<const ScalarFunction> function;

  const char* name() const noexcept {
    const ScalarNames& names = function->names;
    return (pulls() ? names.vjp : level > 0 ? names.jvp : names.value).c_str();
  }
};

std::vector<Tensor> run_region(RegionCall call, std::span<const Tensor> inputs);

/// The call's inputs, to be changed to those of another one.
class RegionInputs {
 public:
  explicit RegionInputs(const RegionPart& part)
      : n_(static_cast<std::size_t>(part.text->inputs)),
        directions_(n_ * static_cast<std::size_t>(1 + part.level)),
        all_(static_cast<std::size_t>(part.input_count())) {}

  Tensor& operator[](std::size_t k) noexcept { return all_[k]; }
  operator std::span<const Tensor>() const noexcept { return all_; }

  /// One more direction, along which nothing moves yet: those of input i are at `result + i`.
  [[gnu::noinline]] std::size_t add_direction() {
    all_.resize(all_.size() + n_);
    std::rotate(at(directions_), all_.end() - static_cast<std::ptrdiff_t>(n_), all_.end());
    return std::exchange(directions_, directions_ + n_);
  }
  /// Without the direction that is there.
  [[gnu::noinline]] void drop_direction(std::size_t first) {
    all_.erase(at(first), at(first + n_));
    directions_ -= n_;
  }
  /// With these behind x and the directions.
  [[gnu::noinline]] void set_came(std::span<const Tensor> came) {
    all_.resize(directions_);
    for (const Tensor& each : came) all_.push_back(each);
  }

 private:
  std::vector<Tensor>::iterator at(std::size_t k) {
    return all_.begin() + static_cast<std::ptrdiff_t>(k);
  }

  std::size_t n_, directions_;
  std::vector<Tensor> all_;
};

class RegionRecord final : public ListRecord {
 public:
  template <class Made>
  RegionRecord(const ListSizes& sizes, RegionCall&& call, const Made& made) noexcept
      : ListRecord(sizes, made), call_(std::move(call)) {}

  const char* name() const noexcept override { return call_.name(); }
  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override;

 private:
  Tensor by_partials(std::size_t input, std::span<const Tensor> came) const;

  RegionCall call_;
};

/// From the partial derivatives that the call kept, those of each input with a gradient together.
Tensor RegionRecord::by_partials(std::size_t input, std::span<const Tensor> came) const {
  const std::span<Edge> to = edges();
  std::size_t before = 0;
  for (std::size_t i = 0; i < input; ++i) before += to[i] ? 1 : 0;
  Tensor sum;
  for (std::size_t j = 0; j < came.size(); ++j) {
    if (!came[j].defined()) continue;
    const Tensor part = came[j] * kept(static_cast<int>(before * came.size() + j));
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

Tensor RegionRecord::vjp(int input, const Tensor& gradient, bool create_graph) {
  const auto k = static_cast<std::size_t>(input), n = static_cast<std::size_t>(call_.text->inputs);
  const std::span<const Tensor> came =
      several ? std::span<const Tensor>(parts()) : std::span(&gradient, 1);
  if (call_.order() == 0 && !create_graph) return by_partials(k, came);

  RegionInputs in(call_);
  for (std::uint32_t i = 0; i < input_count; ++i)
    in[i] = this->input(static_cast<int>(i), create_graph);
  RegionCall next = call_;
  std::size_t result = 0;
  if (!call_.pulls()) {
    in.set_came(came);
    next.pulled = static_cast<int>(k % n);
    if (k >= n) {  // a direction, in which the call is linear
      in.drop_direction(k - k % n);
      --next.level;
    }
  } else {
    const auto moved = static_cast<std::size_t>(call_.pulled);
    const std::size_t behind = n * static_cast<std::size_t>(1 + call_.level);
    if (k >= n && k < behind) {  // a direction: it is replaced
      for (std::size_t i = 0; i < n; ++i) in[k - k % n + i] = {};
      in[k - k % n + moved] = gradient;
    } else {
      in[in.add_direction() + moved] = gradient;
      ++next.level;
    }
    next.pulled = static_cast<int>(k % n);
    if (k >= behind) {  // what came for a result
      in.set_came({});
      next.pulled = -1;
      result = k - behind;
    }
  }
  return std::move(run_region(std::move(next), in)[result]);
}

/// The forward-mode rule: x, each direction and what came for the results move by themselves.
[[gnu::cold]] void add_tangents(const void* op, const TangentCall& call) {
  const RegionCall& self = *static_cast<const RegionCall*>(op);
  const auto n = static_cast<std::size_t>(self.text->inputs), all = call.inputs.size();
  const std::size_t behind = n * static_cast<std::size_t>(1 + self.level);
  for (std::size_t first = 0, end = n; first < all;
       first = end, end = end < behind ? end + n : all) {
    const auto moves = call.tangents.subspan(first, end - first);
    if (std::none_of(moves.begin(), moves.end(), [](const Tensor& t) { return t.defined(); }))
      continue;
    RegionInputs in(self);
    for (std::size_t k = 0; k < all; ++k) in[k] = call.inputs[k];
    RegionCall next = self;
    std::size_t to = first;
    if (first == 0) {
      to = in.add_direction();
      ++next.level;
    }
    for (std::size_t i = 0; i < moves.size(); ++i) in[to + i] = moves[i];
    std::vector<Tensor> made = run_region(std::move(next), in);
    for (std::size_t j = 0; j < made.size(); ++j) call.add(j, std::move(made[j]));
  }
}

constinit const TangentRule region_tangent_rule{
    sizeof(RegionCall),
    [](const OperatorType&, const void* op, void* to) {
      new (to) RegionCall(*static_cast<const RegionCall*>(op));
    },
    [](void* op) noexcept { static_cast<RegionCall*>(op)->~RegionCall(); },
    add_tangents,
    false,
    ~0u,
    nullptr};

// ---- What watchers see -------------------------------------------------------------------------

/// What is known of scalar operators, for as long as the process, since lists of calls outlive them.
/// There are as many types as there are texts, names and derivatives.
struct RegionTypes {
  struct Type {
    const ScalarText* text;
    OperatorType type;
  };
  struct Function {
    std::int64_t number;
    std::weak_ptr<const ScalarFunction> function;
    std::array<const ScalarText*, 9> texts;  ///< by the number of inputs
  };
  std::mutex mutex;
  std::forward_list<ScalarNames> names;
  std::forward_list<Type> types;
  std::vector<Function> functions;  ///< by their numbers, that ascend
  std::int64_t last = 0;

  std::vector<Function>::iterator find(std::int64_t number) {
    return std::lower_bound(functions.begin(), functions.end(), number,
                            [](const Function& f, std::int64_t of) { return f.number < of; });
  }
};
RegionTypes& region_types() noexcept { return immortal<RegionTypes>(); }

/// The number by which attributes name the function of a call, while that lives.
[[gnu::cold]] std::int64_t number_of(const RegionCall& call) {
  RegionTypes& known = region_types();
  const auto lock = lock_among_threads(known.mutex);
  std::int64_t number = call.function->number.load();
  if (number == 0) {
    known.functions.push_back({known.last + 1, call.function, {}});
    call.function->number.store(number = ++known.last);
  }
  known.find(number)->texts[static_cast<std::size_t>(call.text->inputs)] = call.text;
  return number;
}

[[gnu::cold]] std::vector<Attribute> region_attributes(const void* op) {
  const RegionCall& call = *static_cast<const RegionCall*>(op);
  std::vector<Attribute> list;
  add_attribute(list, "function", number_of(call));
  add_attribute(list, "numbers", std::int64_t{call.text->inputs});
  add_attribute(list, "level", std::int64_t{call.level});
  add_attribute(list, "pulled", std::int64_t{call.pulled});
  return list;
}

/// The call that has these attributes. Errors: `ValueError` when its function has gone.
[[gnu::cold]] RegionCall region_with(std::span<const Attribute> attributes) {
  const auto number = [&](std::size_t k) { return std::get<std::int64_t>(attributes[k].value); };
  RegionTypes& known = region_types();
  const auto lock = lock_among_threads(known.mutex);
  const auto found = known.find(number(0));
  std::shared_ptr<const ScalarFunction> function;
  if (found != known.functions.end() && found->number == number(0))
    function = found->function.lock();
  if (!function)
    fail<ValueError>(
        "scalar_op: a call of it cannot be repeated, because nobody keeps its function any more; "
        "keep the operator, which is a value, as long as its calls are to be repeated");
  return {{found->texts[static_cast<std::size_t>(number(1))], static_cast<int>(number(2)),
           static_cast<int>(number(3))},
          std::move(function)};
}

[[gnu::cold]] std::vector<Tensor> call_region(std::span<const Attribute> attributes,
                                              std::span<const Tensor> inputs) {
  return run_region(region_with(attributes), inputs);
}

/// What is known of such calls: by its text and its name, which says what derivative it is.
[[gnu::cold]] const OperatorType& type_of(const RegionCall& call) {
  RegionTypes& known = region_types();
  const auto lock = lock_among_threads(known.mutex);
  for (const auto& each : known.types)
    if (each.text == call.text && each.type.name == call.name()) return each.type;
  OperatorType type{call.name(), true, region_attributes, call_region};
  type.onnx.refusal =
      "its function is compiled for numbers; call that with tensors, where it has no branches";
  type.sparsity = Sparsity::elementwise;
  type.leading = Leading::broadcast;
  type.tangent = &region_tangent_rule;
  return known.types.emplace_front(RegionTypes::Type{call.text, type}).type;
}

// ---- A call ------------------------------------------------------------------------------------

[[noreturn, gnu::cold]] void fail_order(const RegionCall& call) {
  fail<GradError>(
      "{}: its derivative of order {} is asked for, but it is compiled up to order {}; write "
      "scalar_op<{}>(f) in place of scalar_op(f)",
      call.function->names.value, call.order(), call.text->order, call.order());
}

/// The call on inputs of one floating-point type, recorded where one has a history.
std::vector<Tensor> region_now(RegionCall&& call, std::span<const Tensor> inputs, DType dtype) {
  const char* name = call.name();
  Shape shape;
  bool history = false;
  for (const Tensor& input : inputs) {
    if (!input.defined()) continue;
    if (shape != input.shape()) shape = broadcast(shape, input.shape(), name);
    history = history || requires_record(input);
  }
  const bool record = history && grad_enabled();
  const auto n = static_cast<std::size_t>(call.text->inputs),
             m = static_cast<std::size_t>(call.text->outputs);
  std::vector<Tensor> made(static_cast<std::size_t>(call.output_count())), partials, kept;
  for (Tensor& each : made) each = allocate(name, shape, dtype);
  if (record && call.order() == 0) {
    partials.resize(m * n);
    for (std::size_t i = 0; i < n; ++i) {
      if (!requires_record(inputs[i])) continue;
      for (std::size_t j = 0; j < m; ++j)
        kept.push_back(partials[j * n + i] = allocate(name, shape, dtype));
    }
  }
  run_region_part(name, call, call.function->f, inputs, made, partials);
  settle_results(made, name, inputs, history);
  if (!record) return made;

  const bool many = made.size() > 1;
  const ListSizes sizes{inputs.size(), kept.size(), many ? made.size() : 0};
  constexpr Reads reads = kA | kKept;
  if (many) {
    auto* entry = new_record<RegionRecord>(sizes.room(), sizes, std::move(call), dtype);
    entry->connect(inputs, kept, reads);
    entry->finish(std::span<const Tensor>(made), reads);
  } else {
    auto* entry = new_record<RegionRecord>(sizes.room(), sizes, std::move(call), made[0]);
    entry->connect(inputs, kept, reads);
    entry->finish(made[0], reads);
  }
  return made;
}

/// The call, seen by who watches.
std::vector<Tensor> run_region(RegionCall call, std::span<const Tensor> inputs) {
  if (call.order() > call.text->order) fail_order(call);
  const DType dtype = impl_of(inputs[0])->dtype;
  return allocating_for(call.name(), [&] {
    if (!watched()) [[likely]]
      return region_now(std::move(call), inputs, dtype);
    std::vector<const Tensor*> all;
    for (const Tensor& input : inputs) all.push_back(&input);
    return watched_call({call.name(), &type_of(call), &call, all},
                        [&] { return region_now(std::move(call), inputs, dtype); });
  });
}

const ScalarNames& names_of(std::string_view name) {
  RegionTypes& known = region_types();
  const auto lock = lock_among_threads(known.mutex);
  for (const ScalarNames& each : known.names)
    if (each.value == name) return each;
  std::string text(name);
  return known.names.emplace_front(ScalarNames{text, text + "_jvp", text + "_vjp"});
}

}  // namespace

ScalarFunction::ScalarFunction(std::string_view name, const void* function)
    : names(names_of(name)), f(function) {}

ScalarFunction::~ScalarFunction() {
  if (number.load() == 0) return;
  RegionTypes& known = region_types();
  const auto lock = lock_among_threads(known.mutex);
  known.functions.erase(known.find(number.load()));
}

std::vector<Tensor> run_scalar(const ScalarText& text,
                               const std::shared_ptr<const ScalarFunction>& function,
                               std::span<const Tensor> inputs) {
  const char* name = function->names.value.c_str();
  std::vector<const Tensor*> all;
  bool numbers = true, plain = true;
  for (const Tensor& input : inputs) {
    require_defined(input, name);
    all.push_back(&input);
    numbers = numbers && is_number(input);
    plain = plain && !is_number(input) && input.dtype() == inputs[0].dtype();
  }
  const RegionCall call{{&text}, function};
  if (plain && is_floating_point(inputs[0].dtype())) return run_region(call, inputs);
  DType dtype = result_type(all);
  if (!is_floating_point(dtype)) dtype = numbers ? float64 : get_default_dtype();
  std::vector<Tensor> converted_inputs;
  for (const Tensor& input : inputs)
    converted_inputs.push_back(is_number(input) ? converted(input, dtype) : input.to(dtype));
  std::vector<Tensor> made = run_region(call, converted_inputs);
  if (numbers)
    for (Tensor& each : made) each = as_number(std::move(each));
  return made;
}

}  // namespace tapegrad::detail
