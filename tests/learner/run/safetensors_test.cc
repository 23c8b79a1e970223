#include "learner/run/safetensors.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "common/base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

using testing::HasSubstr;

// A file with this header, as it is, and `data_bytes` of data.
std::string FileOf(const std::string& header, size_t data_bytes) {
  std::string bytes(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, '\x01');
}

std::vector<NamedTensor> SomeTensors() {
  return {{"trunk.0.weight", {2, 3}, {1, 2, 3, 4, 5, 6}},
          {"empty", {0, 4}, {}},
          {"scalar", {}, {-0.0f}},
          {"odd \"name\"\n", {2}, {std::numeric_limits<float>::infinity(), 1e-40f}}};
}

TEST(SafetensorsTest, ReadsBackWhatItWrote) {
  const std::map<std::string, std::string> metadata = {{"run_id", "r"}, {"updates", "7"}};
  const auto read = DecodeSafetensors(EncodeSafetensors(SomeTensors(), metadata));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->metadata, metadata);
  ASSERT_EQ(read->tensors.size(), 4u);
  for (const NamedTensor& wanted : SomeTensors()) {
    bool found = false;
    for (const NamedTensor& tensor : read->tensors) {
      if (tensor.name != wanted.name) continue;
      found = true;
      EXPECT_EQ(tensor.shape, wanted.shape);
      EXPECT_EQ(tensor.values, wanted.values);
    }
    EXPECT_TRUE(found) << wanted.name;
  }
}

TEST(SafetensorsTest, WritesTheFormatByteByByte) {
  const std::string bytes = EncodeSafetensors({NamedTensor{"a", {2}, {1.0f, -2.0f}}});
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const size_t padded = (header.size() + 7) / 8 * 8;
  ASSERT_EQ(bytes.size(), 8 + padded + 8);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length, padded);
  EXPECT_EQ(bytes.substr(8, padded), header + std::string(padded - header.size(), ' '));
  EXPECT_EQ(bytes.substr(8 + padded), std::string("\0\0\x80\x3f\0\0\0\xc0", 8));
}

TEST(SafetensorsTest, AFileWithoutTensorsIsValid) {
  const auto read = DecodeSafetensors(EncodeSafetensors({}));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->tensors.empty());
}

TEST(SafetensorsTest, NansKeepTheirBits) {
  const float nan = std::nanf("1");
  const auto read = DecodeSafetensors(EncodeSafetensors({NamedTensor{"a", {1}, {nan}}}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::memcmp(read->tensors[0].values.data(), &nan, sizeof(nan)), 0);
}

TEST(SafetensorsTest, TensorsComeInTheOrderOfTheirData) {
  const auto read =
      DecodeSafetensors(FileOf(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
                               R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                               8));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->tensors[0].name, "b");
  EXPECT_EQ(read->tensors[1].name, "a");
}

struct Malformed {
  const char* name;
  const char* header;
  size_t data_bytes;
  const char* reason;
};

class MalformedSafetensorsTest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedSafetensorsTest, IsRefusedWithTheReason) {
  const auto read = DecodeSafetensors(FileOf(GetParam().header, GetParam().data_bytes));
  EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(read.status().message(), HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Headers, MalformedSafetensorsTest,
    testing::Values(
        Malformed{"NoHeader", "", 0, "does not begin with '{'"},
        Malformed{"LeadingSpace", " {}", 0, "does not begin with '{'"},
        Malformed{"List", "[]", 0, "does not begin with '{'"},
        Malformed{"NoJson", "{\"a\":", 0, "is not JSON"},
        Malformed{"TrailingText", "{}x", 0, "is not JSON"},
        Malformed{"TensorTwice",
                  R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                  R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                  4, "a key twice"},
        Malformed{"FieldTwice",
                  R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4,
                  "a key twice"},
        Malformed{"MetadataNoObject", R"({"__metadata__":3})", 0, "__metadata__ is no object"},
        Malformed{"MetadataNumber", R"({"__metadata__":{"a":3}})", 0, "no string"},
        Malformed{"TensorNoObject", R"({"a":3})", 0, "must have exactly"},
        Malformed{"MissingField", R"({"a":{"dtype":"F32","shape":[1]}})", 4, "must have exactly"},
        Malformed{"ExtraField", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":0}})",
                  4, "must have exactly"},
        Malformed{"OtherDtype", R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4,
                  "has dtype F16; only F32 is read"},
        Malformed{"DtypeNumber", R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", 4,
                  "dtype that is no string"},
        Malformed{"ShapeNumber", R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4,
                  "shape that is no list"},
        Malformed{"NegativeSize", R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4,
                  "no natural number"},
        Malformed{"FractionalSize", R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",
                  4, "no natural number"},
        Malformed{"HugeSize",
                  R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4,
                  "no natural number"},
        Malformed{"ShapeOverflow",
                  R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
                  0, "overflows"},
        Malformed{"BytesOverflow",
                  R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0,
                  "overflows"},
        Malformed{"OffsetsReversed", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4,
                  "[begin, end]"},
        Malformed{"OneOffset", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}})", 4,
                  "[begin, end]"},
        Malformed{"SizeMismatch", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
                  "do not fit its shape"},
        Malformed{"BeyondTheFile", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
                  "end beyond the file"},
        Malformed{"Hole", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8,
                  "leave a hole"},
        Malformed{"Overlap",
                  R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                  R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                  8, "overlap"},
        Malformed{"DataLeftOver", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5,
                  "belong to no tensor"}),
    [](const testing::TestParamInfo<Malformed>& info) { return info.param.name; });

TEST(SafetensorsTest, AZeroByteInTheHeaderIsRefused) {
  EXPECT_THAT(DecodeSafetensors(FileOf(std::string("{}\0\0", 4), 0)).status().message(),
              HasSubstr("zero byte"));
}

TEST(SafetensorsTest, AnImpossibleHeaderLengthIsRefused) {
  std::string bytes = FileOf("{}", 0);
  bytes[0] = 3;
  EXPECT_THAT(DecodeSafetensors(bytes).status().message(), HasSubstr("ends beyond the file"));
  bytes[7] = '\x7f';
  EXPECT_THAT(DecodeSafetensors(bytes).status().message(), HasSubstr("too large"));
}

TEST(SafetensorsTest, DeeplyNestedHeadersAreRefused) {
  std::string header = "{\"a\":";
  header.append(100'000, '[');
  EXPECT_FALSE(DecodeSafetensors(FileOf(header, 0)).ok());
}

TEST(SafetensorsTest, EveryTruncationIsRefused) {
  const std::string bytes = EncodeSafetensors(SomeTensors(), {{"k", "v"}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto read = DecodeSafetensors(absl::string_view(bytes).substr(0, size));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << size;
  }
}

// Whatever still passes has tensors that are whole.
TEST(SafetensorsTest, EveryFlippedBitIsRefusedOrGivesWholeTensors) {
  const std::string original = EncodeSafetensors(SomeTensors(), {{"k", "v"}});
  for (size_t bit = 0; bit < 8 * original.size(); ++bit) {
    std::string bytes = original;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const auto read = DecodeSafetensors(bytes);
    if (!read.ok()) {
      EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << bit;
      continue;
    }
    for (const NamedTensor& tensor : read->tensors) {
      int64_t elements = 1;
      for (const int64_t size : tensor.shape) elements *= size;
      EXPECT_EQ(tensor.values.size(), static_cast<size_t>(elements)) << bit;
    }
  }
}

TEST(SafetensorsTest, RandomBytesAreRefused) {
  RandomSequence random(5);
  for (int i = 0; i < 500; ++i) {
    std::string header = "{";
    for (uint64_t k = random.Below(60); k > 0; --k) {
      header.push_back("{}[]:,\"aF32 01.-e\\u\n"[random.Below(20)]);
    }
    EXPECT_FALSE(DecodeSafetensors(FileOf(header, 4)).ok()) << header;
  }
}

TEST(SafetensorsDeathTest, AShapeThatDoesNotFitIsOurMistake) {
  const NamedTensor whole = {"a", {1}, {1.0f}};
  const NamedTensor half = {"b", {2}, {1.0f}};
  EXPECT_DEATH(EncodeSafetensors({whole, half}), "shape does not fit");
  EXPECT_DEATH(EncodeSafetensors({whole, whole}), "reserved or taken");
}

}  // namespace
}  // namespace nyala
