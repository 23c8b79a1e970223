# cmake -DFILES=a;b -DOUTPUT=x.cc -P embed.cmake: the bytes of FILES as the table that embedded.h
# declares.
set(arrays "")
set(rows "")
set(index 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "constexpr unsigned char kFile${index}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", kFile${index}, sizeof(kFile${index}) - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"common/config/embedded.h\"

namespace nyala {
namespace {

${arrays}
}  // namespace

const EmbeddedFile kEmbeddedFiles[] = {
${rows}};
const int kEmbeddedFileCount = ${index};

}  // namespace nyala
")
