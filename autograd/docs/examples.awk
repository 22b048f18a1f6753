# A filter of Doxygen: indented lines in comments are C++, which it then colours and links. Lines move only behind a comment
# that ends with code.
{
  if ($0 ~ /^ *\/\/\/     / && (code || held ~ /^ *\/\/\/$/)) {
    if (!code) held = held " @code{.cpp}"
    code = 1
    sub(/\/\/\/     /, "/// ")
  } else if (code && $0 !~ /^ *\/\/\/$/) {
    # Behind the code, or behind the empty line that ends it.
    if (held ~ /^ *\/\/\/$/) held = held " @endcode"
    else held = held "\n/// @endcode"
    code = 0
  }
  if (NR > 1) print held
  held = $0
}
END { if (NR > 0) print held }
