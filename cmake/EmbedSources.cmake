# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=<cpp> -DSOURCES=<files, ;-separated> -P EmbedSources.cmake
# Writes a C++ file that holds the text of device sources (kernels/cuda/sources.h).
set(body "")
foreach(file ${SOURCES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND body "    {\"${name}\", R\"tenon_src(${text})tenon_src\"},\n")
endforeach()
file(WRITE ${OUT}.new "// Made by cmake/EmbedSources.cmake.
#include \"kernels/cuda/sources.h\"

namespace tenon::kernels {

const std::vector<EmbeddedSource>& embedded_sources() {
  static const std::vector<EmbeddedSource> all = {
${body}  };
  return all;
}

}  // namespace tenon::kernels
")
file(RENAME ${OUT}.new ${OUT})
