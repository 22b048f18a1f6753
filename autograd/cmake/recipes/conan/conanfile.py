"""A recipe for Conan 2 that takes the library from the folders around it:

    conan create tapegrad/autograd/cmake/recipes/conan
"""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"


class TapegradRecipe(ConanFile):
    name = "tapegrad"
    description = "Tensors with exact gradients, and multi-layer perceptrons, for C++20 programs"
    license = "MIT"
    topics = ("autograd", "automatic differentiation", "neural networks")
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "zip": [True, False],  # files that are packed: data in .gz, and the archives .npz and .pt
        "linalg": [True, False],  # decompositions of matrices
    }
    default_options = {"shared": False, "fPIC": True, "zip": True, "linalg": False, "minizip/*:bzip2": False}
    implements = ["auto_shared_fpic"]

    def _checkout(self):
        return os.path.normpath(os.path.join(self.recipe_folder, *[os.pardir] * 4))

    def set_version(self):
        text = load(self, os.path.join(self._checkout(), "autograd", "base", "version.h"))
        self.version = ".".join(re.findall(r"#define TAPEGRAD_VERSION_[A-Z]+ (\d+)\n", text))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "autograd/*", "nn/*"):
            copy(self, pattern, self._checkout(), self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("fmt/[>=9.1 <10]", transitive_headers=True)
        # Headers alone, of which the installed ones know nothing.
        self.requires("xsimd/8.1.0", visible=False)
        self.requires("nlohmann_json/[>=3.11 <4]", visible=False)
        if self.options.linalg:
            self.requires("eigen/3.4.0", visible=False)
        if self.options.zip:
            self.requires("zlib/[>=1.2.13 <2]")
            self.requires("minizip/1.3.1")

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in ("BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_BENCHMARKS"):
            toolchain.cache_variables[f"TAPEGRAD_{name}"] = False
        toolchain.cache_variables["TAPEGRAD_ONNX"] = "OFF"
        toolchain.cache_variables["TAPEGRAD_LINALG"] = "ON" if self.options.linalg else "OFF"
        toolchain.cache_variables["CMAKE_DISABLE_FIND_PACKAGE_ZLIB"] = not self.options.zip
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        # CMakeDeps writes these anew, from what package_info says.
        for folder in ("cmake", "pkgconfig"):
            rmdir(self, os.path.join(self.package_folder, "lib", folder))
        rmdir(self, os.path.join(self.package_folder, "share", "doc"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "tapegrad")
        self.cpp_info.set_property("pkg_config_name", "tapegrad")
        requires = {"autograd": ["fmt::fmt"], "nn": ["autograd"]}
        if self.options.zip:
            requires["nn"] += ["zlib::zlib", "minizip::minizip"]
        if self.options.linalg:
            requires["linalg"] = ["autograd"]
        for name, needed in requires.items():
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", f"tapegrad::{name}")
            part.libs = [f"tapegrad_{name}"]
            part.requires = needed
            if self.settings.os in ("Linux", "FreeBSD"):
                part.system_libs = ["m", "pthread"]
                if not self.options.shared:
                    # A program keeps the functions that it calls, and no others.
                    part.exelinkflags = part.sharedlinkflags = ["-Wl,--gc-sections"]
