#pragma once

#include <utility>

#include "nn/nn.h"
#include "tests/messages/messages_check.h"

// How the tables of functions are written that messages_undefined_test.cpp walks.

namespace messages {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

using Arguments = std::vector<Tensor>;

/// A function of tensors, which are all needed.
struct Function {
  std::string name;               ///< as its header declares it
  std::vector<std::string> what;  ///< what it calls its arguments
  std::function<void(Arguments&)> run;
  std::string operation = name;  ///< as it calls itself
};

/// Gives `function` the undefined tensor in place of each argument in turn; the others are `sample`.
inline void check_undefined(const Function& function, const Tensor& sample) {
  for (std::size_t i = 0; i < function.what.size(); ++i) {
    Arguments arguments(function.what.size(), sample);
    arguments[i] = Tensor();
    check(mistake<tg::ValueError>(function.name,
                                  function.operation + ": " + function.what[i] + kIsUndefined,
                                  [&](World&) { function.run(arguments); }));
  }
}

inline const std::vector<std::string> kOne{"the argument"};
inline const std::vector<std::string> kTwo{"the first argument", "the second argument"};

inline Function one(std::string name, std::function<void(Tensor&)> f, std::string operation = "") {
  Function result{std::move(name), kOne, [f](Arguments& a) { f(a[0]); }};
  if (!operation.empty()) result.operation = operation;
  return result;
}
inline Function two(std::string name, std::function<void(Tensor&, Tensor&)> f,
                    std::string operation = "") {
  Function result{std::move(name), kTwo, [f](Arguments& a) { f(a[0], a[1]); }};
  if (!operation.empty()) result.operation = operation;
  return result;
}

using T = Tensor&;

#define TAPEGRAD_ONE(f) one(#f, [](T x) { tg::f(x); })
#define TAPEGRAD_TWO(f) two(#f, [](T a, T b) { tg::f(a, b); })
#define TAPEGRAD_METHOD(f) one(#f, [](T x) { x.f(); })
#define TAPEGRAD_DIM(f) one(#f, [](T x) { tg::f(x, 0); }), one(#f, [](T x) { x.f(0); })

/// Each sign of two operands: of values, and of temporaries on either side.
#define TAPEGRAD_SIGN(sign, name)                                             \
  two(                                                                        \
      "operator" #sign, [](T a, T b) { return a sign b; }, name),             \
      two(                                                                    \
          "operator" #sign, [](T a, T b) { return Tensor(a) sign b; }, name), \
      two(                                                                    \
          "operator" #sign, [](T a, T b) { return a sign Tensor(b); }, name), \
      two(                                                                    \
          "operator" #sign, [](T a, T b) { return Tensor(a) sign Tensor(b); }, name)

}  // namespace messages
