#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nn/data/file.h"
#include "nn/files/files.h"

// Internal: bytes to read, wherever they are.

namespace tapegrad::nn::detail {

/// What a file holds.
struct TensorFile {
  StateDict tensors;
  Metadata metadata;
  std::vector<std::string> left_out;  // names of what is neither tensor nor number
};

/// A file, or a part of one, that is read from its beginning to its end.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `to` with the next bytes. Errors: `FileError` where there are fewer.
  virtual void read(std::span<std::byte> to) = 0;
  /// How many bytes there are yet.
  virtual std::uint64_t left() const = 0;
  /// How errors begin: "load: 'net.npz', array 'x', offset 16".
  virtual std::string where() const = 0;
  /// The memory that what is read may take.
  virtual MemoryBudget& budget() = 0;

  /// The next bytes, as a number or a text.
  template <class T>
  T value() {
    T result;
    read(std::as_writable_bytes(std::span(&result, 1)));
    return result;
  }
  std::string text(std::size_t length) {
    budget().take(length, where());
    std::string result(length, '\0');
    read(std::as_writable_bytes(std::span(result)));
    return result;
  }
};

/// A file as a whole.
class FileSource final : public Source {
 public:
  explicit FileSource(InputFile& file) : file_(file) {}
  void read(std::span<std::byte> to) override;
  std::uint64_t left() const override { return file_.most_left(); }
  std::string where() const override { return file_.where(); }
  MemoryBudget& budget() override { return file_.budget(); }

 private:
  InputFile& file_;
};

}  // namespace tapegrad::nn::detail
