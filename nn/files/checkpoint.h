#pragma once

/// @file
/// A whole training run in one file, to go on with the same bits after it was stopped.
///
///     nn::Linear net(3, 1);
///     nn::Adam optimizer(nn::parameters(net));
///     int epoch = 0;
///     nn::Checkpoint checkpoint;
///     checkpoint.add("net", net).add("optimizer", optimizer).add("epoch", epoch);
///     checkpoint.save("run.safetensors");
///     checkpoint.load("run.safetensors");

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "autograd/tensor/create/random.h"
#include "nn/data/loader.h"
#include "nn/files/files.h"
#include "nn/module/module.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/schedules/plateau.h"
#include "nn/optim/schedules/schedule.h"

namespace tapegrad::nn {

/// @addtogroup files
/// @{

/// @cond
namespace detail {

/// A part of a run, as a file has it.
struct SavedPart {
  std::string kind = {};   ///< "model", "optimizer" ...
  std::string text = {};   ///< of a text
  StateDict tensors = {};  ///< the names are those within the part
  StateDict notes = {};    ///< what is no state of a model, but of the run
  Metadata tied = {};      ///< other names of tensors, and the name of each in `tensors`
};

using Number = std::variant<bool, std::int64_t, std::uint64_t, double>;

/// A number of the user's, whatever its type.
struct NumberAccess {
  std::function<Number()> get;
  std::function<bool(const Number&)> fits;  ///< its type holds that
  std::function<void(const Number&)> set;
};

template <class T>
NumberAccess access_to(T& number) {
  using Held = std::conditional_t<
      std::is_same_v<T, bool>, bool,
      std::conditional_t<std::is_floating_point_v<T>, double,
                         std::conditional_t<std::is_unsigned_v<T>, std::uint64_t, std::int64_t>>>;
  return {
      .get = [&number] { return Number(static_cast<Held>(number)); },
      .fits =
          [](const Number& value) {
            const Held* held = std::get_if<Held>(&value);
            // NaN is not itself.
            return held && (*held != *held || static_cast<Held>(static_cast<T>(*held)) == *held);
          },
      .set = [&number](const Number& value) { number = static_cast<T>(std::get<Held>(value)); }};
}

template <class T>
inline constexpr bool is_loader = false;
template <class D>
inline constexpr bool is_loader<DataLoader<D>> = true;

/// True for `T&` where a checkpoint takes a `T`.
template <class T>
inline constexpr bool is_part = false;
template <class T>
requires(!std::is_const_v<T>) inline constexpr bool is_part<T&> =
    Module<T> || std::is_arithmetic_v<T> || is_loader<T> || std::derived_from<T, Optimizer> ||
    std::derived_from<T, Schedule> || std::same_as<T, ReduceLROnPlateau> ||
    std::same_as<T, Generator> || std::same_as<T, std::string> || std::same_as<T, StateDict>;

}  // namespace detail
/// @endcond

/// A training run in one file: what is added is saved and loaded together, so that a run that was
/// stopped goes on with the same bits as one that never was.
///
///     nn::Checkpoint checkpoint;
///     checkpoint.add("net", net).add("optimizer", optimizer).add("schedule", schedule);
///     checkpoint.add("loader", loader).add("epoch", epoch);
///     if (std::filesystem::exists("run.safetensors")) checkpoint.load("run.safetensors");
///     for (; epoch < 10; ++epoch) {
///       for (auto [x, y] : loader) {
///         ...
///         optimizer.step();
///         checkpoint.save("run.safetensors");
///       }
///       schedule.step();
///     }
///
/// It saves what would come next in this program. So save in the loop over a loader: one that was
/// left, by `break`, `return` or an exception, has ended, and the next is of the next epoch; and
/// behind the loop save when the numbers are those of the next epoch, too, after `++epoch`. To end
/// a program by Ctrl-C, let the handler set a flag that the loop looks at.
///
/// It keeps references to what is added, which must outlive it. The state of the thread's random
/// generator is in the file, too, that of the thread that saves. A model "net" is in it under
/// "net.fc1.weight" and so on, so that `load("run.safetensors", net, {.prefix = "net"})` takes the
/// weights alone. Tensors, settings and options are in the file, code is not: an activation, or the
/// rate of a `Dropout`. An optimizer gets the settings that it was saved with, as by `load_state`.
class Checkpoint {
 public:
  Checkpoint() = default;
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  /// Adds a part. Errors of all forms: `ValueError` for a name that is there already, or that has
  /// other characters than letters, digits, '_' and '-'.
  /// @{

  /// A model: parameters and buffers, gradients where there are any, which parameters are frozen,
  /// and which layers are in training.
  template <Module Model>
  Checkpoint& add(std::string_view name, Model& model) {
    return add_model(name, model);
  }
  /// An optimizer, with the settings of its groups. The models of its parameters must be added.
  Checkpoint& add(std::string_view name, Optimizer& optimizer);
  /// A learning-rate schedule. Its optimizer must be added.
  /// @{
  Checkpoint& add(std::string_view name, Schedule& schedule);
  Checkpoint& add(std::string_view name, ReduceLROnPlateau& schedule);
  /// @}
  /// A loader. In the middle of an epoch the next loop goes on behind the batch that was got last.
  template <Dataset D>
  Checkpoint& add(std::string_view name, DataLoader<D>& loader) {
    return add_stateful(name, "loader", loader);
  }
  /// A generator of the program's own.
  Checkpoint& add(std::string_view name, Generator& generator);
  /// A text, in UTF-8.
  Checkpoint& add(std::string_view name, std::string& text);
  /// A list of tensors, such as the best weights so far; it is replaced as a whole.
  Checkpoint& add(std::string_view name, StateDict& tensors);
  /// A number, or a truth value.
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_const_v<T>) Checkpoint& add(std::string_view name,
                                                                           T& number) {
    static_assert(sizeof(T) <= 8, "a number has 8 bytes at most: double, not long double");
    return add_number(name, detail::access_to(number));
  }
  /// Everything else is refused with a sentence.
  template <class T>
  requires(!detail::is_part<T>) Checkpoint& add(std::string_view, T&&) {
    static_assert(
        detail::is_part<T>,
        "a checkpoint refers to variables that are not const: models, optimizers, "
        "schedules, loaders, generators, numbers, std::string, nn::StateDict; a tensor is "
        "a member of a model, named in its visit by f.buffer");
    return *this;
  }
  /// @}

  /// Writes all parts, also within a `CancelScope` that was told to stop. Errors: `FileError` for a
  /// name that does not end in ".safetensors", and when the file cannot be written; the one that
  /// was there is as it was then. `ValueError` for an optimizer whose parameters, or a schedule
  /// whose optimizer, nothing here saves, and for text that is no UTF-8.
  void save(const std::string& path) const;

  /// Takes over all parts; tensors stay the same tensors. Errors: `FileError` for a file that is
  /// damaged, no checkpoint, or of a later version of the format. `ValueError`, as for `save`, and
  /// where the file does not fit, with everything that does not: parts on one side only, of
  /// another kind, of another architecture or element type, optimizers of another kind or with
  /// other groups, schedules and loaders of other options, numbers of another type. Nothing has
  /// changed then.
  void load(const std::string& path);

 private:
  struct Part {
    std::string name, kind;
    std::function<detail::SavedPart()> save;
    /// Has the errors of loading; what it returns loads, and has none.
    std::function<std::function<void()>(const detail::SavedPart&)> prepare;
    const Optimizer* optimizer = nullptr;  ///< of an optimizer, or a schedule
  };

  Checkpoint& add_part(Part part);
  Checkpoint& add_model(std::string_view name, ModuleRef model);
  Checkpoint& add_number(std::string_view name, detail::NumberAccess number);
  /// What has `state()` and `prepare_load(state)`.
  template <class T>
  Checkpoint& add_stateful(std::string_view name, std::string_view kind, T& object,
                           const Optimizer* optimizer = nullptr) {
    return add_part({std::string(name), std::string(kind),
                     [&object] { return detail::SavedPart{.tensors = object.state()}; },
                     [&object](const detail::SavedPart& saved) -> std::function<void()> {
                       if constexpr (std::derived_from<T, Schedule>)
                         return object.prepare_load(saved.tensors, false);
                       else
                         return object.prepare_load(saved.tensors);
                     },
                     optimizer});
  }
  /// Errors: see `save`.
  void check_complete(std::string_view user) const;

  std::vector<Part> parts_;
  std::vector<ModuleRef> models_;
};

/// @}

}  // namespace tapegrad::nn
