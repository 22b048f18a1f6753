#pragma once

#include <autograd/autograd.h>

#include <string>
#include <vector>

/// As what the catalogue is printed.
enum class ListFormat { text, json, markdown };

/// Prints what each operator is and can, what it does at ties, bounds and NaN, and the same of
/// functions that are no operators; as text also the names of the models.
void print_catalogue(ListFormat format, const std::vector<tapegrad::OperatorInfo>& operators,
                     const std::vector<std::string>& models);
