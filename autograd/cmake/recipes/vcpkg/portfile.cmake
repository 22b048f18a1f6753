# A port of vcpkg that takes the library from the folders around it:
#
#     vcpkg install tapegrad --overlay-ports=tapegrad/autograd/cmake/recipes/vcpkg
#
# In a registry, vcpkg_from_git takes the place of the next line.
cmake_path(SET SOURCE_PATH NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../../..")

vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options
  FEATURES
    linalg TAPEGRAD_LINALG
  INVERTED_FEATURES
    zip CMAKE_DISABLE_FIND_PACKAGE_ZLIB)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DTAPEGRAD_BUILD_TESTS=OFF
    -DTAPEGRAD_BUILD_EXAMPLES=OFF
    -DTAPEGRAD_BUILD_BENCHMARKS=OFF
    -DTAPEGRAD_ONNX=OFF
    ${feature_options})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/tapegrad)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share"
  "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
