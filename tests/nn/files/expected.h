#pragma once

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "autograd/autograd.h"

// What PyTorch 2.11, safetensors 0.8 and NumPy 2.5 wrote into tests/nn/files/data.

namespace expected {

inline std::string path_of(const std::string& name) {
  return std::string(TAPEGRAD_SOURCE_DIR) + "/tests/nn/files/data/" + name;
}

inline const nlohmann::json& all() {
  static const auto json = nlohmann::json::parse(std::ifstream(path_of("expected.json")));
  return json;
}

/// An array as the library has it once it is read: see `load_file`.
inline tapegrad::Tensor tensor_of(const nlohmann::json& array) {
  namespace tg = tapegrad;
  tg::Shape shape;
  for (const std::int64_t size : array["shape"]) shape.push_back(size);
  const std::string type = array["dtype"];
  const auto filled = [&]<class T>(T, tg::DType dtype) {
    tg::Tensor tensor = tg::empty(shape, dtype);
    tensor.write<T>([&](std::span<T> data) {
      std::size_t i = 0;
      for (const auto& value : array["values"]) {
        if (!value.is_string())
          data[i++] = value.get<T>();
        else if constexpr (std::is_floating_point_v<T>)
          data[i++] = static_cast<T>(std::stod(value.get<std::string>()));
      }
    });
    return tensor;
  };
  if (type == "bool") return filled(bool(), tg::boolean);
  if (type == "float64" || type == ">f8") return filled(double(), tg::float64);
  if (type == "float32" || type == "float16" || type == "bfloat16")
    return filled(float(), tg::float32);
  return filled(std::int64_t(), tg::int64);
}

/// The same bits, type and shape.
inline bool same(const tapegrad::Tensor& a, const tapegrad::Tensor& b) {
  namespace tg = tapegrad;
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  const auto bits = [&]<class T>(T) {
    const auto x = a.data<T>(), y = b.data<T>();
    return x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  };
  if (a.dtype() == tg::float32) {
    // Of NaN the sign and the rest do not matter.
    return tg::allclose(a, b, 0, 0, true) && tg::equal(tg::isnan(a), tg::isnan(b)) &&
           tg::equal(1 / tg::where(tg::isnan(a), 1, a), 1 / tg::where(tg::isnan(b), 1, b));
  }
  if (a.dtype() == tg::float64) return bits(double());
  return a.dtype() == tg::int64 ? bits(std::int64_t()) : bits(bool());
}

}  // namespace expected
