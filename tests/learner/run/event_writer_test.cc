#include "learner/run/event_writer.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "common/base/crc32c.h"
#include "common/system/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::HasSubstr;

// A second implementation of what TensorBoard reads, from the formats' descriptions.
class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes.begin(), bytes.end()) {}
  bool done() const { return at_ == bytes_.size(); }

  template <typename T>
  T Fixed() {
    T value{};
    if (at_ + sizeof(T) > bytes_.size()) {
      ADD_FAILURE() << "the bytes end too early";
      at_ = bytes_.size();
      return value;
    }
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }
  std::string Take(uint64_t size) {
    EXPECT_LE(size, bytes_.size() - at_);
    size = std::min<uint64_t>(size, bytes_.size() - at_);
    std::string taken(bytes_.data() + at_, size);
    at_ += size;
    return taken;
  }

 private:
  std::vector<char> bytes_;
  size_t at_ = 0;
};

uint32_t Unmask(uint32_t masked) {
  const uint32_t rotated = masked - 0xA282EAD8;
  return (rotated >> 17) | (rotated << 15);
}

struct Event {
  double wall_time = 0;
  uint64_t step = 0;
  std::string file_version;
  bool session_start = false;
  std::vector<std::pair<std::string, float>> scalars;
};

std::pair<std::string, float> ParseValue(const std::string& bytes) {
  Reader reader(bytes);
  EXPECT_EQ(reader.Varint(), (1u << 3) | 2);
  const std::string tag = reader.Take(reader.Varint());
  EXPECT_EQ(reader.Varint(), (2u << 3) | 5);
  return {tag, reader.Fixed<float>()};
}

Event ParseEvent(const std::string& bytes) {
  Event event;
  Reader reader(bytes);
  while (!reader.done()) {
    switch (reader.Varint()) {
      case (1 << 3) | 1:
        event.wall_time = reader.Fixed<double>();
        break;
      case (2 << 3) | 0:
        event.step = reader.Varint();
        break;
      case (3 << 3) | 2:
        event.file_version = reader.Take(reader.Varint());
        break;
      case (5 << 3) | 2: {
        Reader summary(reader.Take(reader.Varint()));
        while (!summary.done()) {
          EXPECT_EQ(summary.Varint(), (1u << 3) | 2);
          event.scalars.push_back(ParseValue(summary.Take(summary.Varint())));
        }
        break;
      }
      case (7 << 3) | 2:
        event.session_start = reader.Take(reader.Varint()) == "\x08\x01";
        break;
      default:
        ADD_FAILURE() << "unknown field";
        return event;
    }
  }
  return event;
}

std::vector<Event> ReadEvents(const std::string& path) {
  Reader reader(ReadFile(path).value());
  std::vector<Event> events;
  while (!reader.done()) {
    const auto length = reader.Fixed<uint64_t>();
    std::string length_bytes(8, '\0');
    std::memcpy(length_bytes.data(), &length, 8);
    EXPECT_EQ(Unmask(reader.Fixed<uint32_t>()), Crc32c(length_bytes));
    const std::string data = reader.Take(length);
    EXPECT_EQ(Unmask(reader.Fixed<uint32_t>()), Crc32c(data));
    events.push_back(ParseEvent(data));
  }
  return events;
}

TEST(EventWriterTest, TheMaskIsTensorFlows) {
  // crc32c("123456789") = e3069283; rotated right by 15 bits it is 2507c60d.
  EXPECT_EQ(MaskedCrc32c("123456789"), 0x2507C60Du + 0xA282EAD8u);
}

// The first bytes of any event file: a record of 24 bytes.
TEST(EventWriterTest, TheFramingHasAKnownAnswer) {
  const std::string record = FrameRecord(std::string(24, 'x'));
  EXPECT_EQ(record.size(), 24u + 16);
  EXPECT_EQ(record.substr(0, 12), std::string("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12));
}

TEST(EventWriterTest, AFileBeginsWithItsVersion) {
  const ScratchDir folder;
  const auto writer = EventWriter::Open(folder.path());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_THAT(writer->path(), HasSubstr("/events.out.tfevents."));
  const std::vector<Event> events = ReadEvents(writer->path());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_GT(events[0].wall_time, 1e9);
}

TEST(EventWriterTest, ScalarsComeBackFromTheFile) {
  const ScratchDir folder;
  auto writer = EventWriter::Open(folder.path());
  ASSERT_TRUE(writer.ok()) << writer.status();
  const std::vector<Scalar> row = {{"loss/total", 0.25}, {"return", -3}};
  ASSERT_TRUE(writer->WriteScalars(1, 1700000000.5, row).ok());
  ASSERT_TRUE(writer->WriteScalars(uint64_t{1} << 40, 1700000001.5, {{"return", 7}}).ok());
  const std::vector<Event> events = ReadEvents(writer->path());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].step, 1u);
  EXPECT_EQ(events[1].wall_time, 1700000000.5);
  EXPECT_EQ(events[1].scalars,
            (std::vector<std::pair<std::string, float>>{{"loss/total", 0.25f}, {"return", -3.0f}}));
  EXPECT_EQ(events[2].step, uint64_t{1} << 40);
  EXPECT_EQ(events[2].scalars[0].second, 7.0f);
}

TEST(EventWriterTest, EachOpenIsANewFile) {
  const ScratchDir folder;
  const auto first = EventWriter::Open(folder.path());
  const auto second = EventWriter::Open(folder.path());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->path(), second->path());
  EXPECT_EQ(ListFolder(folder.path())->size(), 2u);
}

TEST(EventWriterTest, AResumedRunTellsTensorBoardWhereItGoesOn) {
  const ScratchDir folder;
  const auto writer = EventWriter::Open(folder.path(), 640);
  ASSERT_TRUE(writer.ok());
  const std::vector<Event> events = ReadEvents(writer->path());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[1].session_start);
  EXPECT_EQ(events[1].step, 641u);
}

TEST(EventWriterTest, OneInPlaceOfAllIsSeenWhenItIsCompleteAndVoidsWhatWasReadBefore) {
  const ScratchDir folder;
  const auto first = EventWriter::Open(folder.path());
  const auto second = EventWriter::Open(folder.path(), 5);
  EXPECT_EQ(EventBytes(folder.path()).value(), first->size() + second->size());
  auto instead = EventWriter::OpenInstead(folder.path());
  ASSERT_TRUE(instead.ok()) << instead.status();
  ASSERT_TRUE(instead->WriteScalars(3, 1.5, {{"a", 1}}).ok());
  EXPECT_EQ(instead->path().find("tfevents"), std::string::npos);
  EXPECT_EQ(EventBytes(folder.path()).value(), first->size() + second->size());

  ASSERT_EQ(instead->TakeOver(), absl::OkStatus());
  ASSERT_TRUE(instead->WriteScalars(4, 2.5, {{"a", 2}}).ok());
  EXPECT_EQ(EventBytes(folder.path()).value(), instead->size());
  EXPECT_GT(instead->path(), second->path());  // so that it is read after those
  const std::vector<Event> events = ReadEvents(instead->path());
  ASSERT_EQ(events.size(), 4u);
  EXPECT_TRUE(events[1].session_start);
  EXPECT_EQ(events[1].step, 0u);
  EXPECT_EQ(events[2].step, 3u);
  EXPECT_EQ(events[3].scalars[0].second, 2.0f);
}

// TensorBoard goes on from the file it reads to none but one of a later name.
TEST(EventWriterTest, EachFileIsNamedAfterAllThatWereThereBefore) {
  const ScratchDir folder;
  // A file of a host whose clock was ahead, and whose name is after any.
  std::string last = folder / "events.out.tfevents.9999999990.~.1.0";
  ASSERT_TRUE(WriteFile(last, "").ok());
  for (int i = 0; i < 4; ++i) {
    const auto writer = EventWriter::Open(folder.path());
    ASSERT_TRUE(writer.ok()) << writer.status();
    EXPECT_GT(writer->path(), last);
    auto instead = EventWriter::OpenInstead(folder.path());
    ASSERT_EQ(instead->TakeOver(), absl::OkStatus());
    EXPECT_GT(instead->path(), writer->path());
    last = instead->path();
  }
}

// Who reads one goes on to the next only from its end, so it must not be gone.
TEST(EventWriterTest, WhatWasTakenOverIsEmptiedAndRemovedTheNextTime) {
  const ScratchDir folder;
  const auto first = EventWriter::Open(folder.path());
  auto second = EventWriter::OpenInstead(folder.path());
  ASSERT_EQ(second->TakeOver(), absl::OkStatus());
  EXPECT_EQ(ReadFile(first->path()).value(), "");
  auto third = EventWriter::OpenInstead(folder.path());
  ASSERT_EQ(third->TakeOver(), absl::OkStatus());
  EXPECT_FALSE(PathExists(first->path()));
  EXPECT_EQ(ReadFile(second->path()).value(), "");
  EXPECT_EQ(ListFolder(folder.path())->size(), 2u);
}

TEST(EventWriterTest, OneThatDoesNotTakeOverLeavesNothing) {
  const ScratchDir folder;
  ASSERT_TRUE(EventWriter::OpenInstead(folder.path()).ok());
  EXPECT_TRUE(ListFolder(folder.path())->empty());
}

TEST(EventWriterTest, AFolderThatIsNotThereIsAnError) {
  const ScratchDir folder;
  EXPECT_THAT(EventWriter::Open(folder / "none").status().message(),
              HasSubstr("cannot create " + (folder / "none")));
}

}  // namespace
}  // namespace nyala
