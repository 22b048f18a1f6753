#pragma once

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What the flags --activation, --optimizer and --schedule can say. A further choice is one more
// line in choices.cpp.

namespace digits {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

/// The names in the order in which --help shows them.
std::vector<std::string> activation_names();
std::vector<std::string> optimizer_names();
std::vector<std::string> schedule_names();

nn::Layer make_activation(const std::string& name);
std::unique_ptr<nn::Optimizer> make_optimizer(const std::string& name,
                                              const std::vector<nn::Parameter>& parameters,
                                              double lr);
/// The learning rate that suits an optimizer on the digits.
double default_lr(const std::string& optimizer);
/// A schedule that is stepped after each of `steps` batches; nullptr for "constant".
std::unique_ptr<nn::Schedule> make_schedule(const std::string& name, nn::Optimizer& optimizer,
                                            std::int64_t steps, double lr);

}  // namespace digits
