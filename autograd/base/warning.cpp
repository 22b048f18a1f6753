#include "autograd/base/warning.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace tapegrad {

namespace {

struct Handler {
  std::mutex mutex;
  WarningHandler call;
};

/// Never destroyed, because what ends after it may warn, too.
Handler& current() {
  static Handler& handler = *new Handler;
  return handler;
}

}  // namespace

WarningHandler set_warning_handler(WarningHandler handler) {
  Handler& now = current();
  const std::lock_guard lock(now.mutex);
  return std::exchange(now.call, std::move(handler));
}

void warn(const std::string& text) {
  Handler& now = current();
  WarningHandler call;
  {
    const std::lock_guard lock(now.mutex);
    call = now.call;
  }
  if (call) return call(text);
  std::fprintf(stderr, "tapegrad: warning: %s\n", text.c_str());
}

}  // namespace tapegrad
