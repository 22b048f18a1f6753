#pragma once

#include <string>

#include "nn/data/idx.h"
#include "nn/files/files.h"
#include "tests/temp_folder.h"

// What a build of the library can do without zlib, or without minizip, is tested alone.

/// False in a build without zlib, where no .gz file is written.
inline bool have_gzip() {
  static const bool have = [] {
    const TempFolder folder;
    try {
      tapegrad::nn::write_idx(folder.file("x.gz"), {.bytes = {1}});
      return true;
    } catch (const tapegrad::FileError&) {
      return false;
    }
  }();
  return have;
}

/// False in a build without minizip, or without zlib, where no archive is written.
inline bool have_zip() {
  static const bool have = [] {
    const TempFolder folder;
    try {
      tapegrad::nn::save_file(folder.file("x.npz"), {});
      return true;
    } catch (const tapegrad::FileError&) {
      return false;
    }
  }();
  return have;
}
