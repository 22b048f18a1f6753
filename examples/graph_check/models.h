#pragma once

#include <autograd/autograd.h>

#include <functional>
#include <string>
#include <vector>

/// What a model computes, and what its tensors are called.
struct Tape {
  tapegrad::Tensor loss;
  tapegrad::TensorNames names;
};

/// A model that is checked, and whose tape can be shown.
struct Model {
  std::string name;
  std::function<tapegrad::VerifyResult()> check;
  std::function<Tape()> tape;
};

std::vector<Model> models();

/// Prints the tape of the model: a line for each record, with the norm of its gradient.
void print_tape(const Model& model);

/// Writes the picture of its tape, as text or, by its ending (.svg, .png, .pdf), drawn by Graphviz.
void write_picture(const std::string& path, const Model& model, bool backward);

/// Prints what differs between the tapes of two, and writes a picture of it where `path` is given.
void show_diff(const std::string& path, const Model& before, const Model& after);

/// The name for a picture that nobody named: of Graphviz where that is installed, else of text.
std::string picture_name(const std::string& name);
