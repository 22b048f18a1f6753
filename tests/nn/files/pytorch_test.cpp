// Files of torch.save: what PyTorch 2.11 wrote, and what is refused.

#include "nn/files/pickle.h"
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

nn::StateDict load(const char* name) { return nn::load_file(expected::path_of(name)); }

const Tensor& find(const nn::StateDict& state, const std::string& name) {
  for (const auto& [own, value] : state)
    if (own == name) return value;
  FAIL("no tensor " << name);
  return state[0].value;
}

void check_all(const nn::StateDict& state, const nlohmann::json& arrays) {
  CHECK(state.size() == arrays.size());
  for (const auto& [name, array] : arrays.items()) {
    INFO(name);
    CHECK(expected::same(find(state, name), expected::tensor_of(array)));
  }
}

std::string error_of_pickle(const std::string& bytes) {
  try {
    nn::detail::MemoryBudget budget("read", {}, bytes.size());
    nn::detail::Unpickler(bytes, "read: 'x'", budget).read();
  } catch (const tg::FileError& error) {
    return error.what();
  }
  return "";
}

std::string error_of_file(const char* name) {
  try {
    load(name);
  } catch (const tg::FileError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("state dicts that PyTorch wrote are read, whatever their element types", "[files]") {
  if (!have_zip()) return;
  check_all(load("mlp.pt"), expected::all()["mlp"]["state"]);
  check_all(load("net.pt"), expected::all()["net"]["state"]);
  check_all(load("mixed.pt"), expected::all()["mixed"]);
}

TEST_CASE("tensors of any stride and offset that share a storage are read", "[files]") {
  if (!have_zip()) return;
  check_all(load("views.pt"), expected::all()["views"]);
}

TEST_CASE("dictionaries in dictionaries give dotted names", "[files]") {
  if (!have_zip()) return;
  const nn::StateDict state = load("checkpoint.pt");
  const auto& json = expected::all()["checkpoint"];
  for (const auto& [name, array] : json["model_state_dict"].items())
    CHECK(expected::same(find(state, "model_state_dict." + name), expected::tensor_of(array)));
  nn::Linear layer(3, 2);
  const nn::LoadReport report = nn::load(expected::path_of("checkpoint.pt"), layer,
                                         {.strict = false, .rename = {{"model_state_dict.", ""}}});
  CHECK(report.missing.empty());
  CHECK(expected::same(layer.weight, expected::tensor_of(json["model_state_dict"]["weight"])));
  nn::Linear other(3, 2);
  nn::load(expected::path_of("checkpoint.pt"), other, {.prefix = "model_state_dict"});
  CHECK(tg::equal(other.bias, layer.bias));
}

TEST_CASE("a model of PyTorch's computes the same here", "[files]") {
  if (!have_zip()) return;
  const auto& json = expected::all()["mlp"];
  nn::Sequential net{nn::Linear(8, 16), nn::ReLU(), nn::Linear(16, 4)};
  CHECK(nn::load(expected::path_of("mlp.pt"), net).missing.empty());
  CHECK(tg::allclose(net(expected::tensor_of(json["input"])), expected::tensor_of(json["logits"]),
                     1e-6, 1e-6));
}

TEST_CASE("pickles of protocol 4 are read", "[files]") {
  if (!have_zip()) return;
  CHECK(load("protocol4.pt").size() == 2);
}

TEST_CASE("integers of any length in a pickle have the sign of their last bit", "[files]") {
  const std::pair<std::string, std::int64_t> cases[] = {{"\x8a\1\x40.", 64},
                                                        {"\x8a\1\x80.", -128},
                                                        {"\x8a\2\xff\x7f.", 32767},
                                                        {"\x8a\2\x01\xbf.", -16639}};
  for (const auto& [bytes, integer] : cases) {
    nn::detail::MemoryBudget budget("read", {}, bytes.size());
    const std::string pickle = "\x80\2" + bytes;
    CHECK(nn::detail::Unpickler(pickle, "read: 'x'", budget).read().integer == integer);
  }
}

TEST_CASE("a whole module and the old format are refused with the line that helps", "[files]") {
  if (!have_zip()) return;
  CHECK_THAT(
      error_of_file("module.pt"),
      ContainsSubstring("'torch.nn.modules.linear.Linear', which only a program of Python") &&
          ContainsSubstring("torch.save(model.state_dict(), \"model.pt\")"));
  CHECK_THAT(error_of_file("mixed_legacy.pt"),
             ContainsSubstring("the format that PyTorch wrote before 2020"));
}

TEST_CASE("a pickle executes nothing, and damage is refused", "[files]") {
  CHECK_THAT(error_of_pickle("\x80\2cos\nsystem\n(X\2\0\0\0lstR."),
             ContainsSubstring("'os.system', which only a program of Python"));
  const std::pair<std::string, const char*> cases[] = {
      {"", "it is cut off"},
      {"\x80\2", "it is cut off"},
      {"\x80\2.", "more or fewer objects than one"},
      {std::string("\x80\2NN."), "more or fewer objects than one"},
      {std::string("\x80\2(N."), "more or fewer objects"},
      {std::string("\x80\2R."), "an object is missing"},
      {std::string("\x80\2}u."), "a mark is missing"},
      {std::string("\x80\2}(Nu."), "a key without a value"},
      {std::string("\x80\2h\5."), "was not remembered"},
      {std::string("\x80\2Nr\xff\xff\xff\xff."), "too far"},
      {std::string("\x80\2]Nb."), "another kind"},
      {std::string("\x80\2i."), "opcode 105"},
      {std::string("\x80\2X\xff\xff\xff\xff"), "it is cut off"},
      {std::string("\x80\1N."), "a pickle of version 1"},
      {std::string("\x80\2NQ."), "a storage without type"},
      {std::string("\x80\2N)R."), "a call of something else"}};
  for (const auto& [bytes, text] : cases)
    CHECK_THAT(error_of_pickle(bytes), ContainsSubstring(text));
}
