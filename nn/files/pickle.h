#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nn/files/elements.h"

// Internal: what `torch.save` pickles, read without executing anything: tensors, containers, texts
// and numbers. The opcodes are those of Python's pickletools.

namespace tapegrad::nn::detail {

/// Elements that several tensors may share, under the name of their member in the archive.
struct PickledStorage {
  Stored stored{};
  std::string key;
  std::int64_t numel = 0;
};

/// A tensor: some elements of a storage.
struct PickledTensor {
  const PickledStorage* storage = nullptr;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes, strides;
};

/// An object of Python's. Others point at it, and it lives as long as the `Unpickler`.
struct Pickled {
  enum class Kind {
    none,
    truth,
    integer,
    number,
    text,
    tuple,
    list,
    dict,  // items: a key and its value, one after the other
    name,  // of a class or a function, "torch._utils._rebuild_tensor_v2"
    storage,
    tensor,
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;  // also a truth value
  double number = 0;
  std::string text;  // also a name
  std::vector<const Pickled*> items;
  PickledStorage storage;
  PickledTensor tensor;
};

/// Reads one pickle.
class Unpickler {
 public:
  /// `where`: how errors begin.
  Unpickler(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}
  Unpickler(const Unpickler&) = delete;
  Unpickler& operator=(const Unpickler&) = delete;

  /// The object. Errors: `FileError` for a damaged pickle, and, by its name, for a class or a
  /// function that stands for other things than tensors and containers.
  const Pickled& read();

 private:
  struct Opcode;

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

  Pickled& make(Pickled::Kind kind);
  void push(Pickled::Kind kind) { stack_.push_back(&make(kind)); }
  void push_text(std::string_view text);
  void push_integer(std::int64_t integer);
  void push_long(std::string_view bytes);
  void push_name(std::string_view module, std::string_view name);
  Pickled* pop();
  Pickled* top(Pickled::Kind kind);
  std::vector<const Pickled*> pop_to_mark();
  void add_items(const std::vector<const Pickled*>& items);
  void memoize(std::uint64_t place);
  void recall(std::uint64_t place);
  void call();
  void build();
  void storage();
  void rebuild_tensor(const std::vector<const Pickled*>& arguments);

  std::string_view bytes_;
  std::string where_;
  std::size_t at_ = 0;
  bool stopped_ = false;
  std::deque<Pickled> objects_;  // which stay where they are
  std::vector<Pickled*> stack_, memo_;
  std::vector<std::size_t> marks_;
};

}  // namespace tapegrad::nn::detail
