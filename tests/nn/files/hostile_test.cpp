// Files that were made to do harm, of all formats that are read: each is refused, or read, at a
// cost that its size explains.

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "nn/data/file.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/files/expected.h"
#include "tests/nn/files/have.h"
#include "tests/nn/files/zip_of.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// Reads a file, or throws, and says what it has read.
using Reader = std::string (*)(const std::string& path);

std::string load(const std::string& path) {
  std::string answer;
  for (const auto& [name, value] : nn::load_file(path))
    answer += fmt::format("{} {} {}\n", name, value.dtype(), value.shape());
  return answer;
}
std::string read_idx(const std::string& path) {
  return fmt::format("{}", nn::read_idx(path).shape);
}
std::string read_csv(const std::string& path) {
  return fmt::format("{}", nn::read_csv(path).values.shape());
}

/// What `reader` says, or "refused". Any other error passes.
std::string answer_of(Reader reader, const std::string& path) {
  try {
    return reader(path);
  } catch (const tg::FileError&) {
    return "refused";
  }
}

/// What `load_file` says against a file.
std::string error_of(const std::string& path, const nn::ReadOptions& options = {}) {
  return message_of<tg::FileError>([&] { nn::load_file(path, options); });
}

/// A valid file of each kind, small enough to be changed at every byte.
std::vector<std::pair<std::string, Reader>> valid_files(const TempFolder& folder) {
  std::vector<std::pair<std::string, Reader>> files;
  const auto copy = [&](const char* name) {
    std::filesystem::copy_file(expected::path_of(name), folder.file(name));
    files.emplace_back(folder.file(name), load);
  };
  for (const char* name : {"c.npy", "big.npy", "fortran.npy", "i32.npy", "version2.npy"})
    copy(name);
  nn::save_file(folder.file("x.safetensors"),
                {{"a", tg::ones({2, 3})}, {"b", tg::ones(2, tg::int64)}},
                {.metadata = {{"epoch", "3"}}});
  files.emplace_back(folder.file("x.safetensors"), load);
  nn::IdxArray array;
  array.shape = {2, 2, 3};
  array.bytes.resize(12, 7);
  const std::string table = "a,b\n1,2\n3,\"4\"\n";
  for (const char* ending : {"", ".gz"}) {
    if (*ending && !have_gzip()) continue;
    nn::write_idx(folder.file(std::string("x.idx") + ending), array);
    files.emplace_back(folder.file(std::string("x.idx") + ending), read_idx);
    nn::detail::write_file("test", folder.file(std::string("x.csv") + ending), {table});
    files.emplace_back(folder.file(std::string("x.csv") + ending), read_csv);
  }
  if (have_zip()) {
    nn::save_file(folder.file("x.npz"), {{"a", tg::ones(2)}, {"b", tg::ones({2, 2})}});
    files.emplace_back(folder.file("x.npz"), load);
    copy("protocol4.pt");
  }
  return files;
}

void put(const std::string& path, std::size_t at, char byte) {
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(byte);
}

/// The largest memory that the process has had, in KiB.
long peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// Writes a gzip file: `start`, and many zeros.
constexpr std::size_t kMany = std::size_t{48} << 20;
void write_zeros(const std::string& path, const std::string& start) {
  const std::string block(1 << 20, '\0');
  std::vector<std::string_view> parts(kMany / block.size(), block);
  parts.insert(parts.begin(), start);
  nn::detail::write_file("test", path, parts);
}

}  // namespace

TEST_CASE("a file that is cut off at any byte is refused, or another valid one", "[files]") {
  const TempFolder folder;
  for (const auto& [path, reader] : valid_files(folder)) {
    INFO(path);
    const std::string whole = reader(path);
    int read = 0;
    for (std::uintmax_t size = std::filesystem::file_size(path); size-- > 0;) {
      std::filesystem::resize_file(path, size);
      read += answer_of(reader, path) != "refused";
    }
    // A table may also end where a line does, with its break or without.
    CHECK(read == (path.ends_with(".csv") ? 3 : 0));
  }
}

TEST_CASE("a file with any byte changed is refused, or read as another one", "[files]") {
  const TempFolder folder;
  for (const auto& [path, reader] : valid_files(folder)) {
    INFO(path);
    std::ifstream stream(path, std::ios::binary);
    const std::string good(std::istreambuf_iterator<char>(stream), {});
    int refused = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const int byte : {0, 0xff, good[i] ^ 1}) {
        put(path, i, static_cast<char>(byte));
        refused += answer_of(reader, path) == "refused";
      }
      put(path, i, good[i]);
    }
    CHECK(refused > 0);
    CHECK(answer_of(reader, path) != "refused");
  }
}

TEST_CASE("a small file that unpacks to a large one is refused before it is in memory", "[files]") {
  if (!have_gzip()) return;
  const TempFolder folder;
  const std::string idx = folder.file("x.idx.gz"), csv = folder.file("x.csv.gz");
  write_zeros(idx, std::string("\0\0\x08\1\3\0\0\0", 8));
  write_zeros(csv, "1\n\"");
  const std::string npy = std::string("\x93NUMPY\1\0\x3e\0", 10) +
                          "{'descr': '|u1', 'fortran_order': False, 'shape': (50331648,)}";
  write_zeros(folder.file("x.npy.gz"), npy);
  const std::string gzip = folder.read("x.npy.gz");
  const std::string npz = folder.write(
      "x.npz", zip_of({{"x.npy", "", gzip.substr(10, gzip.size() - 18), npy.size() + kMany}}));

  constexpr nn::ReadOptions few{.max_bytes = 1 << 20};
  const long before = peak();
  std::vector<std::string> errors = {
      message_of<tg::FileError>([&] { nn::read_idx(idx, few); }),
      message_of<tg::FileError>([&] { nn::read_csv(csv, {.max_bytes = few.max_bytes}); })};
  if (have_zip()) errors.push_back(error_of(npz, few));
  for (const std::string& error : errors) {
    CHECK_THAT(error, ContainsSubstring("bytes of memory are needed for what comes here"));
    CHECK_THAT(error, ContainsSubstring("that the option max_bytes allows; set the option "
                                        "max_bytes to more, if you trust the file"));
  }
  CHECK(peak() - before < 16 << 10);
  // It is the limit that refuses: what it allows is read.
  CHECK(nn::read_idx(idx, {.max_bytes = kMany}).bytes.size() == kMany);
}

TEST_CASE("tensors that were packed with gzip are to be unpacked first", "[files]") {
  const TempFolder folder;
  CHECK_THAT(
      error_of(folder.write("net.safetensors.gz", "\x1f\x8b\x08")),
      ContainsSubstring("is compressed with gzip") && ContainsSubstring("unpack it with gunzip"));
}

TEST_CASE("without the option, a file may take 256 MiB and 64 times its size", "[files]") {
  if (!have_gzip()) return;
  const TempFolder folder;
  // It claims 384 MiB, and has as many bytes as could unpack to them.
  const std::string path = folder.file("x.idx.gz");
  std::string noise;
  for (std::mt19937 random(1); noise.size() < 400'000;) noise += static_cast<char>(random() >> 24);
  nn::detail::write_file("test", path, {std::string_view("\0\0\x08\1\x18\0\0\0", 8), noise});
  const auto size = std::filesystem::file_size(path);
  CHECK_THAT(message_of<tg::FileError>([&] { nn::read_idx(path); }),
             ContainsSubstring(fmt::format("402653184 bytes of memory are needed for what comes "
                                           "here, and {0} are left of the {0} that a file of this",
                                           (256 << 20) + 64 * size)));
}

TEST_CASE("one option bounds every reader, and is no negative number", "[files]") {
  const TempFolder folder;
  nn::IdxArray labels{.shape = {100}}, images{.shape = {100, 5, 5}};
  labels.bytes.resize(100);
  images.bytes.resize(2500);
  nn::write_idx(folder.file("train-labels-idx1-ubyte"), labels);
  nn::write_idx(folder.file("train-images-idx3-ubyte"), images);
  CHECK(nn::load_mnist(folder.path(), true, 0, {.max_bytes = 2500}).size() == 100);
  CHECK_THAT(message_of<tg::FileError>(
                 [&] { nn::load_mnist(folder.path(), true, 0, {.max_bytes = 2499}); }),
             ContainsSubstring("train-images-idx3-ubyte', offset 16: 2500 bytes of memory"));

  nn::Linear layer(64, 64);
  nn::save(folder.file("x.safetensors"), layer);
  CHECK_THAT(message_of<tg::FileError>(
                 [&] { nn::load(folder.file("x.safetensors"), layer, {.max_bytes = 10'000}); }),
             StartsWith("load: ") && ContainsSubstring("of the 10000 that the option max_bytes"));
  CHECK_NOTHROW(nn::load(folder.file("x.safetensors"), layer, {.max_bytes = 20'000}));
  CHECK_THROWS_WITH(nn::load_file(folder.file("x.safetensors"), {.max_bytes = -1}),
                    "load_file: the option max_bytes must be at least 0, but is -1");
  CHECK_THROWS_AS(nn::load_metadata(folder.file("x.safetensors"), {.max_bytes = 0}), tg::FileError);
}

TEST_CASE("JSON of any depth is refused at its first wrong byte", "[files]") {
  const TempFolder folder;
  const std::string deep = "{\"x\":" + std::string(1'000'000, '[');
  const std::uint64_t size = deep.size();
  CHECK_THAT(
      error_of(folder.write("x", std::string(reinterpret_cast<const char*>(&size), 8) + deep)),
      ContainsSubstring("found a list in or after 'x', where it does not belong"));
}
