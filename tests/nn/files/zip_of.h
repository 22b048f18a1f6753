#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A file in an archive.
struct ZipMember {
  std::string name, content;
  std::string deflated = {};                // the content, if it is packed
  std::optional<std::size_t> claimed = {};  // its size, unless it is the true one
};

/// The checksum of archives.
inline std::uint32_t crc32_of(std::string_view content) {
  std::uint32_t sum = 0xffffffff;
  for (const char c : content) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum;
}

/// A zip archive byte by byte: with other members, and other sizes, than an honest program writes.
inline std::string zip_of(const std::vector<ZipMember>& members) {
  std::string out, list;
  const auto put = [](std::string& to, std::initializer_list<std::pair<int, std::size_t>> numbers) {
    for (auto [bytes, number] : numbers)
      for (; bytes > 0; --bytes, number >>= 8) to += static_cast<char>(number);
  };
  for (const ZipMember& member : members) {
    const std::string& data = member.deflated.empty() ? member.content : member.deflated;
    const std::size_t at = out.size(), method = member.deflated.empty() ? 0 : 8;
    const auto put_common = [&](std::string& to) {
      put(to, {{2, 20}, {2, 0}, {2, method}, {2, 0}, {2, 33}, {4, crc32_of(member.content)}});
      put(to, {{4, data.size()}, {4, member.claimed.value_or(member.content.size())}});
      put(to, {{2, member.name.size()}, {2, 0}});
    };
    out += "PK\3\4";
    put_common(out);
    out += member.name + data;
    list += "PK\1\2";
    put(list, {{2, 20}});
    put_common(list);
    put(list, {{2, 0}, {2, 0}, {2, 0}, {4, 0}, {4, at}});
    list += member.name;
  }
  const std::size_t begin = out.size(), count = members.size();
  out += list + "PK\5\6";
  put(out, {{2, 0}, {2, 0}, {2, count}, {2, count}, {4, list.size()}, {4, begin}, {2, 0}});
  return out;
}
