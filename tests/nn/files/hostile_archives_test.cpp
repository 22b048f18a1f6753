// Archives and pickles that were made to do harm; what is in all formats is in hostile_test.cpp.

#include <filesystem>

#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/files/have.h"
#include "tests/nn/files/zip_of.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What `load_file` says against an archive.
std::string error_of(const std::string& archive, const nn::ReadOptions& options = {}) {
  const TempFolder folder;
  return message_of<tg::FileError>([&] { nn::load_file(folder.write("x", archive), options); });
}

/// An array of two float32.
const std::string kArray = std::string("\x93NUMPY\1\0\x37\0", 10) +
                           "{'descr':'<f4', 'fortran_order':False, 'shape': (2,), }" +
                           std::string(8, '\0');

/// Pieces of pickles: opcodes of protocol 2, as torch.save uses them.
namespace pickled {
std::string number(std::uint32_t x) {
  return 'J' + std::string(reinterpret_cast<const char*>(&x), 4);
}
std::string text(const std::string& x) {
  const auto size = static_cast<std::uint32_t>(x.size());
  return 'X' + std::string(reinterpret_cast<const char*>(&size), 4) + x;
}
std::string tuple(const std::string& items) { return '(' + items + 't'; }
std::string storage(const std::string& key, std::uint32_t numel,
                    const char* type = "FloatStorage") {
  return tuple(text("storage") + "ctorch\n" + type + '\n' + text(key) + text("cpu") +
               number(numel)) +
         'Q';
}
std::string tensor(const std::string& storage, const std::string& offset, const std::string& sizes,
                   const std::string& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n" +
         tuple(storage + offset + tuple(sizes) + tuple(strides)) + 'R';
}
/// A dictionary of these keys and values.
std::string file(const std::string& items) { return "\x80\2}(" + items + "u."; }
}  // namespace pickled

/// What is said of a file of PyTorch's with this pickle, and a storage "0" of two float32.
std::string error_of_pickle(const std::string& pickle, const nn::ReadOptions& options = {}) {
  return error_of(zip_of({{"a/data.pkl", pickle}, {"a/data/0", std::string(8, '\0')}}), options);
}

constexpr const char* kRead = "(nothing was thrown)";

}  // namespace

TEST_CASE("names in an archive are names, and lead nowhere", "[files]") {
  if (!have_zip()) return;
  const TempFolder folder;
  const nn::StateDict state = nn::load_file(folder.write(
      "x", zip_of({{"../../a.npy", kArray}, {"/etc/b.npy", kArray}, {"..\\c.npy", kArray}})));
  REQUIRE(state.size() == 3);
  CHECK(state[0].name == "../../a");
  CHECK(state[1].name == "/etc/b");
  CHECK_FALSE(std::filesystem::exists(folder.file("../../a.npy")));
}

TEST_CASE("an archive whose list contradicts itself is refused", "[files]") {
  if (!have_zip()) return;
  CHECK(error_of(zip_of({{"a.npy", kArray}, {"b.npy", kArray}})) == kRead);
  CHECK_THAT(error_of(zip_of({{"a.npy", kArray}, {"a.npy", kArray}})),
             ContainsSubstring("'a.npy': the archive has it twice"));
  CHECK_THAT(error_of(zip_of({{"a.npy", "", "x", 100'000}})),
             ContainsSubstring("100000 bytes packed in 1, of a file of"));
  CHECK_THAT(error_of(zip_of({{"a.npy", kArray, "", kArray.size() + 1}})),
             ContainsSubstring("is not possible"));
  // The second member's place is that of the first.
  std::string shared = zip_of({{"a.npy", kArray}, {"b.npy", kArray}});
  const std::size_t list = shared.rfind("PK\1\2");
  shared.replace(list + 42, 4, std::string(4, '\0'));
  CHECK_THAT(error_of(shared), ContainsSubstring("damaged: it shares bytes with '"));
  shared[list + 44] = 1;
  CHECK_THAT(error_of(shared), ContainsSubstring("does not agree with the archive's list"));
}

TEST_CASE("many members cost as much as their names", "[files]") {
  if (!have_zip()) return;
  std::vector<ZipMember> members;
  for (int i = 0; i < 2000; ++i) members.push_back({std::to_string(i) + ".txt", ""});
  // The list is read, in half a megabyte, before the first name is found to be that of no array.
  CHECK_THAT(error_of(zip_of(members), {.max_bytes = 1 << 20}),
             ContainsSubstring("the archive has '0.txt', which is no array"));
  CHECK_THAT(error_of(zip_of(members), {.max_bytes = 1 << 18}), ContainsSubstring("max_bytes"));
}

TEST_CASE("a pickle that contradicts its archive is refused", "[files]") {
  if (!have_zip()) return;
  using namespace pickled;
  const std::string x = text("x"), two = storage("0", 2), n0 = number(0), n1 = number(1),
                    n2 = number(2),
                    huge = std::string("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
  CHECK(error_of_pickle(file(x + tensor(two, n0, n2, n1))) == kRead);
  CHECK_THAT(error_of(zip_of({{"a/data.pkl", file("")}, {"b/data.pkl", file("")}})),
             ContainsSubstring("the archive has two pickles, 'a/data.pkl' and 'b/data.pkl'"));
  const std::pair<std::string, const char*> cases[] = {
      {tensor(storage("1", 2), n0, n2, n1), "storage '1' is not in the archive"},
      {tensor(storage("../data.pkl", 2), n0, n2, n1), "storage '../data.pkl' is not in the"},
      {tensor(storage("0", 3), n0, n2, n1), "it has 8 bytes, where 3 elements of 4"},
      {tensor(two, n1, n2, n1), "reaches beyond the 2 elements of its storage '0'"},
      {tensor(two, n0, n2, n2), "reaches beyond"},
      {tensor(two, n0, huge + huge, n0 + n0), "reaches beyond"},
      {tensor(two, n0, n2, huge), "reaches beyond"},
      {tensor(two, huge, n2, n1), "reaches beyond"},
      {tensor(two, number(-1u), n2, n1), "begins before its storage"},
      {tensor(two, n0, n2, number(-1u)), "a size or a stride that is no number from 0 on"},
      {tensor(two, n0, number(-2u), n1), "a size or a stride that is no number from 0 on"},
      {tensor(two, n0, n2, n1 + n1), "other sizes than strides"},
      {tensor(two, n0, n1 + n1 + n1 + n1 + n1 + n1 + n1 + n1 + n1, n1), "has 9 dimensions"},
      {tensor(two, n0, n2, n1) + x + tensor(two, n0, n2, n1), "the name 'x' stands for two"},
      {tensor(two, n0, n2, n1) + text("y") + tensor(storage("0", 2, "IntStorage"), n0, n2, n1),
       "storage '0' has two types or lengths"}};
  for (const auto& [value, expected] : cases)
    CHECK_THAT(error_of_pickle(file(x + value)), ContainsSubstring(expected));
}

TEST_CASE("containers that contain themselves, or each other a million times, end", "[files]") {
  if (!have_zip()) return;
  // l = []; l.append(l)
  CHECK_THAT(error_of_pickle("\x80\2]q\1h\1a."),
             ContainsSubstring("containers contain themselves"));
  std::string chain = "\x80\2N";
  for (int i = 0; i < 100'000; ++i) chain += "\x85";
  CHECK_THAT(error_of_pickle(chain + '.'), ContainsSubstring("is too deep"));
  // Each list has the one before twice: 2^60 numbers.
  std::string doubled = "\x80\2K\1q";
  doubled += '\0';
  for (char i = 1; i <= 60; ++i)
    doubled += {'0', 'h', static_cast<char>(i - 1), 'h', static_cast<char>(i - 1), '\x86', 'q', i};
  CHECK_THAT(error_of_pickle(doubled + '.', {.max_bytes = 1 << 20}),
             ContainsSubstring("max_bytes"));
}

TEST_CASE("a small pickle does not make many objects", "[files]") {
  if (!have_zip()) return;
  using namespace pickled;
  constexpr nn::ReadOptions few{.max_bytes = 4 << 20};
  const std::string many(100'000, 'N');
  CHECK_THAT(error_of_pickle("\x80\2(" + many + "l.", few), ContainsSubstring("max_bytes"));
  CHECK_THAT(error_of_pickle("\x80\2" + std::string(100'000, ']') + '.', few),
             ContainsSubstring("max_bytes"));
  CHECK_THAT(error_of_pickle("\x80\2" + std::string(100'000, '(') + '.', few),
             ContainsSubstring("max_bytes"));
  // One list of a thousand pairs becomes a thousand dictionaries.
  std::string pairs = "\x80\2ccollections\nOrderedDict\nq\1](";
  for (int i = 0; i < 1000; ++i) pairs += text(std::to_string(i)) + "N\x86";
  pairs += "e\x85q\2";
  std::string dictionaries = pairs + '(';
  for (int i = 0; i < 1000; ++i) dictionaries += "h\1h\2R";
  CHECK_THAT(error_of_pickle(dictionaries + "t.", few), ContainsSubstring("max_bytes"));
  // One element becomes a tensor of a gigabyte, and one storage a thousand tensors.
  CHECK_THAT(
      error_of_pickle(
          file(text("x") + tensor(storage("0", 2), number(0), number(1 << 28), number(0))), few),
      ContainsSubstring("tensor 'x': 1073741824 bytes of memory"));
  std::string views;
  for (int i = 0; i < 9000; ++i)
    views += text(std::to_string(i)) +
             (i ? "h\1" : tensor(storage("0", 2), number(0), number(2), number(1)) + "q\1");
  CHECK_THAT(error_of_pickle(file(views), few), ContainsSubstring("max_bytes"));
}

TEST_CASE("a build without minizip says so, of every archive", "[files]") {
  if (have_zip()) return;
  const TempFolder folder;
  CHECK_THAT(error_of(zip_of({{"a.npy", kArray}})),
             ContainsSubstring("' is a zip archive, and this build has no minizip; build with "
                               "minizip, or save it as \".safetensors\" or \".npy\""));
  CHECK_THAT(message_of<tg::FileError>([&] {
               nn::save_file(folder.file("x.npz"), {{"a", tg::ones(1)}});
             }),
             ContainsSubstring("this build has no minizip; use \".safetensors\""));
}
