# Writes a .cpp that holds the data files, so that the program needs no files of its own at run time.
# cmake -DROOT=... -DOUT=... -DFILES=a|b|c -P embed.cmake
string(REPLACE "|" ";" files "${FILES}")
set(text "// Made by config/embed.cmake from the files named below.\n#include \"config/embedded.hpp\"\n\n#include <array>\n\n")
string(APPEND text "namespace greenroom {\nnamespace {\n\nconstexpr std::array<DataFile, ")
list(LENGTH files count)
string(APPEND text "${count}> kFiles{{\n")
foreach(file IN LISTS files)
  file(READ "${ROOT}/${file}" content)
  string(APPEND text "    {\"${file}\", R\"GREENROOM(${content})GREENROOM\"},\n")
endforeach()
string(APPEND text "}};\n\n}  // namespace\n\nstd::span<const DataFile> embedded_files() { return kFiles; }\n\n}  // namespace greenroom\n")
file(WRITE "${OUT}" "${text}")
