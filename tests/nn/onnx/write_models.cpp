// Writes models, and what they are called with and give, for runtime.cjs to compare.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/nn/onnx/models.h"

using namespace onnx_models;

namespace {

/// Appends the elements to a file, and says where they are.
nlohmann::json written(const Tensor& tensor, std::ofstream& data) {
  const auto offset = static_cast<std::int64_t>(data.tellp());
  tg::visit_dtype(tensor.dtype(), [&]<class T>(T) {
    const auto elements = tensor.data<T>();
    data.write(reinterpret_cast<const char*>(elements.data()),
               static_cast<std::streamsize>(elements.size_bytes()));
  });
  return {{"type", tg::name(tensor.dtype())},
          {"dims", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())},
          {"offset", offset}};
}

nlohmann::json written(const Tensors& tensors, std::ofstream& data) {
  nlohmann::json list = nlohmann::json::array();
  for (const Tensor& tensor : tensors) list.push_back(written(tensor, data));
  return list;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  std::filesystem::create_directories(folder);
  std::ofstream data(folder / "data.bin", std::ios::binary);
  nlohmann::json index = nlohmann::json::array();
  int failed = 0;
  for (const auto& models : {networks(), functions(), operators()}) {
    for (const Model& model : models) {
      const std::string file = std::to_string(index.size()) + ".onnx";
      if (refusal_of(model.name) != kNothing) continue;
      try {
        model.save((folder / file).string());
      } catch (const tg::Error& error) {
        std::fprintf(stderr, "%s: %s\n", model.name.c_str(), error.what());
        ++failed;
        continue;
      }
      nlohmann::json calls = nlohmann::json::array();
      for (const Tensors& inputs : model.calls)
        calls.push_back(
            {{"inputs", written(inputs, data)}, {"outputs", written(model.run(inputs), data)}});
      index.push_back({{"name", model.name}, {"file", file}, {"calls", calls}});
    }
  }
  std::ofstream(folder / "models.json") << index.dump(1);
  std::printf("%zu models, %d that cannot be written\n", index.size(), failed);
  return failed == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
