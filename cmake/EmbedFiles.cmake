# cmake -DFILES=a;b -DTABLE=kName -DOUTPUT=x.cc -P EmbedFiles.cmake: the bytes of FILES as a table of
# EmbeddedFile (embedded.h), kName, and its length, kNameCount.
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

extern const EmbeddedFile ${TABLE}[] = {
${rows}};
extern const int ${TABLE}Count = ${index};

}  // namespace nyala
")
