// Files of NumPy: what it wrote, what we write, and what is refused.

#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/nn/files/expected.h"
#include "tests/nn/files/have.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

/// An array with this header and `bytes` zeros behind it.
std::string array_of(const std::string& header, std::size_t bytes) {
  std::string file("\x93NUMPY\1\0", 8);
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  return file + header + std::string(bytes, '\0');
}

std::string error_of(const std::string& content) {
  const TempFolder folder;
  try {
    nn::load_file(folder.write("file", content));
  } catch (const tg::FileError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("arrays that NumPy wrote are read: versions, orders, types", "[files]") {
  const auto& arrays = expected::all()["arrays"];
  for (const char* name : {"c", "fortran", "big", "i32"}) {
    INFO(name);
    const nn::StateDict state = nn::load_file(expected::path_of(std::string(name) + ".npy"));
    REQUIRE(state.size() == 1);
    CHECK(state[0].name.empty());
    CHECK(expected::same(state[0].value, expected::tensor_of(arrays[name])));
  }
  CHECK(expected::same(nn::load_file(expected::path_of("version2.npy"))[0].value,
                       expected::tensor_of(arrays["c"])));
  for (const char* file : {"arrays.npz", "compressed.npz"}) {
    if (!have_zip()) break;
    const nn::StateDict state = nn::load_file(expected::path_of(file));
    CHECK(state.size() == arrays.size());
    for (const auto& [name, value] : state) {
      INFO(file << " " << name);
      CHECK(expected::same(value, expected::tensor_of(arrays[name])));
    }
  }
}

TEST_CASE("arrays that are no numbers are refused by what they are", "[files]") {
  const auto error = [](const char* name) {
    return error_of(std::string(
        std::istreambuf_iterator<char>(std::ifstream(expected::path_of(name)).rdbuf()), {}));
  };
  CHECK_THAT(error("objects.npy"), ContainsSubstring("objects of Python, which are programs"));
  CHECK_THAT(error("structured.npy"), ContainsSubstring("a structured array"));
  CHECK_THAT(error("text.npy"), ContainsSubstring("elements of type '<U2' are not read"));
}

TEST_CASE("what is written for NumPy is read back to the same bits", "[files]") {
  if (!have_zip()) return;
  const TempFolder folder;
  const nn::StateDict tensors = {{"w", tg::randn({3, 5})},
                                 {"sub/d", tg::randn({2, 2, 2}, tg::float64)},
                                 {"i", tg::tensor(std::vector<std::int64_t>{INT64_MIN, 3})},
                                 {"b", tg::tensor({true, false})},
                                 {"zero_d", tg::tensor(2.5)},
                                 {"nothing", tg::zeros({0, 4})}};
  nn::save_file(folder.file("x.npz"), tensors);
  const nn::StateDict again = nn::load_file(folder.file("x.npz"));
  REQUIRE(again.size() == tensors.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    CHECK(again[i].name == tensors[i].name);
    CHECK(expected::same(again[i].value, tensors[i].value));
    nn::save_file(folder.file("x.npy"), {tensors[i]});
    CHECK(expected::same(nn::load_file(folder.file("x.npy"))[0].value, tensors[i].value));
  }
  const std::string first = folder.read("x.npz");
  nn::save_file(folder.file("x.npz"), tensors);
  CHECK(folder.read("x.npz") == first);

  nn::save_file(folder.file("h.npy"), {tensors[0]}, {.dtype = nn::Store::float16});
  CHECK(tg::allclose(nn::load_file(folder.file("h.npy"))[0].value, tensors[0].value, 1e-3, 1e-3));
}

TEST_CASE("what NumPy wrote is what we write", "[files]") {
  const TempFolder folder;
  for (const char* name : {"c.npy", "i64.npy"}) {
    if (!std::filesystem::exists(expected::path_of(name))) continue;
    nn::save_file(folder.file(name), nn::load_file(expected::path_of(name)));
    std::ifstream stream(expected::path_of(name), std::ios::binary);
    CHECK(folder.read(name) == std::string(std::istreambuf_iterator<char>(stream), {}));
  }
}

TEST_CASE("a model goes through NumPy's files by its names", "[files]") {
  if (!have_zip()) return;
  const TempFolder folder;
  nn::Sequential net{nn::Linear(2, 3), nn::BatchNorm1d(3)},
      other{nn::Linear(2, 3), nn::BatchNorm1d(3)};
  nn::save(folder.file("net.npz"), net);
  CHECK(nn::load(folder.file("net.npz"), other).missing.empty());
  CHECK(tg::equal(other[0].get<nn::Linear>()->weight, net[0].get<nn::Linear>()->weight));
}

TEST_CASE("what is no array of NumPy's is refused with where and what", "[files]") {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  CHECK(error_of(array_of(good, 8)).empty());
  CHECK(error_of(array_of("{\"shape\":(2L,),\"descr\":'f4','fortran_order':True}", 8)).empty());
  CHECK_THAT(error_of(array_of(good, 7)), ContainsSubstring("has 8 bytes, and 7 are left"));
  CHECK_THAT(error_of(array_of(good, 9)), ContainsSubstring("has 8 bytes, and 9 are left"));
  const std::string whole = array_of(good, 8);
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(error_of(whole.substr(0, n)).empty());
  std::string newer = whole;
  newer[6] = 4;
  CHECK_THAT(error_of(newer), ContainsSubstring("version 4 of the format, where 1 to 3"));
  const std::pair<const char*, const char*> cases[] = {
      {"{'descr': '<f4', 'fortran_order': False}", "lacks descr, fortran_order or shape"},
      {"{'descr': '<f4', 'descr': '<f4'}", "'descr' in the header, where one each"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "expected True or False at byte"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "expected a size"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2)}", "more than 8"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,4294967296)}",
       "more elements than there are bytes"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "expected the end"},
      {"{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}", "expected"},
      {"__import__('os')", "expected { at byte 0 of the header, found '__import__"},
      {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "type '<c8' are not read"}};
  for (const auto& [header, text] : cases) {
    INFO(header);
    CHECK_THAT(error_of(array_of(header, 8)), ContainsSubstring(text));
  }
}

TEST_CASE("a damaged archive is refused", "[files]") {
  if (!have_zip()) return;
  const TempFolder folder;
  nn::save_file(folder.file("x.npz"), {{"a", tg::ones({3})}, {"b", tg::ones({2, 2})}});
  const std::string whole = folder.read("x.npz");
  REQUIRE(error_of(whole).empty());
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(error_of(whole.substr(0, n)).empty());
  // An element that is another one than the checksum says.
  std::string other = whole;
  other[30 + 5 + 128 + 2] ^= 1;
  CHECK_THAT(error_of(other), ContainsSubstring("'a.npy': damaged: its checksum is another one"));
}

TEST_CASE("what NumPy's files cannot hold is refused", "[files]") {
  const TempFolder folder;
  const Tensor x = tg::ones(1);
  const std::string npz = folder.write("x.npz", "old");
  CHECK_THROWS_WITH(nn::save_file(folder.file("x.npy"), {{"a", x}, {"b", x}}),
                    ContainsSubstring("holds one tensor, not 2; use \".npz\""));
  CHECK_THROWS_WITH(nn::save_file(npz, {{"a", x}, {"a", x}}), ContainsSubstring("two tensors"));
  CHECK_THROWS_WITH(nn::save_file(npz, {{"a", x}}, {.metadata = {{"epoch", "1"}}}),
                    ContainsSubstring("no place for metadata ('epoch')"));
  CHECK_THROWS_WITH(nn::save_file(npz, {{"a", x}}, {.dtype = nn::Store::bfloat16}),
                    ContainsSubstring("NumPy has no bfloat16"));
  CHECK_THROWS_WITH(nn::save_file(npz, {{"a", Tensor()}}), ContainsSubstring("'a' is undefined"));
  CHECK_THROWS_WITH(nn::save_file(npz, {{std::string("a\0b", 3), x}}),
                    ContainsSubstring("the name 'a\\x00b' has a zero byte"));
  CHECK_THROWS_AS(nn::save_file(npz, {{std::string(70'000, 'a'), x}}), tg::ValueError);
  CHECK(folder.read("x.npz") == "old");
}
