#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "autograd/tensor/visit_dtype.h"
#include "nn/data/csv/csv.h"
#include "tests/fuzz/fuzz.h"

// read_csv, on the input as it is, and packed. What stands before a line of two dashes are options,
// one a line: its name, a blank, and its value.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

using Options = nn::CsvOptions;

std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + end.size());
  return part;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

nn::CsvColumn column(std::string_view text) {
  std::int64_t place = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
  if (error == std::errc() && end == text.data() + text.size()) return place;
  return std::string(text);
}

tg::DType dtype(std::string_view text) {
  for (const tg::DType each : {tg::float64, tg::int64, tg::boolean})
    if (name(each) == text) return each;
  return tg::float32;
}

char character(std::string_view text) { return text.empty() ? '\0' : text[0]; }

// "species setosa|virginica": a column and the names of its classes.
nn::CsvClasses classes(std::string_view text) {
  const nn::CsvColumn of = column(take_until(text, " "));
  std::vector<std::string> names;
  while (!text.empty()) names.emplace_back(take_until(text, "|"));
  return {of, names};
}

void set(Options& options, std::string_view name, std::string_view value) {
  using Setter = std::function<void(Options&, std::string_view)>;
  static const std::map<std::string_view, Setter> setters = {
      {"delimiter", [](auto& o, auto v) { o.delimiter = character(v); }},
      {"decimal", [](auto& o, auto v) { o.decimal = character(v); }},
      {"quotechar", [](auto& o, auto v) { o.quotechar = character(v); }},
      {"comment", [](auto& o, auto v) { o.comment = character(v); }},
      {"header",
       [](auto& o, auto v) { o.header = v == "yes" ? Options::Header::yes : Options::Header::no; }},
      {"text", [](auto& o,
                  auto v) { o.text = v == "drop" ? Options::Text::drop : Options::Text::classes; }},
      {"dtype", [](auto& o, auto v) { o.dtype = dtype(v); }},
      {"skiprows", [](auto& o, auto v) { o.skiprows = number(v); }},
      {"usecols", [](auto& o, auto v) { o.usecols.push_back(column(v)); }},
      {"drop", [](auto& o, auto v) { o.drop.push_back(column(v)); }},
      {"target", [](auto& o, auto v) { o.target = column(v); }},
      {"classes", [](auto& o, auto v) { o.classes.push_back(classes(v)); }},
      {"na_values", [](auto& o, auto v) { o.na_values.emplace_back(v); }},
  };
  if (const auto setter = setters.find(name); setter != setters.end())
    setter->second(options, value);
}

std::string_view bytes_of(const tg::Tensor& tensor) {
  return tg::visit_dtype(tensor.dtype(), [&]<class T>(T) {
    const std::span<const T> data = tensor.data<T>();
    return std::string_view(reinterpret_cast<const char*>(data.data()), data.size_bytes());
  });
}

std::string read(const std::string& path, const Options& options) {
  const nn::CsvTable table = nn::read_csv(path, options);
  const std::int64_t rows = table.values.size(0), columns = table.values.size(1);
  fuzz::expect(rows > 0 && columns > 0, "a table");
  fuzz::expect(table.columns.empty() || std::ssize(table.columns) == columns, "names of columns");
  fuzz::expect(std::ssize(table.classes) == columns, "classes of columns");
  fuzz::expect(table.target.defined() == options.target.has_value(), "a target");
  std::string answer(bytes_of(table.values));
  if (!table.target.defined()) return answer;
  fuzz::expect(table.target.shape() == tg::Shape(rows), "as many targets as rows");
  if (!table.target_classes.empty())
    for (const std::int64_t place : table.target.data<std::int64_t>())
      fuzz::expect(place >= 0 && place < std::ssize(table.target_classes), "a class");
  return answer.append(bytes_of(table.target));
}

std::string answer(std::string_view content, const Options& options) {
  static const fuzz::MemoryFile file;
  file.write(content);
  return fuzz::answer_of<tg::FileError, tg::ValueError, tg::DTypeError>(
      "read_csv: ", [&] { return read(file.path(), options); });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kBetween = "--\n";
  std::string_view content(reinterpret_cast<const char*>(data), size);
  Options options;
  if (content.find(kBetween) != content.npos) {
    for (std::string_view head = take_until(content, kBetween); !head.empty();) {
      std::string_view line = take_until(head, "\n");
      const std::string_view name = take_until(line, " ");
      set(options, name, line);
    }
  }
  const std::string plain = answer(content, options);
  if (fuzz::is_packed(content)) return 0;
  const std::string packed = answer(fuzz::packed(content), options);
  fuzz::expect(plain == packed, "the same from a packed file", packed);
  return 0;
}
