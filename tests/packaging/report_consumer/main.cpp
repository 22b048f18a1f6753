// A user's program: writes a report of a small training; exit status 1 if the page does not hold what
// it should.

#include <autograd/autograd.h>
#include <nn/nn.h>
#include <nn/report/report.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

int main() {
  nn::Sequential net{nn::Flatten{}, nn::Linear{4, 3}};
  nn::History history;
  for (int epoch = 1; epoch <= 3; ++epoch)
    history.epochs.push_back({.epoch = epoch, .training = {.loss = 1.0 / epoch}});
  const tg::Tensor images = tg::rand({8, 2, 2});
  nn::write_report("report.html", {.title = "A report",
                                   .runs = {{.name = "linear", .history = history}},
                                   .details = nn::examine(net, images, tg::zeros({8}, tg::int64))});
  std::ifstream file("report.html", std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  for (const char* text : {"<h1>A report</h1>", "Confusion matrix", "1.weight", "echarts", "dagre"})
    if (page.find(text) == page.npos) return 1;
}
