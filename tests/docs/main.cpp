// The pages of the reference, as programs: whether their code compiles, and does what they say.
//
//     doc_pages program PAGE FILE    writes the program into a file
//     doc_pages check PAGE PROGRAM SOURCE VALUES
//                                    compares what it does; SOURCE is the folder of the project, VALUES
//                                    the file that torch_values has written

#include <cstdio>
#include <exception>
#include <fstream>
#include <string_view>

#include "tests/docs/check.h"
#include "tests/docs/program.h"

int main(int count, char** arguments) try {
  const std::string_view mode = count > 2 ? arguments[1] : "";
  if (mode == "program" && count == 4) {
    std::ofstream stream(arguments[3], std::ios::binary);
    stream << docs::program_of(docs::read_page(arguments[2])) << std::flush;
    return stream ? 0 : 1;
  }
  if (mode == "check" && count == 6) {
    const docs::Page page = docs::read_page(arguments[2]);
    const auto found = docs::differences(page, arguments[3], arguments[4], arguments[5]);
    for (const std::string& text : found) std::printf("%s\n", text.c_str());
    return found.empty() ? 0 : 1;
  }
  std::fprintf(stderr, "usage: doc_pages program PAGE FILE | check PAGE PROGRAM SOURCE VALUES\n");
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
