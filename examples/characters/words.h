#pragma once

#include <autograd/autograd.h>

#include <string>

// What the program reads and prints: the words of a text as rows of letters, its options, and how
// far it is.

namespace characters {

constexpr std::int64_t kBlock = 16;       // letters in a row
constexpr std::int64_t kEnd = 0;          // the letter that ends a word, and begins the next
constexpr std::int64_t kNoTarget = -100;  // cross_entropy does not count these

/// Words of fewer than `kBlock` letters, any bytes but white space. A row of `ids` is `kEnd` and
/// the word; one of `targets` is what comes after each of these, and `kNoTarget` behind the end.
struct Words {
  std::string letters = "\n";  // which letter has which number
  tapegrad::Tensor ids, targets;

  std::int64_t vocabulary() const { return std::ssize(letters); }
};

/// What the command line asks for.
struct Options {
  std::string text = "/usr/share/dict/words";
  std::int64_t width = 64, batch = 16, steps = 2000;
  bool quick = false;
};
/// Returns the status to end with, once it was said why, or -1 to go on.
int parse(int argc, char** argv, Options& options);
/// Its words. Throws `std::runtime_error` where there are none.
Words words_for(const Options& options);

/// Prints the loss ten times on the way, averaged over the last steps, a hundred or so.
class Progress {
 public:
  explicit Progress(std::int64_t steps) : steps_(steps) {}
  bool ended() const { return step_ == steps_; }
  /// A step had this loss. Returns `ended()`.
  bool step(double loss);

 private:
  std::int64_t steps_, step_ = 0;
  double mean_ = 0;
};

}  // namespace characters
