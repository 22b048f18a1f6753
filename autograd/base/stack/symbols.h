#pragma once

#include <cstdint>
#include <string>

#include "autograd/base/cxx20.h"

// Internal: which function an address lies in, by the table of symbols of the program's file or of
// the library's. Linkers write it unless they are told to strip it; no other library is needed to
// read it, and the program need not be linked in another way.

namespace tapegrad::detail {

/// An address of code, as the file says it that it comes from.
struct CodePlace {
  std::string file;            ///< empty where it is of none
  std::uintptr_t address = 0;  ///< as the file counts, and so does addr2line
  std::string function;        ///< the linker's name; empty where nobody says it
};

/// For a place of `take_stack`: of the call, not of where it returns to.
CodePlace find_code(const void* place);

}  // namespace tapegrad::detail
