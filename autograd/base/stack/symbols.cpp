#include "autograd/base/stack/symbols.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#if defined(__ELF__) && __has_include(<link.h>)
#define TAPEGRAD_READS_ELF
#include <link.h>
#include <unistd.h>
#endif

namespace tapegrad::detail {

#if defined(TAPEGRAD_READS_ELF)

namespace {

/// An ELF file. What it says of itself is not believed: a read past its end fails.
class ElfFile {
 public:
  explicit ElfFile(const char* path) : file_(std::fopen(path, "rbe"), &std::fclose) {}

  /// The name of the function that `address` lies in, or "".
  std::string function_at(std::uintptr_t address) {
    ElfW(Ehdr) header;
    if (!file_ || !read(0, &header, 1)) return {};
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        header.e_shentsize != sizeof(ElfW(Shdr)))
      return {};
    std::vector<ElfW(Shdr)> sections(header.e_shnum);
    if (!read(header.e_shoff, sections.data(), sections.size())) return {};
    // The whole table, where there is one, else what other modules see.
    for (const auto type : {SHT_SYMTAB, SHT_DYNSYM}) {
      for (const ElfW(Shdr) & section : sections) {
        if (section.sh_type != static_cast<unsigned>(type) || section.sh_link >= sections.size())
          continue;
        std::string name = function_in(section, sections[section.sh_link], address);
        if (!name.empty()) return name;
      }
    }
    return {};
  }

 private:
  template <class T>
  bool read(std::uint64_t offset, T* to, std::size_t count) {
    return std::fseek(file_.get(), static_cast<long>(offset), SEEK_SET) == 0 &&
           std::fread(to, sizeof(T), count, file_.get()) == count;
  }

  std::string function_in(const ElfW(Shdr) & table, const ElfW(Shdr) & names,
                          std::uintptr_t address) {
    std::vector<ElfW(Sym)> symbols(4096);
    std::size_t left = table.sh_size / sizeof(ElfW(Sym));
    for (std::uint64_t offset = table.sh_offset; left > 0;) {
      const std::size_t count = std::min(left, symbols.size());
      if (!read(offset, symbols.data(), count)) return {};
      for (const ElfW(Sym) & symbol : std::span(symbols).first(count)) {
        if ((symbol.st_info & 0xF) == STT_FUNC && address >= symbol.st_value &&
            address - symbol.st_value < symbol.st_size)
          return text_at(names.sh_offset + symbol.st_name);
      }
      left -= count;
      offset += count * sizeof(ElfW(Sym));
    }
    return {};
  }

  /// The text there, up to its zero byte.
  std::string text_at(std::uint64_t offset) {
    constexpr std::size_t longest = 4000;  // the names of templates have no limit
    std::string text;
    if (std::fseek(file_.get(), static_cast<long>(offset), SEEK_SET) != 0) return text;
    for (int letter; text.size() < longest && (letter = std::fgetc(file_.get())) > 0;)
      text += static_cast<char>(letter);
    return text;
  }

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// The module in which `address` is, while the loader names one after the other.
struct ModuleSearch {
  std::uintptr_t address;
  std::uintptr_t base = 0;
  std::string file = {};

  static int visit(dl_phdr_info* info, std::size_t, void* context) {
    auto& search = *static_cast<ModuleSearch*>(context);
    for (const ElfW(Phdr) & part : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
      if (part.p_type != PT_LOAD || search.address - info->dlpi_addr - part.p_vaddr >= part.p_memsz)
        continue;
      search.base = info->dlpi_addr;
      search.file = info->dlpi_name[0] ? info->dlpi_name : own_file();
      return 1;
    }
    return 0;
  }

  /// The program's.
  static std::string own_file() {
    char path[4096];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
    return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
  }
};

}  // namespace

CodePlace find_code(const void* place) {
  // A call that is the last of its function returns to the next one.
  ModuleSearch search{reinterpret_cast<std::uintptr_t>(place) - 1};
  dl_iterate_phdr(ModuleSearch::visit, &search);
  CodePlace found{search.file, search.address - search.base, {}};
  if (!found.file.empty()) found.function = ElfFile(found.file.c_str()).function_at(found.address);
  return found;
}

#else

CodePlace find_code(const void* place) {
  return {{}, reinterpret_cast<std::uintptr_t>(place) - 1, {}};
}

#endif

}  // namespace tapegrad::detail
