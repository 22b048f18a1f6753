#include "characters/words.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace characters {

namespace {

Words words_of(std::istream& text) {
  Words words;
  std::vector<std::int64_t> ids, targets;
  for (std::string word; text >> word;) {
    if (std::ssize(word) >= kBlock) continue;
    std::vector<std::int64_t> id(kBlock, kEnd), target(kBlock, kNoTarget);
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t letter = words.letters.find(word[i]);
      if (letter == std::string::npos) letter = words.letters.size(), words.letters += word[i];
      id[i + 1] = target[i] = static_cast<std::int64_t>(letter);
    }
    target[word.size()] = kEnd;
    ids.insert(ids.end(), id.begin(), id.end());
    targets.insert(targets.end(), target.begin(), target.end());
  }
  if (ids.empty())
    throw std::runtime_error(
        fmt::format("the text has no word of fewer than {} letters; give one that has", kBlock));
  words.ids = tapegrad::tensor(ids, {std::ssize(ids) / kBlock, kBlock});
  words.targets = tapegrad::tensor(targets, words.ids.shape());
  return words;
}

}  // namespace

Words words_for(const Options& options) {
  if (options.quick) {
    std::istringstream own("anna emma otto ella hanna lena lea lotta mona nora nina tina tom tim");
    return words_of(own);
  }
  std::ifstream file(options.text);
  if (!file || file.peek() == std::ifstream::traits_type::eof())
    throw std::runtime_error(fmt::format(
        "cannot read '{}', or it is empty; name a text (Debian's word list is the package "
        "wamerican)",
        options.text));
  return words_of(file);
}

int parse(int argc, char** argv, Options& options) {
  CLI::App app{
      "Learns the words of a text letter by letter, with a transformer of one layer and four\n"
      "heads, and then invents some."};
  app.add_option("text", options.text, "Any text (" + options.text + ")");
  app.add_option("--width", options.width, "Numbers that stand for a letter, a multiple of 4 (64)")
      ->check(CLI::Range(4, 4096))
      ->check([](const std::string& text) {
        return std::stoll(text) % 4 == 0 ? "" : text + " is no multiple of 4";
      });
  app.add_option("--batch", options.batch, "Words in a step (16)")->check(CLI::Range(1, 65536));
  app.add_option("--steps", options.steps, "Steps of Adam (2000)")
      ->check(CLI::Range(1, 100'000'000));
  app.add_flag("--quick", options.quick, "60 small steps on a few words of its own");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "characters: {}\nRun 'characters --help' for all flags.\n", error.what());
    return 2;
  }
  if (options.quick) options.width = 16, options.batch = 8, options.steps = 60;
  return -1;
}

bool Progress::step(double loss) {
  ++step_;
  mean_ += (loss - mean_) / static_cast<double>(std::min<std::int64_t>(100, step_));
  if (step_ % std::max<std::int64_t>(1, steps_ / 10) == 0)
    fmt::print("step {:6}  loss {:.3f} a letter\n", step_, mean_);
  return ended();
}

}  // namespace characters
