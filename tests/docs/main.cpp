// The pages of the reference, as programs: whether their code compiles, and does what they say.
//
//     doc_pages program PAGE FILE    writes the program into a file
//     doc_pages headers SOURCE FILE HEADER...
//                                    writes what these headers open with into a page
//     doc_pages run PROGRAM          looks whether it runs to its end
//     doc_pages check PAGE PROGRAM SOURCE VALUES
//                                    compares what it does; SOURCE is the folder of the project, VALUES
//                                    the file that torch_values has written

#include <cstdio>
#include <exception>
#include <fstream>
#include <string_view>

#include "tests/docs/check.h"
#include "tests/docs/program.h"

namespace {

int write(const char* path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream << text << std::flush;
  return stream ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) try {
  const std::string_view mode = count > 2 ? arguments[1] : "";
  if (mode == "program" && count == 4) {
    return write(arguments[3], docs::program_of(docs::read_page(arguments[2])));
  }
  if (mode == "headers" && count > 4)
    return write(arguments[3],
                 docs::page_of_headers(arguments[2], {arguments + 4, arguments + count}));
  if (mode == "run" && count == 3) return docs::run(arguments[2]).empty();
  if (mode == "check" && count == 6) {
    const docs::Page page = docs::read_page(arguments[2]);
    const auto found = docs::differences(page, arguments[3], arguments[4], arguments[5]);
    for (const std::string& text : found) std::printf("%s\n", text.c_str());
    return found.empty() ? 0 : 1;
  }
  std::fprintf(stderr,
               "usage: doc_pages program PAGE FILE | headers SOURCE FILE HEADER... | run PROGRAM | "
               "check PAGE PROGRAM SOURCE VALUES\n");
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
