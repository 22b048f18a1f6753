#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/base/shape.h"
#include "nn/data/memory_budget.h"
#include "nn/files/elements.h"

// Internal: what `torch.save` pickles, read without executing anything: tensors, containers, texts
// and numbers. The opcodes are those of Python's pickletools.

namespace tapegrad::nn::detail {

/// Elements that several tensors may share, under the name of their member in the archive.
struct PickledStorage {
  Stored stored{};
  std::string_view key;
  std::int64_t numel = 0;
};

/// A tensor: some elements of a storage.
struct PickledTensor {
  PickledStorage storage;
  std::int64_t offset = 0;
  Shape sizes, strides;
};

/// What an object of Python's is.
enum class PickledKind : std::uint8_t {
  none,
  truth,
  integer,
  number,
  text,
  tuple,
  list,
  dict,  // items: a key and its value, one after the other
  name,  // of a class or a function, "torch._utils._rebuild_tensor_v2", which is its text
  storage,
  tensor,
};

/// An object of Python's. It is small, since the pickle of a list has one for every two bytes; what
/// it points at lives as long as the `Unpickler`, and texts as long as the pickle.
struct Pickled {
  PickledKind kind = PickledKind::none;
  std::uint32_t length = 0;  // of a text
  union {
    std::int64_t integer = 0;  // also a truth value
    double number;
    const char* begin;  // of a text
    std::vector<Pickled>* items;
    const PickledStorage* storage;
    const PickledTensor* tensor;
  };

  Pickled() = default;
  explicit Pickled(PickledKind what) : kind(what) {}
  Pickled(PickledKind what, std::string_view text)
      : kind(what), length(static_cast<std::uint32_t>(text.size())), begin(text.data()) {}
  std::string_view text() const { return {begin, length}; }
};
static_assert(sizeof(Pickled) == 16);

/// Reads one pickle.
class Unpickler {
 public:
  /// `where`: how errors begin. What is made is taken from the budget.
  Unpickler(std::string_view bytes, std::string where, MemoryBudget& budget)
      : bytes_(bytes), where_(std::move(where)), budget_(budget) {}
  Unpickler(const Unpickler&) = delete;
  Unpickler& operator=(const Unpickler&) = delete;

  /// The object. Errors: `FileError` for a damaged pickle, and, by its name, for a class or a
  /// function that stands for other things than tensors and containers.
  Pickled read();

 private:
  using Items = std::vector<Pickled>;

  [[noreturn]] void refuse(std::string_view what) const;
  std::string_view take(std::uint64_t count);
  template <class T>
  T value() {
    T result;
    const std::string_view bytes = take(sizeof result);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&result));
    return result;
  }
  std::string_view line();
  void step(unsigned char opcode);

  void push(const Pickled& object);
  void push_items(PickledKind kind, Items items);
  void push_integer(std::int64_t integer);
  void push_long(std::string_view bytes);
  void push_name(std::string_view module, std::string_view name);
  Pickled pop();
  const Pickled& top(PickledKind kind);
  Items pop_to_mark();
  void memoize(std::uint64_t place);
  void recall(std::uint64_t place);
  void call();
  void build();
  void storage();
  void rebuild_tensor(const Items& arguments);
  Shape sizes(const Pickled& tuple) const;

  std::string_view bytes_;
  std::string where_;
  MemoryBudget& budget_;
  std::size_t at_ = 0;
  bool stopped_ = false;
  // What objects point at, which stays where it is.
  std::deque<Items> items_;
  std::deque<PickledStorage> storages_;
  std::deque<PickledTensor> tensors_;
  std::vector<Pickled> stack_;
  std::vector<std::optional<Pickled>> memo_;
  std::vector<std::size_t> marks_;
};

}  // namespace tapegrad::nn::detail
