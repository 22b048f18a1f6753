#include "picture.h"

#if defined(TAPEGRAD_WITH_REPORT)
#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/report/report.h>
#endif

namespace spirals {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

#if defined(TAPEGRAD_WITH_REPORT)

namespace report = tapegrad::report;

void write_picture(const std::string& file, const nn::TensorDataset& training,
                   const nn::TensorDataset& test, const std::vector<Course>& courses) {
  const tg::NoGrad no_grad;
  report::Page page("Three spirals");
  page.text(
      "Three classes are wound around each other, and each picture shows which class a model gives "
      "to every place, the stronger the colour the surer. Play the epochs: the linear model can only "
      "turn its three straight borders, whereas those of the hidden units bend around the arms. "
      "The curves say how long that takes, on points that neither model has learned from.");
  report::Lines accuracy{.title = "How many unseen points are right",
                         .x = {.label = "epoch"},
                         .y = {.label = "accuracy", .percent = true, .low = 0, .high = 1}};
  for (const Course& course : courses) {
    report::Field field{
        .title = fmt::format("The plane: {}", course.name),
        .grid = {.left = -1.2, .right = 1.2, .bottom = -1.2, .top = 1.2, .columns = 60, .rows = 60},
        .class_names = {"class 0", "class 1", "class 2"},
        .points = training.inputs(),
        .classes = training.targets()};
    std::vector<double> right;
    for (const nn::Sequential& net : course.epochs) {
      right.push_back(nn::accuracy(net(test.inputs()), test.targets()));
      field.frames.push_back(
          {fmt::format("epoch {}", right.size()), tg::softmax(net(field.grid.points()), 1)});
    }
    page.add(field);
    accuracy.series.push_back({.name = course.name, .y = right});
  }
  page.add(accuracy);
  page.write(file);
}

#else

void write_picture(const std::string&, const nn::TensorDataset&, const nn::TensorDataset&,
                   const std::vector<Course>&) {}

#endif

}  // namespace spirals
