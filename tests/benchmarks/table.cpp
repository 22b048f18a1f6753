#include "tests/benchmarks/table.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace bench {

namespace {

std::string three_digits(double value) {
  if (value == 0) return "0";
  const int before = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  return fmt::format("{:.{}f}", value, before >= 3 ? 0 : before <= 0 ? 3 : 3 - before);
}

std::string amount(double value, Unit unit) {
  struct Scale {
    double least, factor;
    std::string_view name;
  };
  static constexpr Scale kTimes[] = {
      {1, 1, "s"}, {1e-3, 1e3, "ms"}, {1e-6, 1e6, "us"}, {0, 1e9, "ns"}};
  static constexpr Scale kBytes[] = {{1e6, 1e-6, "MB"}, {1e3, 1e-3, "kB"}, {0, 1, "B"}};
  const auto scaled = [&](const auto& scales) {
    for (const Scale& scale : scales)
      if (std::abs(value) >= scale.least || scale.least == 0)
        return three_digits(value * scale.factor) + " " + std::string(scale.name);
    return std::string();
  };
  if (unit == Unit::count) return three_digits(value);
  return unit == Unit::seconds ? scaled(kTimes) : scaled(kBytes);
}

std::string text_of(const std::optional<Figure>& figure, Unit unit) {
  if (!figure) return "";
  const std::string text = amount(figure->median, unit);
  return figure->spread > 0 ? fmt::format("{} ±{:.0f} %", text, 50 * figure->spread) : text;
}

std::optional<double> quotient(const std::optional<Figure>& a, const std::optional<Figure>& b) {
  if (!a || !b || b->median == 0) return {};
  return a->median / b->median;
}

void print_line(std::string_view name, std::string_view ours, std::string_view torch,
                std::string_view ratio, std::string_view bound, std::string_view share) {
  fmt::print("| {:<58} | {:>15} | {:>15} | {:>6} | {:>15} | {:>6} |\n", name, ours, torch, ratio,
             bound, share);
  std::fflush(stdout);
}

}  // namespace

void Table::add(const Row& row) {
  if (rows_.empty()) {
    fmt::print("{}\n\n", title_);
    print_line("case", "ours", "libtorch", "ratio", "bound", "share");
    fmt::print("|{:-<60}|{:->16}:|{:->16}:|{:->7}:|{:->16}:|{:->7}:|\n", "", "", "", "", "", "");
  }
  rows_.push_back(row);
  const Figures& f = row.figures;
  const auto ratio = quotient(f.torch, f.ours), share = quotient(f.bound, f.ours);
  print_line(row.name, text_of(f.ours, row.unit), text_of(f.torch, row.unit),
             ratio ? three_digits(*ratio) : "", text_of(f.bound, row.unit),
             share ? fmt::format("{:.0f} %", 100 * *share) : "");
}

void Table::write_json(const std::string& file) const {
  using nlohmann::json;
  static constexpr const char* kUnits[] = {"seconds", "bytes", "count"};
  json list = json::array();
  for (const Row& row : rows_) {
    json entry{{"case", row.name}, {"unit", kUnits[static_cast<int>(row.unit)]}};
    const auto put = [&](const char* name, const std::optional<Figure>& figure) {
      if (figure) entry[name] = {{"median", figure->median}, {"spread", figure->spread}};
    };
    put("ours", row.figures.ours);
    put("libtorch", row.figures.torch);
    put("bound", row.figures.bound);
    if (const auto ratio = quotient(row.figures.torch, row.figures.ours)) entry["ratio"] = *ratio;
    if (const auto share = quotient(row.figures.bound, row.figures.ours)) entry["share"] = *share;
    list.push_back(std::move(entry));
  }
  std::ofstream out(file);
  out << json{{"title", title_}, {"cases", list}}.dump(1) << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

}  // namespace bench
