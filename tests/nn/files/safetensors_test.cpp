// Files in the format of safetensors: what others wrote, what we write, and what is refused.

#include <cstring>

#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/nn/files/expected.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

/// A file with this header and `bytes` zeros behind it.
std::string file_of(const std::string& header, std::size_t bytes) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(bytes, '\0');
}

std::string error_of(const std::string& content) {
  const TempFolder folder;
  const std::string path = folder.write("x.safetensors", content);
  try {
    nn::load_file(path);
  } catch (const tg::FileError& error) {
    return error.what();
  }
  return "";
}

/// The error of a header for one tensor of 8 bytes.
std::string error_of_header(const std::string& header) { return error_of(file_of(header, 8)); }

const Tensor& find(const nn::StateDict& state, const std::string& name) {
  for (const auto& [own, value] : state)
    if (own == name) return value;
  FAIL("no tensor " << name);
  return state[0].value;
}

struct Tied {
  nn::Linear first{2, 2}, second{2, 2};
  Tied() { second.weight = first.weight; }
  void visit(nn::Visitor& f) {
    f("first", first);
    f("second", second);
  }
};

}  // namespace

TEST_CASE("what the Python package wrote is read, whatever its element type", "[files]") {
  const nn::StateDict state = nn::load_file(expected::path_of("mixed.safetensors"));
  const auto& arrays = expected::all()["mixed"];
  CHECK(state.size() == arrays.size());
  for (const auto& [name, array] : arrays.items()) {
    INFO(name);
    CHECK(expected::same(find(state, name), expected::tensor_of(array)));
  }
  CHECK(nn::load_metadata(expected::path_of("mixed.safetensors")).empty());
}

TEST_CASE("a model of PyTorch's is loaded by its names and computes the same", "[files]") {
  const auto& json = expected::all()["mlp"];
  nn::Sequential net{nn::Linear(8, 16), nn::ReLU(), nn::Linear(16, 4)};
  const nn::LoadReport report = nn::load(expected::path_of("mlp.safetensors"), net);
  CHECK(report.missing.empty());
  CHECK(report.unexpected.empty());
  CHECK(report.converted.empty());
  CHECK(tg::allclose(net(expected::tensor_of(json["input"])), expected::tensor_of(json["logits"]),
                     1e-6, 1e-6));
}

TEST_CASE("what is written is read back to the same bits, names, order and metadata", "[files]") {
  const TempFolder folder;
  const std::string path = folder.file("x.safetensors");
  const nn::StateDict tensors = {{"b.weight", tg::randn({3, 5})},
                                 {"a", tg::randn({2, 2}, tg::float64)},
                                 {"", tg::tensor(std::vector<std::int64_t>{INT64_MIN, -1})},
                                 {"Gr\xc3\xb6\xc3\x9f\x65 \"x\"", tg::tensor({true, false, true})},
                                 {"number", tg::tensor(2.5)},
                                 {"nothing", tg::zeros({0, 4})},
                                 {"last", tg::tensor({-0.0f, INFINITY, NAN})}};
  nn::save_file(path, tensors, {.metadata = {{"epoch", "3"}, {"", "line\nline"}}});
  const nn::StateDict again = nn::load_file(path);
  REQUIRE(again.size() == tensors.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    INFO(tensors[i].name);
    CHECK(again[i].name == tensors[i].name);
    CHECK(expected::same(again[i].value, tensors[i].value));
  }
  CHECK(nn::load_metadata(path) == nn::Metadata{{"epoch", "3"}, {"", "line\nline"}});
  // What the format's own library asks of a file: JSON first, and elements at a multiple of 8.
  const std::string content = folder.read("x.safetensors");
  std::uint64_t length = 0;
  std::memcpy(&length, content.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(content[8] == '{');
}

TEST_CASE("floating-point elements are written as halves on demand", "[files]") {
  const TempFolder folder;
  const std::string path = folder.file("x.safetensors");
  nn::StateDict tensors = {{"x", tg::tensor({1.0f, 1.00048828125f, 65504.0f})},
                           {"d", tg::tensor({0.1}, tg::float64)},
                           {"i", tg::tensor({1, 2})}};
  nn::save_file(path, tensors, {.dtype = nn::Store::float16});
  nn::StateDict again = nn::load_file(path);
  CHECK(tg::equal(again[0].value, tg::tensor({1.0f, 1.0f, 65504.0f})));
  CHECK(again[1].value.dtype() == tg::float32);
  CHECK(again[1].value.item() == Approx(0.1).epsilon(1e-3));
  CHECK(tg::equal(again[2].value, tensors[2].value));
  nn::save_file(path, tensors, {.dtype = nn::Store::bfloat16});
  again = nn::load_file(path);
  CHECK(tg::equal(again[0].value, tg::tensor({1.0f, 1.0f, 65536.0f})));
  tensors[0].value = tg::tensor({1.0f, 70000.0f});
  CHECK_THROWS_WITH(nn::save_file(path, tensors, {.dtype = nn::Store::float16}),
                    "save_file: '" + path +
                        "', tensor 'x': element 1 is 70000, which float16 does not hold; use "
                        "bfloat16, or write it as it is");
  CHECK(nn::load_file(path).size() == 3);
}

TEST_CASE("a tied tensor is written once, and both of its names are read", "[files]") {
  const TempFolder folder;
  const std::string path = folder.file("tied.safetensors");
  Tied model, other;
  nn::save(path, model);
  CHECK(nn::load_file(path).size() == 3);
  CHECK(nn::load_metadata(path) == nn::Metadata{{"second.weight", "first.weight"}});
  CHECK(nn::load(path, other).missing.empty());
  CHECK(tg::equal(other.second.weight, model.first.weight));
  CHECK(other.second.weight.id() == other.first.weight.id());

  // As PyTorch writes them: under both names.
  nn::save_file(path, nn::state_dict(model));
  CHECK(nn::load_file(path).size() == 4);
  nn::load(path, other);
  nn::StateDict wrong = nn::state_dict(model);
  wrong[2].value.add_(1);
  nn::save_file(path, wrong);
  const Tensor before = other.first.weight.clone();
  CHECK_THROWS_AS(nn::load(path, other), tg::ValueError);
  CHECK_THROWS_WITH(nn::load(path, other),
                    ContainsSubstring("second.weight: one tensor with first.weight in the model"));
  CHECK(tg::equal(other.first.weight, before));

  CHECK_THROWS_AS(nn::save(path, model, {.metadata = {{"second.weight", "x"}}}), tg::ValueError);
}

TEST_CASE("names are changed while loading, and types that are converted are reported", "[files]") {
  const TempFolder folder;
  const std::string path = folder.file("x.safetensors");
  nn::Linear layer(2, 2);
  nn::save_file(path, {{"model.fc.weight", tg::ones({2, 2}, tg::float64)},
                       {"model.fc.bias", tg::ones(2)},
                       {"other", tg::ones(1)}});
  CHECK_THROWS_WITH(
      nn::load(path, layer, {.rename = {{"model.fc.", ""}}}),
      ContainsSubstring("other: not in the model") && ContainsSubstring("load: '" + path + "'"));
  const nn::LoadReport report =
      nn::load(path, layer, {.strict = false, .rename = {{"model.fc.", ""}}});
  CHECK(report.converted == std::vector<std::string>{"weight"});
  CHECK(report.unexpected == std::vector<std::string>{"other"});
  CHECK(tg::equal(layer.weight, tg::ones({2, 2})));
  CHECK(layer.weight.dtype() == tg::float32);
  CHECK(nn::load(path, layer, {.prefix = "model.fc"}).missing.empty());
}

TEST_CASE("what is no file of tensors is refused with where and what", "[files]") {
  const std::string good = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  CHECK(error_of_header(good).empty());
  CHECK_THAT(error_of(""), ContainsSubstring("is empty: it has 0 bytes"));
  CHECK_THAT(error_of(file_of(good, 7)),
             ContainsSubstring(
                 "the tensors have 8 bytes together, and the file has 7 for them: it is cut off"));
  CHECK_THAT(error_of(file_of(good, 9)), ContainsSubstring("the file has 9 for them"));
  std::string huge = file_of(good, 8);
  huge[6] = 1;
  CHECK_THAT(error_of(huge), ContainsSubstring("a header of 281474976710710 bytes, where 62"));
  const std::pair<const char*, const char*> cases[] = {
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "no JSON at byte"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x)", "no JSON at byte"},
      {R"({"x":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})",
       "elements of type 'F8_E4M3'"},
      {R"({"x":{"dtype":"F32","shape":[2]}})", "lacks dtype, shape or two data_offsets"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "lacks dtype, shape or two"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})", "more than 2 numbers"},
      {R"({"x":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}})",
       "has 'shape' where"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", "has 'more' where"},
      {R"({"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})", "more than 8"},
      {R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "from byte 0 to 8, but has 12"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "begins at byte 8"},
      {R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "found a negative number"},
      {R"({"x":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "found a fraction"},
      {R"({"x":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})", "found a list"},
      {R"({"x":{"dtype":"F32","shape":null,"data_offsets":[0,8]}})", "found null"},
      {R"({"x":[2]})", "found a list"},
      {R"([])", "is no file of a kind"},
      {R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})",
       "more elements than there are bytes"},
      {R"({"x":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}})",
       "more elements than there are bytes"},
      {R"({"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       "found a number"},
      {R"({"__metadata__":{"a":"1","a":"2"}})", "'a' twice in the metadata"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "the name 'x' twice"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "tensor 'y' begins at byte 0 of the elements, where 4 was expected"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("y":{"dtype":"I8","shape":[2],"data_offsets":[6,8]}})",
       "tensor 'y' begins at byte 6 of the elements, where 4 was expected"}};
  for (const auto& [header, text] : cases) {
    INFO(header);
    CHECK_THAT(error_of_header(header), ContainsSubstring(text));
  }
  CHECK_FALSE(error_of_header(std::string(100'000, '[')).empty());
  CHECK_FALSE(error_of_header("{\"x\":" + std::string(100'000, '{')).empty());
}

TEST_CASE("a file that is cut off anywhere is refused", "[files]") {
  const std::string whole = [] {
    const TempFolder folder;
    nn::save_file(folder.file("x.safetensors"), {{"a", tg::ones({3})}, {"b", tg::ones(2)}});
    return folder.read("x.safetensors");
  }();
  REQUIRE(error_of(whole).empty());
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(error_of(whole.substr(0, n)).empty());
}

TEST_CASE("what cannot be written is refused, and the old file stays", "[files]") {
  const TempFolder folder;
  const std::string path = folder.write("x.safetensors", "old");
  const Tensor x = tg::ones(1);
  CHECK_THROWS_WITH(nn::save_file(path, {{"x", x}, {"x", x}}),
                    ContainsSubstring("the name 'x' stands for two tensors"));
  CHECK_THROWS_WITH(nn::save_file(path, {{"__metadata__", x}}),
                    ContainsSubstring("no tensor may be called '__metadata__'"));
  CHECK_THROWS_WITH(nn::save_file(path, {{"x", Tensor()}}), ContainsSubstring("'x' is undefined"));
  CHECK_THROWS_WITH(nn::save_file(path, {{"\xff", x}}), ContainsSubstring("no UTF-8"));
  CHECK_THROWS_WITH(nn::save_file(folder.file("x.bin"), {{"x", x}}),
                    ContainsSubstring("its name ends in \".bin\"; use \".safetensors\""));
  CHECK_THROWS_AS(nn::save_file(folder.file("no/x.safetensors"), {{"x", x}}), tg::FileError);
  CHECK(folder.read("x.safetensors") == "old");
  CHECK_FALSE(std::filesystem::exists(folder.file("x.bin")));
}
