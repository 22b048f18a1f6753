#include "nn/files/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "nn/data/shown_text.h"
#include "nn/files/elements.h"

namespace tapegrad::nn::detail {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMetadata = "__metadata__";
/// As in the format's own library: a header of 100 MB.
constexpr std::uint64_t kMostJson = 100'000'000;

struct SafetensorsName {
  const char* text;
  Stored stored;
};
constexpr SafetensorsName kSafetensorsNames[] = {
    {"F64", Stored::float64},   {"F32", Stored::float32}, {"F16", Stored::float16},
    {"BF16", Stored::bfloat16}, {"I64", Stored::int64},   {"I32", Stored::int32},
    {"I16", Stored::int16},     {"I8", Stored::int8},     {"U64", Stored::uint64},
    {"U32", Stored::uint32},    {"U16", Stored::uint16},  {"U8", Stored::uint8},
    {"BOOL", Stored::boolean}};

const char* name_of(Stored stored) {
  return std::find_if(std::begin(kSafetensorsNames), std::end(kSafetensorsNames),
                      [&](const SafetensorsName& name) { return name.stored == stored; })
      ->text;
}

/// One tensor, as the header has it.
struct Entry {
  std::string name;
  Stored stored{};
  std::vector<std::uint64_t> shape, offsets;
  bool has_type = false, has_shape = false, has_offsets = false;
  std::size_t place = 0;
};

/// Takes the header as it is parsed, without a tree: what is not expected is an error at once, so
/// that neither depth nor size of a header cost anything.
class SafetensorsHeader : public nlohmann::json_sax<Json> {
 public:
  explicit SafetensorsHeader(std::string where) : where_(std::move(where)) {}

  std::vector<Entry> entries;
  Metadata metadata;

  bool start_object(std::size_t) override {
    if (place_ == Place::before)
      place_ = Place::top;
    else if (place_ == Place::tensor_next)
      place_ = Place::tensor;
    else if (place_ == Place::metadata_next)
      place_ = Place::metadata;
    else
      refuse("an object");
    return true;
  }
  bool key(string_t& text) override {
    if (place_ == Place::top) {
      if (!names_.insert(text).second)
        fail<FileError>("{}: the name '{}' twice", where_, shown_name(text));
      if (text == kMetadata) {
        place_ = Place::metadata_next;
      } else {
        entries.emplace_back().name = text;
        place_ = Place::tensor_next;
      }
    } else if (place_ == Place::metadata) {
      if (!metadata.emplace(text, "").second)
        fail<FileError>("{}: '{}' twice in the metadata", where_, shown_name(text));
      key_ = text;
    } else {
      key_ = text;
      if (text == "dtype" && !entry().has_type)
        place_ = Place::dtype;
      else if (text == "shape" && !entry().has_shape)
        place_ = Place::shape_next;
      else if (text == "data_offsets" && !entry().has_offsets)
        place_ = Place::offsets_next;
      else
        fail<FileError>(
            "{}: tensor '{}' has '{}' where one each of dtype, shape and data_offsets "
            "was expected",
            where_, shown_name(entry().name), shown_name(text));
    }
    return true;
  }
  bool string(string_t& text) override {
    if (place_ == Place::metadata) {
      metadata[key_] = text;
    } else if (place_ == Place::dtype) {
      const auto* found =
          std::find_if(std::begin(kSafetensorsNames), std::end(kSafetensorsNames),
                       [&](const SafetensorsName& name) { return text == name.text; });
      if (found == std::end(kSafetensorsNames))
        fail<FileError>("{}: tensor '{}' has elements of type '{}', which are not read", where_,
                        shown_name(entry().name), shown_name(text));
      entry().stored = found->stored;
      entry().has_type = true;
      place_ = Place::tensor;
    } else {
      refuse("a text");
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (place_ == Place::shape_next) {
      entry().has_shape = true;
      place_ = Place::shape;
    } else if (place_ == Place::offsets_next) {
      entry().has_offsets = true;
      place_ = Place::offsets;
    } else {
      refuse("a list");
    }
    return true;
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (place_ != Place::shape && place_ != Place::offsets) refuse("a number");
    auto& list = place_ == Place::shape ? entry().shape : entry().offsets;
    const std::size_t most = place_ == Place::shape ? kMaxRank : 2;
    if (list.size() == most)
      fail<FileError>("{}: tensor '{}' has more than {} numbers in '{}'", where_,
                      shown_name(entry().name), most, key_);
    list.push_back(number);
    return true;
  }
  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::tensor &&
        (!entry().has_type || !entry().has_shape || entry().offsets.size() != 2))
      fail<FileError>("{}: tensor '{}' lacks dtype, shape or two data_offsets", where_,
                      shown_name(entry().name));
    place_ = place_ == Place::top ? Place::after : Place::top;
    return true;
  }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a truth value"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    fail<FileError>("{}: no JSON at byte {} of it: {}", where_, position, error.what());
  }

 private:
  enum class Place {
    before,
    top,
    metadata_next,
    metadata,
    tensor_next,
    tensor,
    dtype,
    shape_next,
    shape,
    offsets_next,
    offsets,
    after
  };

  Entry& entry() { return entries.back(); }
  bool refuse(const char* found) const {
    const std::string inside =
        entries.empty() ? "" : " in or after '" + shown_name(entries.back().name) + "'";
    fail<FileError>("{}: found {}{}, where it does not belong", where_, found, inside);
  }

  std::string where_, key_;
  Place place_ = Place::before;
  std::set<std::string> names_;
};

}  // namespace

bool begins_safetensors(std::string_view start) noexcept {
  return start.size() >= 9 && start[8] == '{';
}

TensorFile read_safetensors(Source& source, bool with_tensors) {
  const std::string start = source.where();
  const auto length = source.value<std::uint64_t>();
  if (length > kMostJson || length > source.left())
    fail<FileError>("{}: a header of {} bytes, where {} are left and at most {} are allowed{}",
                    start, length, source.left(), kMostJson,
                    length > kMostJson ? "" : ": it is cut off");
  const std::string where = source.where() + ", the header";
  const std::string header = source.text(length);
  SafetensorsHeader reader(where);
  Json::sax_parse(header, &reader);

  TensorFile result;
  result.metadata = std::move(reader.metadata);
  std::vector<Entry>& entries = reader.entries;
  // Empty ones stay in the order of the header.
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].place = i;
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::tie(a.offsets, a.place) < std::tie(b.offsets, b.place);
  });
  // All is checked before the first tensor is made.
  std::uint64_t next = 0;
  for (const Entry& entry : entries) {
    const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
    if (begin != next)
      fail<FileError>(
          "{}: tensor '{}' begins at byte {} of the elements, where {} was expected: "
          "tensors neither overlap nor leave gaps",
          where, shown_name(entry.name), begin, next);
    const std::optional<std::uint64_t> size = bytes_of(entry.stored, entry.shape);
    if (!size)
      fail<FileError>("{}: tensor '{}' has more elements than there are bytes", where,
                      shown_name(entry.name));
    if (end < begin || end - begin != size)
      fail<FileError>("{}: tensor '{}' reaches from byte {} to {}, but has {} bytes", where,
                      shown_name(entry.name), begin, end, *size);
    next = end;
  }
  if (next != source.left())
    fail<FileError>("{}: the tensors have {} bytes together, and the file has {} for them{}", where,
                    next, source.left(), next > source.left() ? ": it is cut off" : "");
  if (!with_tensors) return result;
  for (const Entry& entry : entries) {
    Shape shape;
    for (const std::uint64_t size : entry.shape) shape.push_back(static_cast<std::int64_t>(size));
    const std::string place =
        fmt::format("{}, tensor '{}'", source.where(), shown_name(entry.name));
    result.tensors.push_back({entry.name, read_elements({entry.stored}, shape, source, place)});
  }
  return result;
}

void write_safetensors(std::string_view writer, const std::string& path, const StateDict& tensors,
                       const SaveOptions& options) {
  // Put together as text: a tree of Json ends a program that has no memory left.
  std::string text = "{";
  const auto quoted = [&](const std::string& each) {
    try {
      return Json(each).dump();
    } catch (const Json::type_error&) {
      fail<ValueError>("{}: '{}': a name, or the metadata, is no UTF-8", writer, path);
    }
  };
  if (!options.metadata.empty()) {
    text += fmt::format("\"{}\":", kMetadata);
    for (char before = '{'; const auto& [key, value] : options.metadata)
      text += std::exchange(before, ',') + quoted(key) + ':' + quoted(value);
    text += '}';
  }
  std::vector<StoredElements> elements;
  elements.reserve(tensors.size());  // what `parts` shows stays where it is
  std::vector<std::string_view> parts{{}, {}};
  std::set<std::string_view> names;
  std::uint64_t end = 0;
  for (const auto& [name, value] : tensors) {
    if (name == kMetadata)
      fail<ValueError>("{}: '{}': no tensor may be called '{}'; that is the place of metadata",
                       writer, path, name);
    if (!names.insert(name).second)
      fail<ValueError>("{}: '{}': the name '{}' stands for two tensors", writer, path, name);
    if (!value.defined())
      fail<ValueError>("{}: '{}': the tensor '{}' is undefined", writer, path, name);
    const std::string where = fmt::format("{}: '{}', tensor '{}'", writer, path, name);
    const std::string_view bytes = elements.emplace_back(value, options.dtype, where).bytes();
    const std::uint64_t begin = std::exchange(end, end + bytes.size());
    text += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                        text.size() > 1 ? "," : "", quoted(name), name_of(elements.back().stored()),
                        fmt::join(value.shape().begin(), value.shape().end(), ","), begin, end);
    parts.push_back(bytes);
  }
  text += '}';
  if (text.size() > kMostJson - 8)
    fail<ValueError>("{}: '{}': names and metadata of {} bytes, where at most {} are read again",
                     writer, path, text.size(), kMostJson);
  // So that elements lie where a program that maps the file can use them.
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  parts[0] = {reinterpret_cast<const char*>(&length), sizeof length};
  parts[1] = text;
  write_file(writer, path, parts);
}

}  // namespace tapegrad::nn::detail
