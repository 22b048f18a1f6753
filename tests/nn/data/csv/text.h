#pragma once

#include <string>

#include "autograd/base/error.h"
#include "nn/data/csv/csv.h"
#include "tests/message_of.h"
#include "tests/temp_folder.h"

/// `read_csv` of a file that holds `text`.
inline tapegrad::nn::CsvTable read_text(const std::string& text,
                                        const tapegrad::nn::CsvOptions& options = {}) {
  const TempFolder folder;
  return tapegrad::nn::read_csv(folder.write("table.csv", text), options);
}

/// What `read_csv` says of a file that holds `text`.
template <class E = tapegrad::FileError>
std::string error_of(const std::string& text, const tapegrad::nn::CsvOptions& options = {}) {
  return message_of<E>([&] { read_text(text, options); });
}
