#pragma once

// Internal: Eigen as this library uses it. Its namespace has a name of its own, since a program may
// have Eigen too, with other flags, whose functions would be one with these at link time. It starts
// no threads, and stops no program: sizes are checked before. The build includes this before each
// `*.eigen.cpp`.

#define EIGEN_DONT_PARALLELIZE
#define EIGEN_NO_DEBUG
#define Eigen TapegradEigen
#include <Eigen/Core>

namespace tapegrad::dense {

using Element = TAPEGRAD_ELEMENT;
using Matrix = Eigen::Matrix<Element, Eigen::Dynamic, Eigen::Dynamic>;
using RowMajor = Eigen::Matrix<Element, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// A matrix of this library.
using In = Eigen::Map<const RowMajor>;
using Out = Eigen::Map<RowMajor>;

}  // namespace tapegrad::dense
