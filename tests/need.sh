# shellcheck shell=bash disable=SC2034
# Sourced by the run scripts: installs Debian packages that are missing, and tells what it does.

say() { printf '\n==> %s\n' "$*"; }

# need PACKAGE...: makes sure that the packages are there. Where they cannot be installed (no apt, or
# neither root nor sudo) it names them and goes on, since the same libraries may have come another way.
need() {
  local package missing=() as_root=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "No apt here. If the build stops, install what these Debian packages hold: $*"
    return 0
  fi
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  if ((EUID != 0)); then
    if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      say "Missing, and only root can install them: apt-get install ${missing[*]}"
      return 0
    fi
  fi
  say "Installing ${missing[*]}"
  if ! { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
      --no-install-recommends "${missing[@]}" </dev/null >/dev/null; }; then
    say "Could not install all of: ${missing[*]}. Going on with what is there."
  fi
}

# The scripts that pages of tapegrad::report hold, which npm has. Where they cannot be had, that library is not built.
need_report_scripts() {
  local wanted=nn/report/scripts.txt folder=build/npm packages
  cmp -s "$wanted" "$folder/scripts.txt" && return
  { command -v node && command -v npm; } >/dev/null || need nodejs npm
  mapfile -t packages <"$wanted"
  say "Getting ${packages[*]} with npm"
  if npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund "${packages[@]}"; then
    cp "$wanted" "$folder/scripts.txt"
  else
    say "Could not get them. Going on without reports."
  fi
}

# What the library, its tests and its examples are built with.
build_packages=(cmake ninja-build g++ pkgconf libfmt-dev libxsimd-dev nlohmann-json3-dev zlib1g-dev libminizip-dev)
example_packages=(libcli11-dev)
# Some examples are for programs that have these; everything else is built without.
solver_packages=(coinor-libipopt-dev libceres-dev)
test_packages=(catch2 graphviz libeigen3-dev libonnx-dev libprotobuf-dev "${solver_packages[@]}" "${example_packages[@]}")

# The generator for a new build folder: Ninja if it is there.
generator() {
  if command -v ninja >/dev/null; then echo Ninja; else echo "Unix Makefiles"; fi
}

jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
