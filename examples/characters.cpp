#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <cmath>
#include <exception>

#include "characters/words.h"

// A transformer of one layer and four heads learns words letter by letter, and then invents some.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace characters;

namespace {

struct Transformer {
  static constexpr std::int64_t kHeads = 4;
  std::int64_t vocabulary, width;
  tg::Tensor letters = (0.1 * tg::randn({vocabulary, width})).requires_grad_();
  tg::Tensor positions = (0.1 * tg::randn({kBlock, width})).requires_grad_();
  nn::LayerNorm norm1 = nn::LayerNorm(width), norm2 = nn::LayerNorm(width);
  nn::Linear qkv{width, 3 * width}, heads{width, width}, out{width, vocabulary};
  nn::Linear up{width, 4 * width}, down{4 * width, width};

  /// Letters `[words, kBlock]` to what comes after each, logits `[words, kBlock, vocabulary]`.
  tg::Tensor operator()(const tg::Tensor& ids) const {
    tg::Tensor x = letters.index({ids}) + positions;
    x = x + heads(attention(qkv(norm1(x))));
    x = x + down(tg::relu(up(norm2(x))));
    return out(x);
  }
  /// Each letter asks those before it, in every head by itself. Vaswani et al., 2017.
  static tg::Tensor attention(const tg::Tensor& qkv) {
    const std::int64_t words = qkv.shape()[0], width = qkv.shape()[2] / 3;
    const tg::Tensor parts =  // [3, words, kHeads, kBlock, width / kHeads]
        qkv.reshape({words, kBlock, 3, kHeads, width / kHeads}).permute({2, 0, 3, 1, 4});
    const tg::Tensor q = parts[0], k = parts[1], v = parts[2];
    const tg::Tensor scores = tg::matmul(q, k, {.transpose_b = true}) / std::sqrt(width / kHeads);
    static const tg::Tensor seen = tg::tril(tg::ones({kBlock, kBlock})) > 0;
    const tg::Tensor asked = tg::matmul(tg::masked_softmax(scores, seen, -1), v);
    return asked.permute({0, 2, 1, 3}).reshape({words, kBlock, width});
  }
  void visit(nn::Visitor& f) {
    f("letters", letters), f("positions", positions), f("qkv", qkv), f("heads", heads);
    f("norm1", norm1), f("norm2", norm2), f("up", up), f("down", down), f("out", out);
  }
};

/// A word that nobody wrote, letter by letter. Below 1, `temperature` prefers what is likely.
std::string invent(const Transformer& net, const std::string& letters, double temperature) {
  const tg::NoGrad no_grad;
  std::vector<std::int64_t> ids(kBlock, kEnd);
  std::string word;
  while (std::ssize(word) + 1 < kBlock) {
    const tg::Tensor logits = net(tg::tensor(ids, {1, kBlock}))[0][std::ssize(word)];
    const tg::Tensor drawn = tg::multinomial(tg::softmax(logits / temperature, 0), 1);
    if (drawn.item<std::int64_t>() == kEnd) break;
    word += letters.at(drawn.item<std::size_t>());
    ids[word.size()] = drawn.item<std::int64_t>();
  }
  return word;
}

void learn(Transformer& net, const Words& words, const Options& options) {
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.003});
  nn::LinearLR schedule(optimizer, {1, 0.05, options.steps});
  nn::DataLoader loader(nn::TensorDataset(words.ids, words.targets),
                        {.batch_size = options.batch, .shuffle = true, .seed = 1});
  Progress progress(options.steps);
  while (!progress.ended()) {
    for (const nn::Batch& batch : loader) {
      optimizer.zero_grad();
      const tg::Tensor logits = net(batch.inputs).reshape({-1, words.vocabulary()});
      const tg::Tensor loss = tg::cross_entropy(logits, batch.targets.reshape({-1}));
      loss.backward();
      optimizer.step(), schedule.step();
      if (progress.step(loss.item())) break;
    }
  }
}

}  // namespace

// Exit status: 2 for wrong flags, 1 for whatever else fails.
int main(int argc, char** argv) try {
  Options options;
  if (const int status = parse(argc, argv, options); status >= 0) return status;
  const Words words = words_for(options);
  tg::manual_seed(1);
  Transformer net{words.vocabulary(), options.width};
  fmt::print("{} words, {} parameters\n", words.ids.size(0), nn::parameter_count(net));
  learn(net, words, options);
  for (int i = 1; i <= 20; ++i)
    fmt::print("{}{}", invent(net, words.letters, 0.5), i < 20 ? ' ' : '\n');
} catch (const std::exception& error) {
  return fmt::print(stderr, "characters: {}\n", error.what()), 1;
}
