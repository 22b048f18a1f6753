#pragma once

/// @file
/// Weights in and out, by safetensors, NumPy's and PyTorch's files.
///
///     nn::Linear net(3, 1);
///     nn::save("net.safetensors", net, {.metadata = {{"epoch", "3"}}});
///     nn::load("net.safetensors", net);
///     nn::save_file("arrays.npz", {{"x", tg::ones({2})}});

#include <map>
#include <string>

#include "nn/data/read_options.h"
#include "nn/module/state.h"

namespace tapegrad::nn {

/// @addtogroup files
/// Files of tensors. What is read is told by its content, what is written by the name's ending:
/// ".safetensors", ".npz" or ".npy". Names, shapes and element types are in the file; nothing in it
/// is executed. ".npy" holds one array, without a name: that is "" here.
///
/// Elements are read as they are, but that float16 and bfloat16 become `float32`, and integers
/// smaller than `int64`, or unsigned, `int64`. Memory is taken for what the file holds, not for
/// what it claims, and no more than `ReadOptions` allow. A file is written beside the one that is
/// there, flushed to the disk, and put in its place: an error leaves the old one as it was, and a
/// program that is killed leaves the old one or the new one, and at most one other, ".NAME.tmp",
/// that the next save takes. A file that may not be written to is not replaced. Of two that write
/// to one path at the same time the second fails.
///
/// What is not read is a `FileError` that names it: of safetensors other element types (floats of 8
/// bits); of NumPy complex numbers, texts, dates, structured arrays and objects; of PyTorch whole
/// modules, and any class or function but those of dense tensors, parameters and `OrderedDict`,
/// integers of more than 64 bits, and what it wrote before version 1.6 (2020); of zip archives
/// those that are encrypted, packed by anything but deflate, in several parts, or that hold
/// something else beside arrays; and tensors of more than 8 dimensions, and files that were packed
/// with gzip. Texts and None in a file of PyTorch's are left out, which `LoadReport` lists.
/// @{

/// How floating-point elements are written.
enum class Store {
  as_is,     ///< as the tensor has them
  float16,   ///< IEEE 754 binary16, rounded to the nearest, at most 65504
  bfloat16,  ///< the exponent of a float32, and 7 bits of its fraction, rounded to the nearest
};

/// Text that stands beside the tensors in a file.
using Metadata = std::map<std::string, std::string>;

/// What is written beside tensors, and how.
struct SaveOptions {
  Metadata metadata = {};      ///< read back by `load_metadata`
  Store dtype = Store::as_is;  ///< of floating-point elements; others are written as they are
};

/// Writes tensors under their names, in their order. Errors: `FileError` for a name without an
/// ending that is known, and when the file cannot be written; `ValueError` for a name that stands
/// for two tensors, is no UTF-8 or is "__metadata__", and for an undefined tensor; for metadata and
/// bfloat16, which NumPy does not have, for other than one tensor in ".npy", and for a number that
/// is too large for `options.dtype`.
void save_file(const std::string& path, const StateDict& tensors, const SaveOptions& options = {});

/// The tensors of a file, in the order of their places in it. Errors: `FileError`, with the place
/// and what was expected there, for a file of another kind, that is cut off, or contradicts itself,
/// for an element that does not fit its type, and for more than `options.max_bytes`; `ValueError`
/// where that is negative.
StateDict load_file(const std::string& path, const ReadOptions& options = {});

/// The text beside the tensors of a file. Errors: as `load_file`, for what it reads.
Metadata load_metadata(const std::string& path, const ReadOptions& options = {});

/// Writes the parameters and buffers of a model. A tensor that the model has under several names is
/// written under the first; the metadata maps the others to it, as Python's `save_model` does.
/// NumPy's files have it under each.
/// Errors: as `save_file`; `ValueError` where the metadata has such a name already.
void save(const std::string& path, ModuleRef model, const SaveOptions& options = {});

/// Reads a file into a model, as `load_state_dict` does. An array without a name is that of a model
/// that has one tensor. Errors: as `load_file` and
/// `load_state_dict`, whose text names the file; nothing has changed then.
LoadReport load(const std::string& path, ModuleRef model, const LoadOptions& options = {});

/// @}

}  // namespace tapegrad::nn
