#include "nn/files/npy.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "nn/data/shown_text.h"

namespace tapegrad::nn::detail {

namespace {

constexpr std::string_view kNpyMagic("\x93NUMPY", 6);
/// As in NumPy, but that it has to be asked for more than 10,000 there.
constexpr std::uint32_t kMostNpyHeader = 1 << 16;

struct NpyName {
  std::string_view text;  // without the order of bytes
  Stored stored;
};
constexpr NpyName kNpyNames[] = {
    {"f8", Stored::float64}, {"f4", Stored::float32}, {"f2", Stored::float16},
    {"i8", Stored::int64},   {"i4", Stored::int32},   {"i2", Stored::int16},
    {"i1", Stored::int8},    {"u8", Stored::uint64},  {"u4", Stored::uint32},
    {"u2", Stored::uint16},  {"u1", Stored::uint8},   {"b1", Stored::boolean}};

struct NpyHeader {
  std::optional<std::string> type;
  std::optional<bool> fortran;
  std::optional<std::vector<std::uint64_t>> shape;
};

/// Reads the literal of Python that a header is: one dictionary of a text, a truth value and a
/// tuple.
class NpyHeaderReader {
 public:
  NpyHeaderReader(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  NpyHeader read() {
    NpyHeader header;
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !header.type)
        header.type = type();
      else if (key == "fortran_order" && !header.fortran)
        header.fortran = truth();
      else if (key == "shape" && !header.shape)
        header.shape = tuple();
      else
        fail<FileError>(
            "{}: '{}' in the header, where one each of descr, fortran_order and shape "
            "was expected",
            where_, shown_name(key));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != text_.size()) refuse("the end");
    if (!header.type || !header.fortran || !header.shape)
      fail<FileError>("{}: the header lacks descr, fortran_order or shape", where_);
    return header;
  }

 private:
  [[noreturn]] void refuse(std::string_view wanted) const {
    fail<FileError>("{}: expected {} at byte {} of the header, found '{}'", where_, wanted, at_,
                    shown_text(text_.substr(std::min(at_, text_.size()), 20)));
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) refuse(std::string_view(&wanted, 1));
  }
  std::string string() {
    const char quote = take('"') ? '"' : '\'';
    if (quote == '\'') expect(quote);
    const std::size_t end = text_.find(quote, at_);
    if (end == text_.npos) refuse("the end of a text");
    const std::string_view found = text_.substr(at_, end - at_);
    if (found.find('\\') != found.npos) refuse("a text without escapes");
    at_ = end + 1;
    return std::string(found);
  }
  std::string type() {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '[')
      fail<FileError>("{}: a structured array; save its fields as arrays of their own", where_);
    return string();
  }
  bool truth() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return word == "True";
    }
    refuse("True or False");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> sizes;
    expect('(');
    while (!take(')')) {
      skip_blanks();
      std::uint64_t size = 0;
      const auto [end, error] =
          std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc()) refuse("a size");
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote it
      if (sizes.size() == kMaxRank)
        fail<FileError>("{}: the array has more than {} dimensions", where_, kMaxRank);
      sizes.push_back(size);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view text_, where_;
  std::size_t at_ = 0;
};

Layout layout_of(const std::string& type, std::string_view where) {
  const char order = type.empty() ? '\0' : type[0];
  const bool ordered =
      order != '\0' && std::string_view("<>=|").find(order) != std::string_view::npos;
  const std::string_view kind = std::string_view(type).substr(ordered ? 1 : 0);
  for (const NpyName& name : kNpyNames)
    if (kind == name.text) return {name.stored, order == '>'};
  if (kind.starts_with('O'))
    fail<FileError>(
        "{}: elements of type '{}' are objects of Python, which are programs; save the array with "
        "a type of numbers",
        where, shown_name(type));
  fail<FileError>("{}: elements of type '{}' are not read; save the array as a type of numbers",
                  where, shown_name(type));
}

}  // namespace

bool begins_npy(std::string_view start) noexcept { return start.starts_with(kNpyMagic); }

Tensor read_npy(Source& source) {
  const std::string begin = source.where();
  if (source.left() < 10 || source.text(kNpyMagic.size()) != kNpyMagic)
    fail<FileError>("{}: expected an array of NumPy's", begin);
  const auto version = source.value<std::uint8_t>();
  source.value<std::uint8_t>();
  if (version < 1 || version > 3)
    fail<FileError>("{}: version {} of the format, where 1 to 3 are known", begin, version);
  const std::uint32_t length =
      version == 1 ? source.value<std::uint16_t>() : source.value<std::uint32_t>();
  const std::string where = source.where();
  if (length > source.left() || length > kMostNpyHeader)
    fail<FileError>("{}: a header of {} bytes, where {} are left and at most {} are allowed", where,
                    length, source.left(), kMostNpyHeader);
  const std::string text = source.text(length);
  const NpyHeader header = NpyHeaderReader(text, where).read();
  const Layout layout = layout_of(*header.type, where);
  const std::optional<std::uint64_t> bytes = bytes_of(layout.stored, *header.shape);
  if (!bytes) fail<FileError>("{}: the array has more elements than there are bytes", where);
  Shape shape;
  for (const std::uint64_t n : *header.shape) shape.push_back(static_cast<std::int64_t>(n));
  if (bytes != source.left())
    fail<FileError>("{}: an array of shape {} and type '{}' has {} bytes, and {} are left", where,
                    shape, *header.type, *bytes, source.left());
  if (!*header.fortran || shape.rank() < 2) return read_elements(layout, shape, source, where);
  // The first dimension moves fastest: the transpose of what it is here.
  Shape reversed;
  Dims order;
  for (int d = shape.rank(); d-- > 0;) {
    reversed.push_back(shape[d]);
    order.push_back(d);
  }
  const NoGrad no_grad;
  return permute(read_elements(layout, reversed, source, where), order);
}

std::string npy_header(const Shape& shape, Stored stored) {
  std::string sizes;
  for (const std::int64_t size : shape) sizes += fmt::format("{}, ", size);
  if (shape.rank() > 1) sizes.resize(sizes.size() - 2);
  if (shape.rank() == 1) sizes.resize(sizes.size() - 1);
  const NpyName* name = std::find_if(std::begin(kNpyNames), std::end(kNpyNames),
                                     [&](const NpyName& known) { return known.stored == stored; });
  std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                   size_of(stored) == 1 ? '|' : '<', name->text, sizes);
  // The elements begin at a multiple of 64, after a line's end.
  const std::size_t before = kNpyMagic.size() + 4;
  header.resize((before + header.size() + 1 + 63) / 64 * 64 - before - 1, ' ');
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  std::string result(kNpyMagic);
  result += {'\1', '\0', static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  return result + header;
}

}  // namespace tapegrad::nn::detail
