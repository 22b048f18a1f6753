#include "autograd/base/stack/stack.h"

#include <cxxabi.h>
#include <fmt/format.h>
#include <unwind.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "autograd/base/stack/symbols.h"

namespace tapegrad::detail {

namespace {

/// The most functions that are listed, the most letters of one, and the most addresses.
constexpr std::size_t kMostFunctions = 5, kLongestFunction = 120, kMostAddresses = 16;

/// Whose function it is. Where a function of the program is put into one that the language's
/// library calls it by, such as a thread's, there is only that.
enum class Owner { program, language, library };

/// By the linker's name.
Owner owner_of(std::string_view symbol) {
  if (!symbol.starts_with("_Z")) return Owner::program;
  symbol.remove_prefix(2);
  // What it is local to, and whether it is a member: both stand before the names.
  symbol.remove_prefix(std::min(symbol.find_first_not_of("ZNKVRO"), symbol.size()));
  if (symbol.starts_with("8tapegrad")) return Owner::library;
  for (const std::string_view name : {"St", "Sa", "Ss", "9__gnu_cxx", "10__cxxabiv1"})
    if (symbol.starts_with(name)) return Owner::language;
  return Owner::program;
}

/// True for libraries of the system, and this one where it is shared.
bool is_library_file(std::string_view path) {
  const std::string_view file = path.substr(path.find_last_of('/') + 1);
  for (const std::string_view name : {"libtapegrad_", "libc.", "libc-", "libstdc++.", "libc++",
                                      "libgcc_s.", "libpthread", "ld-", "libasan.", "libtsan."})
    if (file.starts_with(name)) return true;
  return false;
}

/// What starts programs and threads.
bool is_start(std::string_view symbol) {
  for (const std::string_view name : {"_start", "start_thread", "clone", "clone3", "__clone",
                                      "__clone3", "execute_native_thread_routine"})
    if (symbol == name) return true;
  return symbol.starts_with("__libc_start");
}

std::string readable(const std::string& symbol) {
  // What a compiler adds to the name of a part of a function is no help.
  const std::string name = symbol.substr(0, symbol.find('.'));
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  std::string function = text ? text.get() : name;
  if (function.size() > kLongestFunction)
    function.replace(kLongestFunction, std::string::npos, "...");
  return function;
}

/// A place as it is listed.
struct ListedFunction {
  Owner owner = Owner::library;
  std::string name;  // for the reader; empty where the file has no names
  std::string file;
  std::uintptr_t address = 0;
};

ListedFunction function_at(const void* place) {
  CodePlace code = find_code(place);
  ListedFunction function;
  if (code.file.empty() || is_library_file(code.file) || is_start(code.function)) return function;
  function.owner = owner_of(code.function);
  if (!code.function.empty()) function.name = readable(code.function);
  function.file = std::move(code.file);
  function.address = code.address;
  return function;
}

/// Those that were asked for: a program has only so many, and a file is read slowly.
const ListedFunction& known_function(const void* place) {
  static auto& known = *new std::unordered_map<const void*, ListedFunction>;
  static auto& mutex = *new std::mutex;
  const std::lock_guard lock(mutex);
  const auto found = known.find(place);
  return found != known.end() ? found->second
                              : known.emplace(place, function_at(place)).first->second;
}

/// Where the unwinder writes.
struct Unwinding {
  std::span<void*> room;
  std::size_t count = 0;

  static _Unwind_Reason_Code add(_Unwind_Context* context, void* argument) {
    auto& taken = *static_cast<Unwinding*>(argument);
    if (taken.count == taken.room.size()) return _URC_END_OF_STACK;
    const _Unwind_Ptr address = _Unwind_GetIP(context);
    if (address) taken.room[taken.count++] = reinterpret_cast<void*>(address);
    return _URC_NO_REASON;
  }
};

}  // namespace

std::size_t take_stack(std::span<void*> places) noexcept {
  Unwinding taken{places};
  _Unwind_Backtrace(Unwinding::add, &taken);
  return taken.count;
}

namespace {

/// The functions among `places` that are the owner's.
std::string text_of(std::span<void* const> places, Owner owner) {
  std::string text, commands;
  std::string_view file;
  std::size_t named = 0, addresses = 0;
  for (const void* place : places) {
    const ListedFunction& function = known_function(place);
    if (function.owner != owner) continue;
    if (addresses++ == kMostAddresses) break;
    if (!function.name.empty()) {
      if (named++ == kMostFunctions) break;
      text += fmt::format("\n    {}", function.name);
    }
    if (function.file != file) {
      file = function.file;
      commands += fmt::format("\n    file and line: addr2line -Cfpie {}", file);
    }
    commands += fmt::format(" {:#x}", function.address);
  }
  return text + commands;
}

}  // namespace

std::string stack_text(std::span<void* const> places) {
  const std::string text = text_of(places, Owner::program);
  return text.empty() ? text_of(places, Owner::language) : text;
}

}  // namespace tapegrad::detail
