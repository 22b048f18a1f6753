// The undefined tensor, given where a value is needed: every operator says so and names itself and
// the argument; none crashes.

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "tests/messages/messages_functions.h"
#include "tests/operator_headers.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using messages::Function;
using messages::functions;
using messages::kIsUndefined;
using tg::Tensor;

namespace {

std::string text_of(const char* path) {
  std::ifstream file(std::filesystem::path(TAPEGRAD_SOURCE_DIR) / path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Calls each case of the operators on the tape with the undefined tensor in place of each input in
/// turn: `check(operator, case, input, message)`, with an empty message where nothing was thrown.
void call_cases_undefined(const auto& check) {
  for (const tg::OperatorInfo& op : tg::operators()) {
    for (const tg::OperatorCase& example : op.cases) {
      for (std::size_t i = 0; i < example.inputs.size(); ++i) {
        std::vector<Tensor> inputs = example.inputs;
        inputs[i] = Tensor();
        std::string message;
        try {
          example.call(inputs);
        } catch (const tg::ValueError& error) {
          message = error.what();
        }
        check(op, example, i, message);
      }
    }
  }
}

std::set<std::string> names_of_formulas() {
  return []<class... Op>(tg::formula::List<Op...>) {
    return std::set<std::string>{Op::name...};
  }(tg::formula::Elementwise());
}

/// The names of the functions that return a value of the library's, in the declarations of `text`.
std::set<std::string> declared(const std::string& text, const char* indent) {
  const std::regex function(
      std::string("\n") + indent +
      R"re((?:inline )?(?:Tensor&?|ValuesAndIndices|bool|DType|std::vector<Tensor>) )re" +
      R"re((operator\S+?|\w+)\()re");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), function), end; it != end; ++it)
    names.insert((*it)[1]);
  return names;
}

}  // namespace

TEST_CASE("every operator names itself and the argument that is undefined") {
  for (const bool recorded : {false, true}) {
    const Tensor sample = tg::full({2, 2}, 0.5).requires_grad_(recorded);
    for (const Function& function : functions()) messages::check_undefined(function, sample);
  }
}

TEST_CASE("every function is given undefined arguments, by its cases or by the table") {
  std::set<std::string> given;
  for (const Function& function : functions()) given.insert(function.name);
  // What cases call; the test below looks at what it says. Those of a formula call that, and not
  // its function.
  const std::set<std::string> formulas = names_of_formulas();
  call_cases_undefined([&](const auto& op, auto&, std::size_t, const std::string& message) {
    if (!formulas.contains(op.name)) given.insert(message.substr(0, message.find(':')));
  });
  std::set<std::string> wanted =
      declared(text_of_operator_headers() + text_of("nn/losses/losses.h"), "");
  CHECK(wanted.size() > 80);
  const std::string tensor_h = text_of("autograd/tensor/tensor.h");
  const std::set<std::string> of_tensor =
      declared(tensor_h.substr(0, tensor_h.find(" private:\n  // The library's ways")), "  ");
  CHECK(of_tensor.size() > 60);
  wanted.insert(of_tensor.begin(), of_tensor.end());
  // What is asked of a handle, and what says of itself that it does.
  for (const char* name : {"defined", "is_same", "requires_grad", "is_leaf", "operator=", "grad",
                           "dtype", "more_room", "id"})
    wanted.erase(name);
  for (const std::string& name : wanted) {
    INFO(name << ": no case of an operator on the tape calls it; if none should, list it in "
              << "messages_functions.h");
    CHECK(given.contains(name));
  }
}

TEST_CASE("no operator on the tape takes an undefined tensor for a value") {
  // Those of the list for gradcheck, so that what is added there is here too.
  const std::set<std::string> optional{"linear", "layer_norm", "clamp_tensor", "cross_entropy"};
  call_cases_undefined([&](const tg::OperatorInfo& op, const tg::OperatorCase& example,
                           std::size_t i, const std::string& message) {
    INFO(op.name << ", " << example.label << ", input " << i);
    if (message.empty())
      CHECK((i > 0 && optional.contains(op.name)));
    else
      CHECK_THAT(message, ContainsSubstring(kIsUndefined));
  });
}

TEST_CASE("what is asked of the undefined tensor itself is an error") {
  const Tensor none;
  const std::string text = "Tensor: what was asked for its shape, type or elements" + kIsUndefined;
  CHECK_THROWS_WITH(none.shape(), text);
  CHECK_THROWS_WITH(none.dtype(), text);
  CHECK_THROWS_WITH(none.numel(), text);
  CHECK_THROWS_WITH(none.requires_grad(), text);
}

TEST_CASE("a layer of an undefined tensor says where") {
  CHECK_THROWS_WITH(nn::Linear(2, 2)(Tensor()), ContainsSubstring("undefined"));
  CHECK_THROWS_WITH(nn::BatchNorm1d(2)(Tensor()), ContainsSubstring("undefined"));
  const tg::Scope outer("net"), inner("fc");
  CHECK_THROWS_WITH(tg::exp(Tensor()), "exp: the argument" + kIsUndefined + " [in net.fc]");
}

TEST_CASE("a tensor that was moved from is undefined") {
  Tensor x = tg::ones({2});
  const Tensor y = std::move(x);
  CHECK_THROWS_WITH(x + y, "add: the first argument" + kIsUndefined);
}

TEST_CASE("a gradient that nobody computed says how to ask for it") {
  const Tensor w = tg::ones({2}).requires_grad_();
  CHECK_FALSE(w.grad().defined());
  CHECK_THROWS_WITH(w.grad() * 0.1, ContainsSubstring("grad()") && ContainsSubstring("backward()"));
}
