#pragma once

#include <string>
#include <utility>
#include <vector>

// What a page of the reference holds that can be checked.

namespace docs {

/// A block of code, or of what a program prints, as it stands between two lines that begin with
/// three backticks.
struct Block {
  enum class Kind {
    definitions,  ///< C++ at namespace scope: types and functions
    statements,   ///< C++ in a function
    quote,        ///< C++ of a file of the project, word for word
    python,       ///< what the C++ beside it would be with PyTorch
    text,         ///< what the statements before it print
    other         ///< commands, files of other languages: not checked
  };
  Kind kind;
  int line;  ///< of its first line in the page
  std::vector<std::string> lines;
  int section;
  std::string file = {};  ///< of a quote
};

/// What stands below one heading, and is one function.
struct Section {
  std::string title;
  std::string needs = {};  ///< the macro without which it cannot be compiled
};

/// One statement of a block, over one or several lines.
struct Statement {
  int line;
  std::string text;
};

struct Page {
  std::string path;
  std::vector<Section> sections;
  std::vector<Block> blocks;

  /// The statements of block `i`, if it is C++ that stands behind a block of Python, and the index
  /// of that one; else -1.
  int partner(std::size_t i) const;
};

/// Errors: `std::runtime_error`, with file and line.
Page read_page(const std::string& path);

/// A page of the comments that headers in the folder `source` open with, each a section in which the
/// header is included. Errors: for one that opens with no comment `/// @file` that has an example,
/// unless it says that it is internal.
std::string page_of_headers(const std::string& source, const std::vector<std::string>& headers);

/// The statements of a block. In Python every line that is not indented begins one; in C++ the first
/// line behind the end of the one before does. Lines without code belong to none.
std::vector<Statement> statements_of(const Block& block);

/// The line without the comment at its end, in C++ or Python, and without blanks at its end.
std::string without_comment(const std::string& line, bool python);

/// Throws for a place of a page.
[[noreturn]] void fail(const std::string& path, int line, const std::string& text);

}  // namespace docs
