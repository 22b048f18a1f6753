#include "nn/train/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace tapegrad::nn::detail {

namespace {

constexpr auto kBetweenShown = std::chrono::milliseconds(100);
constexpr const char* kClearLine = "\r\x1b[K";

bool is_terminal(std::FILE* file) {
  const char* kind = std::getenv("TERM");
  return file && isatty(fileno(file)) && kind && std::string_view(kind) != "dumb";
}

// Asked each time, because a window can be resized.
int terminal_width(std::FILE* file) {
  winsize size{};
  return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double share, int width) {
  if (width < 5) return "";
  const int filled = std::clamp(static_cast<int>(share * (width - 3)), 0, width - 3);
  return fmt::format(" [{}{}]", std::string(static_cast<std::size_t>(filled), '#'),
                     std::string(static_cast<std::size_t>(width - 3 - filled), '.'));
}

std::string per_second(double examples, double seconds) {
  const double rate = seconds > 0 ? examples / seconds : 0;
  return rate >= 10000 ? fmt::format("{:.0f}k/s", rate / 1000) : fmt::format("{:.0f}/s", rate);
}

// NaN may have a sign, which says nothing.
std::string loss_text(double loss) {
  return std::isnan(loss) ? "nan" : fmt::format("{:.4f}", loss);
}

/// "loss 0.1234  accuracy 97.10 %".
std::string score_text(const Score& score) {
  std::string text = "loss " + loss_text(score.loss);
  for (const Measured& metric : score.metrics)
    text += metric.share ? fmt::format("  {} {:.2f} %", metric.name, 100 * metric.value)
                         : fmt::format("  {} {:.4g}", metric.name, metric.value);
  return text;
}

std::string minutes(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

TrainingProgress::TrainingProgress(std::FILE* file, std::int64_t epochs,
                                   std::int64_t examples_per_epoch, double before)
    : file_(file),
      terminal_(is_terminal(file)),
      epochs_(epochs),
      examples_per_epoch_(examples_per_epoch),
      before_(before) {}

TrainingProgress::~TrainingProgress() {
  if (terminal_) print(kClearLine);
}

void TrainingProgress::print(const std::string& text) {
  std::fputs(text.c_str(), file_);
  std::fflush(file_);
}

std::string TrainingProgress::counted(std::int64_t epoch) const {
  return fmt::format("epoch {:>{}}/{}", epoch, fmt::formatted_size("{}", epochs_), epochs_);
}

std::string TrainingProgress::time_left(double epochs_done) const {
  const std::chrono::duration<double> gone = Clock::now() - start_;
  if (epochs_done <= before_) return "";
  const double left = static_cast<double>(epochs_) - epochs_done;
  return minutes(gone.count() * std::max(left, 0.0) / (epochs_done - before_)) + " left";
}

void TrainingProgress::resumed(const std::string& file, const std::string& what) {
  if (file_) print(fmt::format("{}: {}\n", file, what));
}

bool TrainingProgress::due() {
  if (!terminal_) return false;
  const auto now = Clock::now();
  if (now - shown_ < kBetweenShown) return false;
  shown_ = now;
  return true;
}

void TrainingProgress::step(std::int64_t epoch, const Score& so_far) {
  const double share =
      static_cast<double>(so_far.examples) / static_cast<double>(examples_per_epoch_);
  const std::chrono::duration<double> time = Clock::now() - start_;
  const double done = static_cast<double>(epoch - 1) + share;
  const std::string before = counted(epoch);
  const std::string after = fmt::format(
      "  {}  {}  {}", score_text(so_far),
      per_second((done - before_) * static_cast<double>(examples_per_epoch_), time.count()),
      time_left(done));
  const int width = terminal_width(file_) - 1;
  const int room = width - static_cast<int>(before.size() + after.size());
  const std::string line = before + bar(share, std::min(room, 34)) + after;
  print(kClearLine + line.substr(0, static_cast<std::size_t>(std::max(width, 0))));
}

void TrainingProgress::epoch(const EpochRecord& epoch) {
  if (!file_) return;
  std::string line = fmt::format("{}  {}", counted(epoch.epoch), score_text(epoch.training));
  if (epoch.validation) line += fmt::format("   validation {}", score_text(*epoch.validation));
  line += "  " + per_second(static_cast<double>(epoch.training.examples), epoch.seconds);
  if (terminal_)
    print(fmt::format("{}{}\n", kClearLine, line));
  else
    print(fmt::format("{}  {}\n", line, time_left(static_cast<double>(epoch.epoch))));
}

}  // namespace tapegrad::nn::detail
