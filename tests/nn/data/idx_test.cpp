#include "nn/data/idx.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "autograd/base/error.h"
#include "autograd/tensor/create/create.h"
#include "nn/data/images.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using nn::IdxArray;
using nn::IdxType;
using tg::Shape;

namespace {

std::string bytes(const std::vector<int>& values) { return {values.begin(), values.end()}; }

std::string error_of(const std::string& path) {
  return message_of<tg::FileError>([&] { nn::read_idx(path); });
}

IdxArray array(const Shape& shape, std::vector<std::uint8_t> content) {
  return {IdxType::uint8, shape, std::move(content)};
}

std::vector<std::uint8_t> counting(std::int64_t count, int modulo = 256) {
  std::vector<std::uint8_t> list(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i] = static_cast<std::uint8_t>(i % std::size_t(modulo));
  return list;
}

/// False in a build without zlib, where .gz files cannot be written.
bool have_zlib() {
  const TempFolder folder;
  try {
    nn::write_idx(folder.file("probe.gz"), array(1, {0}));
  } catch (const tg::FileError&) {
    return false;
  }
  return true;
}

/// While it lives, no file of this process can grow beyond `bytes`: writing fails in the middle.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

/// The names of the files in a folder, sorted.
std::vector<std::string> names_in(const TempFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// A set in MNIST's format with images of 2x3 pixels.
void write_set(const TempFolder& folder, std::int64_t images, std::int64_t labels,
               const std::string& prefix = "train", const std::string& ending = "") {
  nn::write_idx(folder.file(prefix + "-images-idx3-ubyte" + ending),
                array({images, 2, 3}, counting(images * 6)));
  nn::write_idx(folder.file(prefix + "-labels-idx1-ubyte" + ending),
                array(labels, counting(labels, 10)));
}

std::string load_error(const TempFolder& folder, bool train = true, std::int64_t classes = 0) {
  return message_of<tg::FileError>([&] { nn::load_mnist(folder.path(), train, classes); });
}

}  // namespace

TEST_CASE("an IDX file comes back as it was written, plain and gzip", "[idx]") {
  const TempFolder folder;
  for (const char* name : {"plain", "packed.gz"}) {
    if (std::string(name).ends_with(".gz") && !have_zlib()) continue;
    // More than the pieces that files are read in.
    const IdxArray written = array({2000, 30, 40}, counting(2000 * 30 * 40, 251));
    nn::write_idx(folder.file(name), written);
    const IdxArray read = nn::read_idx(folder.file(name));
    CHECK(read.type == IdxType::uint8);
    CHECK(read.shape == written.shape);
    CHECK(read.bytes == written.bytes);
  }
}

TEST_CASE("gzip is told by content, not by name", "[idx]") {
  if (!have_zlib()) return;
  const TempFolder folder;
  nn::write_idx(folder.file("a.gz"), array(3, {1, 2, 3}));
  std::filesystem::rename(folder.file("a.gz"), folder.file("a"));
  CHECK(nn::read_idx(folder.file("a")).bytes == std::vector<std::uint8_t>{1, 2, 3});
  nn::write_idx(folder.file("b"), array(3, {1, 2, 3}));
  std::filesystem::rename(folder.file("b"), folder.file("b.gz"));
  CHECK(nn::read_idx(folder.file("b.gz")).shape == Shape(3));
}

TEST_CASE("every element type of IDX becomes a tensor", "[idx]") {
  const TempFolder folder;
  const auto read = [&](const std::vector<int>& file) {
    return nn::read_idx(folder.write("f", bytes(file))).to_tensor();
  };
  CHECK(read({0, 0, 8, 1, 0, 0, 0, 2, 7, 255}).at<std::int64_t>({1}) == 255);
  CHECK(read({0, 0, 9, 1, 0, 0, 0, 2, 7, 255}).at<std::int64_t>({1}) == -1);
  CHECK(read({0, 0, 0x0B, 1, 0, 0, 0, 1, 0xFF, 0x00}).at<std::int64_t>({0}) == -256);
  CHECK(read({0, 0, 0x0C, 2, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4}).at<std::int64_t>({0, 0}) ==
        0x01020304);
  CHECK(read({0, 0, 0x0D, 1, 0, 0, 0, 1, 0xBF, 0xC0, 0, 0}).at<float>({0}) == -1.5f);
  CHECK(read({0, 0, 0x0E, 0, 0x40, 0x09, 0, 0, 0, 0, 0, 0}).item() == 3.125);
  CHECK(read({0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 5}).shape() == Shape{0, 5});
}

TEST_CASE("what is no IDX file is refused with file, offset and expectation", "[idx]") {
  const TempFolder folder;
  const auto error = [&](const std::vector<int>& file) {
    return error_of(folder.write("digits.idx", bytes(file)));
  };
  CHECK_THAT(error_of(folder.file("missing")),
             ContainsSubstring("missing'") && ContainsSubstring("No such file"));
  CHECK_THAT(error_of(folder.path()), ContainsSubstring("is not a file"));
  CHECK_THAT(error({}),
             ContainsSubstring("digits.idx', offset 0: truncated: expected the 4 bytes") &&
                 ContainsSubstring("found 0"));
  CHECK_THAT(error({0x89, 'P', 'N', 'G', 0, 0}), ContainsSubstring("offset 0: not an IDX file") &&
                                                     ContainsSubstring("found 89 50 4e 47"));
  CHECK_THAT(error({0, 0, 0x0A, 1, 0, 0, 0, 0}), ContainsSubstring("found 00 00 0a 01"));
  CHECK_THAT(error({0, 0, 8, 9, 0, 0, 0, 1}),
             ContainsSubstring("offset 3: expected at most 8 dimensions, found 9"));
  CHECK_THAT(error({0, 0, 8, 3, 0, 0, 0, 1, 0}),
             ContainsSubstring(
                 "offset 4: truncated: expected 12 bytes with the sizes of 3 dimensions, found 5"));
  CHECK_THAT(error({0, 0, 8, 1, 0, 0, 0, 5, 1, 2, 3}),
             ContainsSubstring("offset 8: truncated: expected 5 bytes for shape [5], found 3"));
  CHECK_THAT(
      error({0, 0, 8, 1, 0, 0, 0, 2, 1, 2, 3}),
      ContainsSubstring("offset 10: expected the end of the file after shape [2], found more"));
  const std::vector<int> huge{255, 255, 255, 255};
  std::vector<int> absurd{0, 0, 0x0E, 3};
  for (int i = 0; i < 3; ++i) absurd.insert(absurd.end(), huge.begin(), huge.end());
  CHECK_THAT(error(absurd),
             ContainsSubstring("offset 4: absurd dimensions [4294967295, 4294967295"));
  absurd.insert(absurd.begin() + 4, {0, 0, 0, 0});
  absurd[3] = 4;
  CHECK_THAT(error(absurd), ContainsSubstring("absurd dimensions [0, 4294967295"));
  // 16 GB: no overflow, but more than the file can hold.
  CHECK_THAT(error({0, 0, 8, 2, 0, 0, 255, 255, 0, 4, 0, 0}),
             ContainsSubstring("truncated: expected 17179607040 bytes"));
}

TEST_CASE("damaged gzip data is refused", "[idx]") {
  if (!have_zlib()) {
    const TempFolder folder;
    CHECK_THAT(error_of(folder.write("a.gz", "\x1f\x8b\x08")), ContainsSubstring("has no zlib"));
    return;
  }
  const TempFolder folder;
  nn::write_idx(folder.file("a.gz"), array({100, 10}, counting(1000, 199)));
  const std::string good = folder.read("a.gz");

  CHECK_THAT(error_of(folder.write("cut.gz", good.substr(0, good.size() / 2))),
             ContainsSubstring("cut.gz', offset") && ContainsSubstring("damaged gzip data") &&
                 ContainsSubstring("unexpected end of file"));
  // Without its last byte only the checksum is incomplete.
  CHECK_THAT(error_of(folder.write("cut.gz", good.substr(0, good.size() - 1))),
             ContainsSubstring("damaged gzip data"));
  std::string flipped = good;
  flipped[good.size() - 6] ^= 1;
  CHECK_THAT(error_of(folder.write("flipped.gz", flipped)),
             ContainsSubstring("incorrect data check"));
}

TEST_CASE("a shape that a small gzip file cannot hold is refused before memory is asked for",
          "[idx]") {
  if (!have_zlib()) return;
  const TempFolder folder;
  // The header, with a size of 250 million, packed without compression; checksum and length at the
  // end.
  const std::vector<int> begin{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 12, 0, 0xF3, 0xFF};
  const std::vector<int> header{0, 0, 8, 2, 0x0E, 0xE6, 0xB2, 0x80, 0, 0, 0, 1};
  const std::vector<int> end{0x78, 0x1D, 0xED, 0xA2, 0x0C, 0x00, 0x00, 0x00};
  const std::string file = bytes(begin) + bytes(header) + bytes(end);
  CHECK_THAT(error_of(folder.write("bomb.gz", file)),
             ContainsSubstring("offset 12: truncated: expected 250000000 bytes") &&
                 ContainsSubstring("found at most"));
}

TEST_CASE("memory follows what a gzip file holds, not what its header says", "[idx]") {
  if (!have_zlib()) return;
  const TempFolder folder;
  // 16 blocks that are not compressed, and no end: a file of 2^20 bytes that says 2^29.
  std::string file("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  const std::string header = bytes({0, 0, 8, 1, 0x20, 0, 0, 0});
  for (int block = 0; block < 16; ++block)
    file += std::string("\0\xff\xff\0\0", 5) + header + std::string(0xffff - 8, 'x');
  rusage usage{};
  const auto peak = [&] { return getrusage(RUSAGE_SELF, &usage), usage.ru_maxrss; };  // in KiB
  const std::string path = folder.write("a.gz", file);
  const auto before = peak();
  CHECK_THAT(message_of<tg::FileError>([&] { nn::read_idx(path, {.max_bytes = 1 << 30}); }),
             ContainsSubstring("damaged gzip data"));
  CHECK(peak() - before < 1 << 16);
}

TEST_CASE("no damage to a file does more than throw", "[idx]") {
  const TempFolder folder;
  std::mt19937 random(1);
  std::vector<std::string> names{"plain"};
  if (have_zlib()) names.push_back("packed.gz");
  for (const std::string& name : names) {
    nn::write_idx(folder.file(name), array({20, 4, 4}, counting(320)));
    const std::string good = folder.read(name);
    int refused = 0;
    for (int round = 0; round < 600; ++round) {
      std::string bad = good.substr(0, round % 3 == 0 ? random() % good.size() : good.size());
      for (unsigned flips = random() % 4; flips > 0 && !bad.empty(); --flips)
        bad[random() % std::min<std::size_t>(bad.size(), round % 2 ? 32 : bad.size())] ^=
            static_cast<char>(1u << random() % 8);
      folder.write("bad", bad);
      try {
        nn::read_idx(folder.file("bad"));
      } catch (const tg::FileError&) {
        ++refused;
      }
    }
    CHECK(refused > 200);
  }
}

TEST_CASE("write_idx refuses bytes that do not fit the shape", "[idx]") {
  const TempFolder folder;
  CHECK_THAT(message_of<tg::ShapeError>([&] { nn::write_idx(folder.file("x"), array(4, {1})); }),
             ContainsSubstring("shape [4] needs 4 bytes but there are 1"));
  CHECK_THAT(message_of<tg::FileError>([&] { nn::write_idx(folder.file("no/x"), array(1, {1})); }),
             ContainsSubstring("cannot write") && ContainsSubstring("No such file"));
}

TEST_CASE("a write that fails leaves the old file and nothing else", "[idx]") {
  for (const std::string name : {"plain", "packed.gz"}) {
    if (name.ends_with(".gz") && !have_zlib()) continue;
    const TempFolder folder;
    nn::write_idx(folder.file(name), array(3, {1, 2, 3}));
    const std::string good = folder.read(name);

    // Random, so that it does not shrink.
    std::mt19937 random(1);
    std::vector<std::uint8_t> noise(200000);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
    const auto write = [&] { nn::write_idx(folder.file(name), array(200000, noise)); };
    std::string text;
    {
      const FileSizeLimit limit(50000);
      text = message_of<tg::FileError>(write);
    }
    CHECK_THAT(text, ContainsSubstring("write_idx: cannot write '" + folder.file(name) + "'") &&
                         ContainsSubstring("File too large") &&
                         ContainsSubstring("no file was changed"));
    CHECK(folder.read(name) == good);
    CHECK(names_in(folder) == std::vector<std::string>{name});

    write();
    CHECK(nn::read_idx(folder.file(name)).bytes == noise);
    CHECK(names_in(folder) == std::vector<std::string>{name});
  }
}

TEST_CASE("a file is written through a link, keeps its permissions, and is no folder", "[idx]") {
  namespace fs = std::filesystem;
  const TempFolder folder;
  nn::write_idx(folder.file("file"), array(1, {1}));
  const auto mine = fs::perms::owner_read | fs::perms::owner_write;
  fs::permissions(folder.file("file"), mine);
  fs::create_symlink("file", folder.file("link"));
  nn::write_idx(folder.file("link"), array(2, {1, 2}));
  CHECK(fs::is_symlink(folder.file("link")));
  CHECK(nn::read_idx(folder.file("file")).shape == Shape(2));
  CHECK(fs::status(folder.file("file")).permissions() == mine);

  fs::create_directory(folder.file("folder"));
  CHECK_THAT(
      message_of<tg::FileError>([&] { nn::write_idx(folder.file("folder"), array(1, {1})); }),
      ContainsSubstring("Is a directory"));
  CHECK(names_in(folder) == std::vector<std::string>{"file", "folder", "link"});

  // A link to a link to a file that is not there yet.
  fs::create_symlink("folder/new", folder.file("early"));
  fs::create_symlink(folder.file("early"), folder.file("earlier"));
  nn::write_idx(folder.file("earlier"), array(3, {1, 2, 3}));
  CHECK(fs::is_symlink(folder.file("early")));
  CHECK(nn::read_idx(folder.file("folder/new")).shape == Shape(3));
}

TEST_CASE("a file that a killed process left behind is taken by the next one", "[idx]") {
  const TempFolder folder;
  folder.write(".file.tmp", std::string(1000, 'x'));
  nn::write_idx(folder.file("file"), array(2, {1, 2}));
  CHECK(nn::read_idx(folder.file("file")).shape == Shape(2));
  CHECK(names_in(folder) == std::vector<std::string>{"file"});
}

TEST_CASE("a file that another one writes is left to it", "[idx]") {
  const TempFolder folder;
  folder.write(".file.tmp", "half of it");
  const int other = ::open(folder.file(".file.tmp").c_str(), O_WRONLY);
  REQUIRE(::flock(other, LOCK_EX | LOCK_NB) == 0);
  CHECK_THROWS_AS(nn::write_idx(folder.file("file"), array(2, {1, 2})), tg::FileError);
  CHECK(folder.read(".file.tmp") == "half of it");
  ::close(other);
  nn::write_idx(folder.file("file"), array(2, {1, 2}));
  CHECK(names_in(folder) == std::vector<std::string>{"file"});
}

TEST_CASE("load_mnist finds the files under their usual names", "[idx][mnist]") {
  const TempFolder folder;
  write_set(folder, 30, 30);
  const auto training = nn::load_mnist(folder.path(), true);
  CHECK(training.size() == 30);
  CHECK(training.height() == 2);
  CHECK(training.width() == 3);
  CHECK(training.num_classes() == 10);
  CHECK(training.label(13) == 3);
  CHECK(training.pixels(2)[1] == 13);

  std::filesystem::rename(folder.file("train-images-idx3-ubyte"),
                          folder.file("train-images.idx3-ubyte"));
  CHECK(nn::load_mnist(folder.path(), true).size() == 30);
  CHECK_THAT(load_error(folder, false),
             ContainsSubstring("found no t10k-images-idx3-ubyte[.gz] in"));
  if (!have_zlib()) return;
  write_set(folder, 7, 7, "t10k", ".gz");
  CHECK(nn::load_mnist(folder.path(), false).size() == 7);
}

TEST_CASE("load_mnist knows the splits of EMNIST", "[idx][mnist]") {
  const TempFolder folder;
  write_set(folder, 30, 30, "emnist-letters-train");
  write_set(folder, 5, 5, "emnist-letters-test");
  CHECK(nn::load_mnist(folder.path(), true).num_classes() == 27);
  CHECK(nn::load_mnist(folder.path(), false).size() == 5);
  write_set(folder, 30, 30, "emnist-balanced-train");
  CHECK_THAT(load_error(folder),
             ContainsSubstring("has more than one set (emnist-balanced-train-images") &&
                 ContainsSubstring("a folder of its own"));
}

TEST_CASE("load_mnist refuses files that do not belong together", "[idx][mnist]") {
  {
    const TempFolder folder;
    CHECK_THAT(message_of<tg::FileError>([&] { nn::load_mnist(folder.file("no"), true); }),
               ContainsSubstring("there is no folder"));
    CHECK_THAT(load_error(folder), ContainsSubstring("give a folder in MNIST's format"));
    write_set(folder, 30, 29);
    CHECK_THAT(
        load_error(folder),
        ContainsSubstring(
            "train-labels-idx1-ubyte', offset 4: expected as many labels as there are images") &&
            ContainsSubstring("30, found 29"));
    std::filesystem::remove(folder.file("train-labels-idx1-ubyte"));
    CHECK_THAT(load_error(folder), ContainsSubstring("but not train-labels-idx1-ubyte[.gz]"));
  }
  const TempFolder folder;
  write_set(folder, 30, 30);
  CHECK_THAT(
      message_of<tg::ValueError>([&] { nn::load_mnist(folder.path(), true, -1); }),
      ContainsSubstring("load_mnist: num_classes must be") && ContainsSubstring("but is -1"));
  CHECK_THAT(message_of<tg::ValueError>([] { nn::load_mnist("", true); }),
             ContainsSubstring("the argument folder is empty"));
  CHECK_THAT(load_error(folder, true, 9),
             ContainsSubstring(
                 "train-labels-idx1-ubyte', offset 17: expected a label in [0, 9), found 9"));
  std::filesystem::copy(folder.file("train-labels-idx1-ubyte"),
                        folder.file("train-images-idx3-ubyte"),
                        std::filesystem::copy_options::overwrite_existing);
  CHECK_THAT(load_error(folder),
             ContainsSubstring("train-images-idx3-ubyte', offset 2: expected images") &&
                 ContainsSubstring("rank 03, found 08 01"));
}
