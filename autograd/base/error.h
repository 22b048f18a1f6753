#pragma once

/// @file
/// What the library throws: one family of exceptions, by what is wrong. Their texts say which
/// operator and module, what came, what was expected, and the way out.
///
///     try {
///       tg::matmul(tg::zeros({2, 3}), tg::zeros({4, 5}));
///     } catch (const tg::ShapeError& error) {
///       fmt::print("{}\n", error.what());
///     }

#include <stdexcept>
#include <string>

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup system
/// @{

/// Base of every exception that Tapegrad throws on bad input.
///
/// The text says which operator (and which module path, such as `net.2.fc`), what is wrong with
/// which shapes or values, and, where there is one, the way out. Arguments are as they were before
/// the call. On demand it says where in the program, too: see `TraceScope`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit together, or a rank or element count that is out of range.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An element type that the operator does not take, or a mix of types that it does not convert.
class DTypeError : public Error {
 public:
  using Error::Error;
};

/// A gradient that cannot be computed: no graph, a graph already released, a saved value changed.
class GradError : public Error {
 public:
  using Error::Error;
};

/// An index, dimension or class label outside its range.
class IndexError : public Error {
 public:
  using Error::Error;
};

/// An argument whose value makes no sense, such as a negative learning rate.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// Memory that the system does not have; names the function, and shape and bytes of a tensor.
/// A tensor of over 2^47 bytes, for which no system has addresses, is a `ShapeError`.
///
/// Whatever the memory was for, a tensor, a record, a list or a text: operators, walks, steps of
/// optimizers, loaders, readers, writers and all that makes tensors throw this, and never
/// `std::bad_alloc`. What was called has changed nothing then, and can be called again with more
/// memory; what a walk leaves is said at `Tensor::backward`. Functions that only return a name, a
/// text or a list of what is there may pass `std::bad_alloc` on.
class OutOfMemoryError : public Error {
 public:
  using Error::Error;
};

/// A file that is missing, truncated or not of the expected format; names file and offset.
class FileError : public Error {
 public:
  using Error::Error;
};

/// A NaN or an infinity that a `DetectAnomaly` scope found.
class AnomalyError : public Error {
 public:
  using Error::Error;
};

/// A computation that a `CancelScope` stopped.
class CancelledError : public Error {
 public:
  using Error::Error;
};

/// @}

}  // namespace tapegrad
