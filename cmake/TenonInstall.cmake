# SPDX-License-Identifier: Apache-2.0
# `cmake --install` and the wheel: libraries, public headers, and what find_package(tenon) and
# find_package(torch_tensorrt) need. The same packages work from the build folder:
# -DCMAKE_PREFIX_PATH=<build folder>.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# tenon_package(<name> <target>...): exports targets, for the installed and the build tree.
function(tenon_package name namespace)
  set(place ${CMAKE_INSTALL_LIBDIR}/cmake/${name})
  set(build_place ${PROJECT_BINARY_DIR}/lib/cmake/${name})
  install(TARGETS ${ARGN} EXPORT ${name}Targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT ${name}Targets NAMESPACE ${namespace} DESTINATION ${place})
  export(EXPORT ${name}Targets NAMESPACE ${namespace} FILE ${build_place}/${name}Targets.cmake)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}Config.cmake.in
    ${build_place}/${name}Config.cmake @ONLY)
  write_basic_package_version_file(${build_place}/${name}ConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${build_place}/${name}Config.cmake ${build_place}/${name}ConfigVersion.cmake
    DESTINATION ${place})
endfunction()

tenon_package(tenon tenon:: tenon)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tenon DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

if(TENON_ONEDNN)
  install(TARGETS tenon_onednn LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  get_target_property(TENON_DNNL_COPY tenon_onednn TENON_DNNL_COPY)
  install(PROGRAMS ${TENON_DNNL_COPY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

if(TENON_TORCH)
  tenon_package(torch_tensorrt torch_tensorrt:: torchtrt)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/torch_tensorrt
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(FILES ${PROJECT_BINARY_DIR}/lib/torch_version.txt DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
