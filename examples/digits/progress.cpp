#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace digits {

namespace {

constexpr auto kBetweenUpdates = std::chrono::milliseconds(100);
constexpr const char* kClearLine = "\r\x1b[K";

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && kind && std::string_view(kind) != "dumb";
}

// Asked each time, because a window can be resized.
int terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double share, int width) {
  if (width < 5) return "";
  const int filled = std::clamp(static_cast<int>(share * (width - 3)), 0, width - 3);
  return fmt::format(" [{}{}]", std::string(static_cast<std::size_t>(filled), '#'),
                     std::string(static_cast<std::size_t>(width - 3 - filled), '.'));
}

std::string per_second(double images, double seconds) {
  const double rate = seconds > 0 ? images / seconds : 0;
  return rate >= 10000 ? fmt::format("{:.0f}k", rate / 1000) : fmt::format("{:.0f}", rate);
}

// NaN may have a sign, which says nothing.
std::string loss_text(double loss) {
  return std::isnan(loss) ? "nan" : fmt::format("{:.4f}", loss);
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::string with_commas(std::int64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

Progress::Progress(const Result& network, int epochs, std::int64_t images_per_epoch)
    : epochs_(epochs),
      images_per_epoch_(images_per_epoch),
      before_(static_cast<int>(network.epochs.size())),
      terminal_(is_terminal()) {
  std::string widths;
  for (const std::int64_t width : network.widths)
    widths += fmt::format("{}{}", widths.empty() ? "" : "-", width);
  const int layers = network.layers();
  print(fmt::format("\n{} layer{}{}{}: {}, {} parameters\n", layers, layers == 1 ? "" : "s",
                    layers == 1 ? "" : ", ", layers == 1 ? "" : network.activation, widths,
                    with_commas(network.parameters)));
  if (before_ > 0) print(fmt::format("going on after epoch {}\n", before_));
}

Progress::~Progress() {
  if (terminal_) print(kClearLine);
}

std::string Progress::time_left(double epochs_done) const {
  const std::chrono::duration<double> gone = Clock::now() - start_;
  const auto left = static_cast<std::int64_t>(
      gone.count() * (epochs_ - epochs_done) / (epochs_done - before_) + 0.5);
  return fmt::format("{}:{:02} left", left / 60, left % 60);
}

void Progress::batch(const Score& so_far) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now - shown_ < kBetweenUpdates) return;
  shown_ = now;
  const double share = static_cast<double>(so_far.images) / static_cast<double>(images_per_epoch_);
  const std::chrono::duration<double> time = now - epoch_start_;
  const std::string before =
      fmt::format("epoch {:>{}}/{}", done_ + 1, fmt::formatted_size("{}", epochs_), epochs_);
  const std::string after = fmt::format(
      "  loss {}  {:.2f} %  {} images/s  {}",
      loss_text(so_far.loss / static_cast<double>(so_far.images)), 100 * so_far.accuracy(),
      per_second(static_cast<double>(so_far.images), time.count()), time_left(done_ + share));
  const int width = terminal_width() - 1;
  const int room = width - static_cast<int>(before.size() + after.size());
  const std::string line = before + bar(share, std::min(room, 34)) + after;
  print(kClearLine + line.substr(0, static_cast<std::size_t>(std::max(width, 0))));
}

void Progress::epoch(const Epoch& epoch) {
  ++done_;
  const std::string line =
      fmt::format("epoch {:>{}}/{}  loss {}  {:.2f} %   validation {}  {:.2f} %  {} images/s",
                  done_, fmt::formatted_size("{}", epochs_), epochs_,
                  loss_text(epoch.training.loss), 100 * epoch.training.accuracy(),
                  loss_text(epoch.validation.loss), 100 * epoch.validation.accuracy(),
                  per_second(static_cast<double>(images_per_epoch_), epoch.seconds));
  if (terminal_)
    print(fmt::format("{}{}\n", kClearLine, line));
  else
    print(fmt::format("{}  {}\n", line, time_left(done_)));
  epoch_start_ = Clock::now();
}

}  // namespace digits
