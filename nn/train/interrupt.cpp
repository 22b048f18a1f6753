#include "nn/train/interrupt.h"

#include <signal.h>

#include <atomic>
#include <mutex>

namespace tapegrad::nn::detail {

namespace {

std::mutex interrupt_mutex;  // of the next two
int interrupt_scopes = 0;
struct sigaction handler_before;
std::atomic<int> interrupts{0};

extern "C" void tapegrad_note_interrupt(int) {
  interrupts.fetch_add(1);
  sigaction(SIGINT, &handler_before, nullptr);  // for a second one
}

}  // namespace

InterruptScope::InterruptScope(bool wanted) : wanted_(wanted) {
  if (!wanted_) return;
  const std::lock_guard lock(interrupt_mutex);
  before_ = interrupts.load();
  if (interrupt_scopes++ > 0) return;
  struct sigaction ours {};
  ours.sa_handler = tapegrad_note_interrupt;
  sigemptyset(&ours.sa_mask);
  ours.sa_flags = SA_RESTART;
  sigaction(SIGINT, nullptr, &handler_before);
  // Who has it ignored, such as a script that started us with "&", means that.
  if (handler_before.sa_handler != SIG_IGN) sigaction(SIGINT, &ours, nullptr);
}

InterruptScope::~InterruptScope() {
  if (!wanted_) return;
  const std::lock_guard lock(interrupt_mutex);
  if (--interrupt_scopes > 0) return;
  struct sigaction now {};
  sigaction(SIGINT, nullptr, &now);
  // Another one, which came later, stays.
  if (now.sa_handler == tapegrad_note_interrupt) sigaction(SIGINT, &handler_before, nullptr);
}

bool InterruptScope::interrupted() const noexcept {
  return wanted_ && interrupts.load() != before_;
}

}  // namespace tapegrad::nn::detail
