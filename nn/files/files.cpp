#include "nn/files/files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/tensor/require.h"
#include "nn/data/shown_text.h"
#include "nn/files/elements.h"
#include "nn/files/npy.h"
#include "nn/files/pytorch.h"
#include "nn/files/safetensors.h"
#include "nn/files/zip.h"

namespace tapegrad::nn {

namespace {

using detail::TensorFile;

constexpr std::string_view kNpy = ".npy", kSafetensors = ".safetensors";

/// The arrays of an archive of NumPy's.
TensorFile read_npz(detail::ZipReader& archive, const std::string& where) {
  TensorFile result;
  for (const detail::ZipReader::Member& member : archive.members()) {
    if (!member.name.ends_with(kNpy))
      fail<FileError>("{}: the archive has '{}', which is no array: a name that ends in \".npy\"",
                      where, detail::shown_name(member.name));
    const auto content = archive.open(member);
    const std::string name = member.name.substr(0, member.name.size() - kNpy.size());
    result.tensors.push_back({name, detail::read_npy(*content)});
  }
  return result;
}

TensorFile read(std::string_view reader, const std::string& path, bool with_tensors,
                const ReadOptions& options) {
  detail::InputFile file(reader, path, options);
  if (file.compressed())
    fail<FileError>("{}: '{}' is compressed with gzip; unpack it with gunzip", reader, path);
  const std::string start = file.peek(16);
  if (start.empty()) fail<FileError>("{}: '{}' is empty: it has 0 bytes", reader, path);
  detail::FileSource source(file);
  if (detail::begins_npy(start)) return {{{"", detail::read_npy(source)}}, {}, {}};
  if (detail::begins_zip(start)) {
    const std::string where = fmt::format("{}: '{}'", reader, path);
    detail::ZipReader archive(file, where);
    return detail::is_pytorch(archive) ? detail::read_pytorch(archive, where)
                                       : read_npz(archive, where);
  }
  if (start.starts_with("\x80\2\x8a\nl\xfc\x9c\x46\xf9"))
    fail<FileError>(
        "{}: '{}' is in the format that PyTorch wrote before 2020; load it there, and write it "
        "again: torch.save(torch.load(path), path)",
        reader, path);
  if (detail::begins_safetensors(start)) return detail::read_safetensors(source, with_tensors);
  fail<FileError>(
      "{}: '{}' is no file of a kind that is read: .safetensors, .pt of a state dict, .npz, .npy",
      reader, path);
}

/// An array of NumPy's, in the form in which it is written.
class Array {
 public:
  Array(std::string_view writer, const std::string& path, const Parameter& entry, Store store) {
    const auto& [name, value] = entry;
    if (!value.defined())
      fail<ValueError>("{}: '{}': the tensor '{}' is undefined", writer, path, name);
    if (store == Store::bfloat16)
      fail<ValueError>("{}: '{}': NumPy has no bfloat16; use float16, or \".safetensors\"", writer,
                       path);
    bytes_ = detail::StoredElements(value, store,
                                    fmt::format("{}: '{}', tensor '{}'", writer, path, name));
    header_ = detail::npy_header(value.shape(), bytes_.stored());
  }
  std::vector<std::string_view> parts() const { return {header_, bytes_.bytes()}; }

 private:
  std::string header_;
  detail::StoredElements bytes_;
};

void refuse_metadata(std::string_view writer, const std::string& path, const Metadata& metadata) {
  if (!metadata.empty())
    fail<ValueError>(
        "{}: '{}': NumPy's files have no place for metadata ('{}'); use "
        "\".safetensors\"",
        writer, path, metadata.begin()->first);
}

void write_npy(std::string_view writer, const std::string& path, const StateDict& tensors,
               const SaveOptions& options) {
  if (tensors.size() != 1)
    fail<ValueError>("{}: '{}' holds one tensor, not {}; use \".npz\"", writer, path,
                     tensors.size());
  refuse_metadata(writer, path, options.metadata);
  detail::write_file(writer, path, Array(writer, path, tensors[0], options.dtype).parts());
}

void write_npz(std::string_view writer, const std::string& path, const StateDict& tensors,
               const SaveOptions& options) {
  refuse_metadata(writer, path, options.metadata);
  std::vector<Array> arrays;
  std::vector<detail::ZipPart> parts;
  std::set<std::string_view> names;
  for (const Parameter& entry : tensors) {
    if (!names.insert(entry.name).second)
      fail<ValueError>("{}: '{}': the name '{}' stands for two tensors", writer, path, entry.name);
    // An archive has 16 bits for the length of a name, and what writes it takes it as C does.
    if (entry.name.size() > 65'000 || entry.name.find('\0') != std::string::npos)
      fail<ValueError>("{}: '{}': the name '{}' has a zero byte, or more than 65000 bytes", writer,
                       path, detail::shown_name(entry.name));
    arrays.emplace_back(writer, path, entry, options.dtype);
  }
  for (std::size_t i = 0; i < arrays.size(); ++i)
    parts.push_back({tensors[i].name + std::string(kNpy), arrays[i].parts()});
  detail::write_zip(writer, path, parts);
}

void write(std::string_view writer, const std::string& path, const StateDict& tensors,
           const SaveOptions& options) {
  static constexpr std::pair<std::string_view, decltype(&write_npy)> formats[] = {
      {kSafetensors, detail::write_safetensors}, {".npz", write_npz}, {kNpy, write_npy}};
  const std::string ending = std::filesystem::path(path).extension().string();
  for (const auto& [name, format] : formats)
    if (ending == name) return format(writer, path, tensors, options);
  fail<FileError>(
      "{}: cannot write '{}': its name ends in {}; use \".safetensors\", \".npz\" or \".npy\"",
      writer, path, ending.empty() ? "nothing that names a format" : '"' + ending + '"');
}

}  // namespace

void save_file(const std::string& path, const StateDict& tensors, const SaveOptions& options) try {
  write("save_file", path, tensors, options);
} catch (...) {
  tapegrad::detail::rethrow_for("save_file");
}

StateDict load_file(const std::string& path, const ReadOptions& options) try {
  return read("load_file", path, true, options).tensors;
} catch (...) {
  tapegrad::detail::rethrow_for("load_file");
}

Metadata load_metadata(const std::string& path, const ReadOptions& options) try {
  return read("load_metadata", path, false, options).metadata;
} catch (...) {
  tapegrad::detail::rethrow_for("load_metadata");
}

void save(const std::string& path, ModuleRef model, const SaveOptions& options) try {
  detail::ModelContent content = detail::content_of(model);
  SaveOptions with = options;
  // Where there is no place for other names, each has the tensor.
  if (!path.ends_with(kSafetensors)) {
    for (const auto& [name, first] : content.tied) {
      const auto of = std::ranges::find(content.tensors, first, &Parameter::name);
      content.tensors.push_back({name, of->value});
    }
    content.tied.clear();
  }
  for (const auto& [name, first] : content.tied) {
    if (!with.metadata.emplace(name, first).second)
      fail<ValueError>(
          "save: '{}': the metadata has '{}', which is a tensor's name in the model; the place says "
          "that it is the tensor '{}'",
          path, name, first);
  }
  write("save", path, content.tensors, with);
} catch (...) {
  tapegrad::detail::rethrow_for("save");
}

LoadReport load(const std::string& path, ModuleRef model, const LoadOptions& options) try {
  detail::TensorFile file = read("load", path, true, {.max_bytes = options.max_bytes});
  // An array without a name is that of a model that has one tensor.
  if (file.tensors.size() == 1 && file.tensors[0].name.empty()) {
    const detail::ModelContent content = detail::content_of(model);
    if (content.tensors.size() == 1 && options.prefix.empty())
      file.tensors[0].name = content.tensors[0].name;
  }
  auto [report, commit] =
      detail::prepare_load("load: '" + path + "'", model, file.tensors, options);
  commit();
  report.left_out = file.left_out;
  return report;
} catch (...) {
  tapegrad::detail::rethrow_for("load");
}

}  // namespace tapegrad::nn
