#include "nn/files/checkpoint.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/door.h"
#include "autograd/tensor/require.h"
#include "nn/data/shown_text.h"
#include "nn/files/safetensors.h"
#include "nn/files/source.h"

// What a file of a run has. Metadata: "tapegrad.checkpoint", the version of the format; for each
// part "part/NAME", its kind; "text/NAME", a text. Tensors: "NAME.KEY", what is within the part;
// "NAME/KEY", a note on it. A name has neither a point nor a slash, so that each is told from the
// others; that of the thread's generator is "".

namespace tapegrad::nn {

namespace {

using detail::Number;
using detail::NumberAccess;
using detail::SavedPart;
using Commit = std::function<void()>;

constexpr std::string_view kVersionKey = "tapegrad.checkpoint", kVersion = "1";
constexpr std::string_view kPart = "part/", kText = "text/";
constexpr std::string_view kGradient = "grad.", kFrozen = "frozen", kTraining = "training";

Tensor flags(const std::vector<bool>& list) {
  Tensor result = zeros({static_cast<std::int64_t>(list.size())}, boolean);
  result.write<bool>([&](std::span<bool> to) { std::ranges::copy(list, to.begin()); });
  return result;
}

/// The note `key`, a list of `size` truth values.
std::vector<bool> flags_of(const SavedPart& saved, std::string_view key, std::size_t size) {
  for (const auto& [name, value] : saved.notes) {
    if (name != key) continue;
    if (value.dtype() != boolean || value.shape() != Shape(static_cast<std::int64_t>(size)))
      fail<ValueError>("'{}' is {} of shape {} in the file, and there are {} here", key,
                       value.dtype(), value.shape(), size);
    const auto values = value.data<bool>();
    return {values.begin(), values.end()};
  }
  fail<ValueError>("the file has no '{}'", key);
}

SavedPart save_model(ModuleRef model) {
  detail::ModelContent content = detail::content_of(model);
  SavedPart saved{.tensors = std::move(content.tensors), .tied = std::move(content.tied)};
  std::vector<bool> frozen, training;
  for (const auto& [name, value] : content.parameters) {
    if (!value.is_leaf())
      fail<ValueError>("Checkpoint: the parameter '{}' was made by an operator; use its detach()",
                       name);
    frozen.push_back(!value.requires_grad());
    if (value.grad().defined())
      saved.notes.push_back({std::string(kGradient) + name, value.grad()});
  }
  for (const bool* flag : content.training) training.push_back(*flag);
  saved.notes.push_back({std::string(kFrozen), flags(frozen)});
  saved.notes.push_back({std::string(kTraining), flags(training)});
  return saved;
}

Commit prepare_model(ModuleRef model, const SavedPart& saved) {
  detail::ModelContent content = detail::content_of(model);
  detail::PreparedLoad load = detail::prepare_load("model", model, saved.tensors, {});
  std::string misfits;
  for (const std::string& name : load.report.converted)
    misfits += fmt::format("\n  {}: of another floating-point type in the file", name);

  std::map<std::string_view, Tensor> gradients;
  for (const auto& [name, value] : saved.notes)
    if (name.starts_with(kGradient))
      gradients.emplace(std::string_view(name).substr(kGradient.size()), value);
  std::vector<Tensor> own;  // undefined where there is none
  for (const auto& [name, value] : content.parameters) {
    const auto found = gradients.extract(name);
    own.push_back(found ? found.mapped() : Tensor());
    if (found && (own.back().shape() != value.shape() || own.back().dtype() != value.dtype()))
      misfits += fmt::format("\n  {}: a gradient of {} {} in the file", name, own.back().dtype(),
                             own.back().shape());
    if (!value.is_leaf()) misfits += fmt::format("\n  {}: made by an operator here", name);
  }
  for (const auto& [name, value] : gradients)
    misfits += fmt::format("\n  {}: a gradient in the file, but no parameter here", name);
  if (saved.tied != content.tied)
    for (const Metadata* ties : {&saved.tied, &std::as_const(content.tied)})
      for (const auto& [name, first] : *ties)
        misfits += fmt::format("\n  {}: one tensor with {}{}", name, first,
                               ties == &saved.tied ? " in the file" : " here");
  if (!misfits.empty()) fail<ValueError>("model: the file does not fit{}", misfits);

  auto frozen = flags_of(saved, kFrozen, content.parameters.size());
  auto training = flags_of(saved, kTraining, content.training.size());
  return [commit = std::move(load.commit), content = std::move(content), own = std::move(own),
          frozen = std::move(frozen), training = std::move(training)]() mutable {
    commit();
    for (std::size_t i = 0; i < own.size(); ++i) {
      content.parameters[i].value.set_grad(own[i]);
      content.parameters[i].value.requires_grad_(!frozen[i]);
    }
    for (std::size_t i = 0; i < training.size(); ++i) *content.training[i] = training[i];
  };
}

/// Numbers of 64 bits without loss.
Tensor to_tensor(const Number& number) {
  if (const auto* value = std::get_if<std::uint64_t>(&number))
    return tensor(std::bit_cast<std::int64_t>(*value));
  if (const auto* value = std::get_if<double>(&number)) return tensor(*value, float64);
  if (const auto* value = std::get_if<bool>(&number)) return tensor(*value);
  return tensor(std::get<std::int64_t>(number));
}

/// The number that is held in `value` as `like` is.
Number from_tensor(const Number& like, const Tensor& value) {
  return std::visit(
      [&]<class T>(T) -> Number {
        if constexpr (std::is_same_v<T, std::uint64_t>)
          return std::bit_cast<std::uint64_t>(value.at<std::int64_t>({}));
        else
          return value.at<T>({});
      },
      like);
}

constexpr std::string_view kNumbers[] = {"truth value", "integer", "unsigned integer",
                                         "floating-point number"};

/// Its whole state.
Tensor to_tensor(const Generator& generator) {
  return tensor(std::vector<std::int64_t>{std::bit_cast<std::int64_t>(generator.seed()),
                                          std::bit_cast<std::int64_t>(generator.stream()),
                                          std::bit_cast<std::int64_t>(generator.position())});
}

Generator to_generator(const Tensor& state) {
  if (state.dtype() != int64 || state.shape() != Shape(3))
    fail<ValueError>("the generator's state is {} of shape {} in the file, not int64 of [3]",
                     state.dtype(), state.shape());
  const auto part = [&](std::int64_t i) {
    return std::bit_cast<std::uint64_t>(state.at<std::int64_t>({i}));
  };
  Generator generator(part(0), part(1));
  generator.set_position(part(2));
  return generator;
}

/// The only tensor of a part that is one.
const Tensor& only_tensor(const SavedPart& saved) {
  if (saved.tensors.size() != 1)
    fail<ValueError>("{} tensors in the file, where one was expected", saved.tensors.size());
  return saved.tensors[0].value;
}

/// The parts of a file, by name.
std::map<std::string, SavedPart> read_parts(const std::string& path) {
  constexpr std::string_view user = "Checkpoint";
  detail::InputFile file(user, path);
  if (file.compressed() || !detail::begins_safetensors(file.peek(16)))
    fail<FileError>(
        "{}: '{}' is no checkpoint, which is a .safetensors that save() wrote; name "
        "another file, or remove this one to begin anew",
        user, path);
  detail::FileSource source(file);
  detail::TensorFile content = detail::read_safetensors(source, true);

  const auto version = content.metadata.find(std::string(kVersionKey));
  if (version == content.metadata.end())
    fail<FileError>("{}: '{}' has tensors, but is no checkpoint; nn::load reads it into a model",
                    user, path);
  if (version->second != kVersion)
    fail<FileError>("{}: '{}' is of version {} of the format, and this library reads {}", user,
                    path, version->second, kVersion);

  std::map<std::string, SavedPart> parts;
  for (const auto& [key, value] : content.metadata)
    if (key.starts_with(kPart)) parts[key.substr(kPart.size())].kind = value;
  for (const auto& [key, value] : content.metadata) {
    if (key.starts_with(kText)) {
      if (const auto part = parts.find(key.substr(kText.size())); part != parts.end())
        part->second.text = value;
    } else if (const auto part = parts.find(key.substr(0, key.find('.'))); part != parts.end()) {
      // Of a tensor that has several names; the other, in the same part, is the value.
      const std::size_t begin = part->first.size() + 1;
      if (key.size() > begin && value.size() > begin)
        part->second.tied.emplace(key.substr(begin), value.substr(begin));
    }
  }
  for (auto& [name, value] : content.tensors) {
    const std::size_t end = name.find_first_of("./");
    const auto part = parts.find(name.substr(0, end));
    if (end == name.npos || part == parts.end())
      fail<FileError>("{}: '{}': the tensor '{}' belongs to no part of the run", user, path, name);
    auto& list = name[end] == '.' ? part->second.tensors : part->second.notes;
    list.push_back({name.substr(end + 1), std::move(value)});
  }
  return parts;
}

}  // namespace

Checkpoint& Checkpoint::add_part(Part part) try {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  if (part.name.empty() || !std::ranges::all_of(part.name, allowed))
    fail<ValueError>("Checkpoint: '{}' is no name for a part; use letters, digits, '_' and '-'",
                     part.name);
  if (std::ranges::find(parts_, part.name, &Part::name) != parts_.end())
    fail<ValueError>("Checkpoint: there is a part '{}' already", part.name);
  parts_.push_back(std::move(part));
  return *this;
} catch (...) {
  tapegrad::detail::rethrow_for("Checkpoint");
}

Checkpoint& Checkpoint::add_model(std::string_view name, ModuleRef model) {
  models_.reserve(models_.size() + 1);
  add_part({std::string(name), "model", [model] { return save_model(model); },
            [model](const SavedPart& saved) { return prepare_model(model, saved); }});
  models_.push_back(model);
  return *this;
}

Checkpoint& Checkpoint::add(std::string_view name, Optimizer& optimizer) {
  return add_stateful(name, "optimizer", optimizer, &optimizer);
}
Checkpoint& Checkpoint::add(std::string_view name, Schedule& schedule) {
  return add_stateful(name, "schedule", schedule, &schedule.optimizer_);
}
Checkpoint& Checkpoint::add(std::string_view name, ReduceLROnPlateau& schedule) {
  return add_stateful(name, "schedule", schedule, &schedule.optimizer_);
}

Checkpoint& Checkpoint::add(std::string_view name, Generator& generator) {
  return add_part({std::string(name), "generator",
                   [&generator] {
                     return SavedPart{.tensors = {{"state", to_tensor(generator)}}};
                   },
                   [&generator](const SavedPart& saved) {
                     return [&generator, state = to_generator(only_tensor(saved))] {
                       generator = state;
                     };
                   }});
}

Checkpoint& Checkpoint::add(std::string_view name, std::string& text) {
  return add_part({std::string(name), "text", [&text] { return SavedPart{.text = text}; },
                   [&text](const SavedPart& saved) {
                     return [&text, now = saved.text]() mutable { text.swap(now); };
                   }});
}

Checkpoint& Checkpoint::add(std::string_view name, StateDict& tensors) {
  return add_part({std::string(name), "list of tensors",
                   [&tensors] { return SavedPart{.tensors = tensors}; },
                   [&tensors](const SavedPart& saved) {
                     return [&tensors, now = saved.tensors]() mutable { tensors.swap(now); };
                   }});
}

Checkpoint& Checkpoint::add_number(std::string_view name, NumberAccess number) {
  const Number like = number.get();
  return add_part({std::string(name), std::string(kNumbers[like.index()]),
                   [number] {
                     return SavedPart{.tensors = {{"value", to_tensor(number.get())}}};
                   },
                   [number, like](const SavedPart& saved) {
                     const Number value = from_tensor(like, only_tensor(saved));
                     if (!number.fits(value))
                       fail<ValueError>(
                           "{} in the file, which the variable cannot hold",
                           std::visit([](auto v) { return fmt::format("{}", v); }, value));
                     return [set = number.set, value] { set(value); };
                   }});
}

void Checkpoint::check_complete(std::string_view user) const {
  std::set<const void*> saved;
  for (const ModuleRef& model : models_)
    for (const Parameter& parameter : nn::parameters(model)) saved.insert(parameter.value.id());
  std::set<const Optimizer*> optimizers;
  for (const Part& part : parts_)
    if (part.kind == "optimizer") optimizers.insert(part.optimizer);

  std::string missing;
  for (const Part& part : parts_) {
    if (part.kind == "schedule" && !optimizers.count(part.optimizer))
      missing += fmt::format("\n  the optimizer of '{}'", part.name);
    if (part.kind != "optimizer") continue;
    for (std::size_t group = 0; group < part.optimizer->group_count(); ++group)
      for (const Parameter& parameter : part.optimizer->parameters(group))
        if (!saved.count(parameter.value.id()))
          missing +=
              fmt::format("\n  the model of '{}', which '{}' trains", parameter.name, part.name);
  }
  if (!missing.empty())
    fail<ValueError>(
        "{}: parts of the run are missing; add them, before anything in them is replaced:{}", user,
        missing);
}

void Checkpoint::save(const std::string& path) const try {
  if (!path.ends_with(".safetensors"))
    fail<FileError>("Checkpoint: cannot write '{}': its name must end in \".safetensors\"", path);
  // Not to be cancelled: whoever stops a training wants to keep it.
  const tapegrad::detail::PhaseScope phase(tapegrad::detail::Phase::update);
  check_complete("Checkpoint::save");
  StateDict tensors;
  SaveOptions options;
  options.metadata.emplace(kVersionKey, kVersion);
  for (const Part& part : parts_) {
    SavedPart saved = part.save();
    options.metadata.emplace(std::string(kPart) + part.name, part.kind);
    if (!saved.text.empty()) options.metadata.emplace(std::string(kText) + part.name, saved.text);
    for (const auto& [name, first] : saved.tied)
      options.metadata.emplace(part.name + '.' + name, part.name + '.' + first);
    for (auto& [name, value] : saved.tensors)
      tensors.push_back({part.name + '.' + name, std::move(value)});
    for (auto& [name, value] : saved.notes)
      tensors.push_back({part.name + '/' + name, std::move(value)});
  }
  options.metadata.emplace(kPart, "generator");
  tensors.push_back({".state", to_tensor(default_generator())});
  detail::write_safetensors("Checkpoint", path, tensors, options);
} catch (...) {
  tapegrad::detail::rethrow_for("Checkpoint");
}

void Checkpoint::load(const std::string& path) try {
  const tapegrad::detail::PhaseScope phase(tapegrad::detail::Phase::update);
  check_complete("Checkpoint::load");
  std::map<std::string, SavedPart> file = read_parts(path);

  std::string misfits;
  std::vector<Commit> commits;
  const auto misfit = [&](const std::string& name, std::string_view text) {
    misfits +=
        fmt::format("\n  {}: ", name.empty() ? "the thread's generator" : detail::shown_name(name));
    for (const char c : text) misfits += c == '\n' ? "\n  " : std::string(1, c);
  };
  const auto take = [&](const std::string& name, std::string_view kind, const auto& prepare) {
    const auto saved = file.extract(name);
    if (!saved) return misfit(name, "not in the file");
    if (saved.mapped().kind != kind)
      return misfit(name, fmt::format("{} in the file, {} here",
                                      detail::shown_name(saved.mapped().kind), kind));
    try {
      commits.push_back(prepare(saved.mapped()));
    } catch (const OutOfMemoryError&) {
      throw;
    } catch (const Error& error) {
      misfit(name, error.what());
    }
  };
  for (const Part& part : parts_) take(part.name, part.kind, part.prepare);
  take("", "generator", [](const SavedPart& saved) {
    return Commit([state = to_generator(only_tensor(saved))] { default_generator() = state; });
  });
  for (const auto& [name, saved] : file)
    misfit(name, detail::shown_name(saved.kind) + " in the file, nothing here");
  if (!misfits.empty())
    fail<ValueError>("Checkpoint: '{}' is not of this run, nothing was loaded{}", path, misfits);
  for (const Commit& commit : commits) commit();
} catch (...) {
  tapegrad::detail::rethrow_for("Checkpoint");
}

}  // namespace tapegrad::nn
