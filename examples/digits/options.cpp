#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <memory>

#include "choices.h"
#include "export.h"

namespace digits {

namespace {

constexpr const char* kAbout =
    "Trains perceptrons of one, two and three layers on images of digits, "
    "and reports how well they read.\n"
    "Every combination of --layers and --activation is trained; "
    "one layer has no activation and is trained\n"
    "once. One in twelve of the training images is held out "
    "to watch the training (validation); the test\n"
    "images are not looked at before the end.";

constexpr const char* kExamples =
    "Examples:\n"
    "  digits --embedded\n"
    "  digits --data DIR --layers 2,3 --activation relu,tanh,sigmoid --report report\n"
    "DIR is a folder in MNIST's format: "
    "train-images-idx3-ubyte[.gz], train-labels-idx1-ubyte[.gz],\n"
    "t10k-images-idx3-ubyte[.gz], t10k-labels-idx1-ubyte[.gz]; "
    "the files of EMNIST may keep their names.";

// There are few embedded images, so that an epoch is little.
constexpr int kEmbeddedEpochs = 100;
constexpr int kQuickEpochs = 10;

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string default_lrs() {
  std::string text;
  for (const std::string& name : optimizer_names())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, default_lr(name));
  return text;
}

template <class T>
void drop_repeated(std::vector<T>& list) {
  std::vector<T> once;
  for (const T& value : list)
    if (std::ranges::find(once, value) == once.end()) once.push_back(value);
  list = std::move(once);
}

// Help with the name and the kind of each flag, without CLI11's remarks on them.
class PlainFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    return type.empty() ? "" : " " + type;
  }
};

// A number above 0. CLI11's own check lets NaN pass.
CLI::Validator above_zero(double high) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        double value = 0;
        if (CLI::detail::lexical_cast(text, value) && value > 0 && value <= high) return {};
        return fmt::format("give a number above 0 and at most {}, not {}", high, text);
      },
      "");
}

// CLI11 itself would take -1 for the largest number there is.
std::string check_seed(std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return {};
  return fmt::format("give a whole number from 0 to {}, not {}",
                     std::numeric_limits<std::uint64_t>::max(), text);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Every entry of a list "a,b" passes `check`. CLI11 itself would drop empty entries.
CLI::Validator each(const CLI::Validator& check) {
  return CLI::Validator(
      [check](std::string& text) -> std::string {
        for (std::string& part : split(text)) {
          if (part.empty()) return fmt::format("there is an empty entry in '{}'", text);
          if (std::string error = check(part); !error.empty()) return error;
        }
        return {};
      },
      "");
}

std::vector<std::string> entries(const std::vector<std::string>& lists) {
  std::vector<std::string> all;
  for (const std::string& list : lists)
    for (std::string& part : split(list)) all.push_back(std::move(part));
  return all;
}

std::string check_ending(std::string& text) {
  if (text.ends_with(".safetensors") || text.ends_with(".npz")) return {};
  return fmt::format("'{}' does not end in .safetensors or .npz", text);
}

CLI::Validator name_of_a(const std::string& kind) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        if (text.empty()) return fmt::format("give the name of a {}, not an empty text", kind);
        // CLI11 takes the next flag for the value of "--data=".
        if (text[0] == '-')
          return fmt::format("'{0}' looks like a flag; for a {1} say ./{0}", text, kind);
        return {};
      },
      "");
}

// A whole number in [low, high], and nothing behind it.
CLI::Validator whole(int low, int high) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        int value = 0;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && stop == end && value >= low && value <= high) return {};
        return fmt::format("give a whole number from {} to {}, not {}", low, high, text);
      },
      "");
}

std::string with_default(const std::string& text, const auto& value) {
  return fmt::format("{} (default {})", text, value);
}

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& options) {
  CLI::App app(kAbout, "digits");
  app.footer(kExamples);
  const auto formatter = std::make_shared<PlainFormatter>();
  formatter->column_width(26);
  app.formatter(formatter);

  app.add_option("--data", options.data, "Folder of images in MNIST's format")
      ->check(name_of_a("folder"))
      ->type_name("DIR");
  app.add_flag("--embedded", options.embedded,
               "Use the 1,797 images of 8x8 pixels inside this program");
  std::vector<std::string> layers, activations;
  app.add_option("--layers", layers, "Numbers of layers (default 1,2,3)")
      ->check(each(whole(1, 10)))
      ->type_name("N,...");
  app.add_option("--activation", activations,
                 with_default("Functions between the layers: " + list_of(activation_names()),
                              options.activations[0]))
      ->check(each(CLI::IsMember(activation_names()).description("")))
      ->type_name("NAME,...");
  app.add_option("--hidden", options.hidden,
                 with_default("Width of the layers between", options.hidden))
      ->check(whole(1, 65536))
      ->type_name("N");
  const auto* epochs =
      app.add_option("--epochs", options.epochs,
                     fmt::format("Passes over the training images (default {}, embedded {}); the "
                                 "report sees overfitting from 5 on",
                                 options.epochs, kEmbeddedEpochs))
          ->check(whole(1, 100000))
          ->type_name("N");
  app.add_option("--batch", options.batch, with_default("Images in one step", options.batch))
      ->check(whole(1, 1 << 20))
      ->type_name("N");
  app.add_option("--optimizer", options.optimizer,
                 with_default(list_of(optimizer_names()), options.optimizer))
      ->check(CLI::IsMember(optimizer_names()).description(""))
      ->type_name("NAME");
  const auto* lr =
      app.add_option("--lr", options.lr, "Learning rate (default: " + default_lrs() + ")")
          ->check(above_zero(1e6))
          ->type_name("X");
  app.add_option("--schedule", options.schedule,
                 with_default("How the learning rate goes on: " + list_of(schedule_names()),
                              options.schedule))
      ->check(CLI::IsMember(schedule_names()).description(""))
      ->type_name("NAME");
  app.add_option("--seed", options.seed,
                 with_default("Of the first weights and of the order of the images", options.seed))
      ->check(CLI::Validator(check_seed, ""))
      ->type_name("S");
  app.add_option(
         "--threads", options.threads,
         with_default("Threads for one operation; they do not change the results", options.threads))
      ->check(whole(1, tg::kMaxThreads))
      ->type_name("T");
  app.add_option("--report", options.report,
                 "Folder for report.html, with pictures, and results.json")
      ->check(name_of_a("folder"))
      ->type_name("DIR");
  const auto add_file = [&](const char* flag, std::string& file, const char* about) {
    app.add_option(flag, file, about)->check(name_of_a("file"))->type_name("FILE");
  };
  add_file("--save", options.save,
           "Write the trained weights to this .safetensors or .npz (one network)");
  app.get_option("--save")->check(CLI::Validator(check_ending, ""));
  add_file("--load", options.load,
           "Take the weights from this file, PyTorch's too, and test them (one network)");
  add_file("--resume", options.resume,
           "Keep the training in this .safetensors, and go on with what is there (one network)");
  add_file("--onnx", options.onnx, "Write the network as a model for ONNX Runtime (one network)");
  app.add_flag("--quick", options.quick,
               "A test of a few seconds on the embedded images; status 1 if a network learns too "
               "little");

  try {
    app.parse(argc, argv);
    const bool inside = options.embedded || options.quick;
    if (options.data.empty() && !inside)
      throw CLI::ValidationError(
          "no images: give --data DIR, a folder in MNIST's format, or --embedded");
    if (!options.data.empty() && inside)
      throw CLI::ValidationError(fmt::format("--data and {} are two sources of images: give one",
                                             options.quick ? "--quick" : "--embedded"));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "digits: " << error.what() << "\nRun 'digits --help' for all flags.\n";
    return 2;
  }
  if (!layers.empty()) {
    options.layers.clear();
    for (const std::string& number : entries(layers)) options.layers.push_back(std::stoi(number));
  }
  if (!activations.empty()) options.activations = entries(activations);
  drop_repeated(options.layers);
  drop_repeated(options.activations);
  const bool files = !(options.save + options.load + options.resume + options.onnx).empty();
  if (files && options.layers.size() * options.activations.size() != 1) {
    std::cerr << "digits: a file is of one network: give one number of --layers, and one "
                 "--activation\n";
    return 2;
  }
  if (!options.onnx.empty() && !can_export()) {
    std::cerr << "digits: --onnx: this program was built without ONNX; install libonnx-dev, and "
                 "build it again\n";
    return 2;
  }
  if (!options.load.empty() && !options.resume.empty()) {
    std::cerr << "digits: --load trains nothing, so there is nothing to --resume: give one\n";
    return 2;
  }
  if (options.quick) options.embedded = true;
  if (options.embedded && !*epochs) options.epochs = options.quick ? kQuickEpochs : kEmbeddedEpochs;
  if (!*lr) options.lr = default_lr(options.optimizer);
  return {};
}

}  // namespace digits
