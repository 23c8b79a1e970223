#include "learner/metrics_writer.h"

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <limits>

#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::HasSubstr;

std::vector<nlohmann::json> Rows(const RunPaths& paths) {
  std::vector<nlohmann::json> rows;
  const std::string text = ReadFile(paths.metrics()).value();
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    rows.push_back(nlohmann::json::parse(line.begin(), line.end(), nullptr, false));
    EXPECT_TRUE(rows.back().is_object()) << line;
  }
  return rows;
}

TEST(MetricsWriterTest, ARowIsOneLineAndThereAtOnce) {
  const ScratchDir folder;
  const RunPaths paths(folder.path());
  auto writer = MetricsWriter::Open(paths);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(writer->Write(640, 1700000000.5, {{"loss", 0.25}, {"return", 9}}).ok());
  EXPECT_EQ(ReadFile(paths.metrics()).value(),
            "{\"step\":640,\"wall_time\":1700000000.5,\"loss\":0.25,\"return\":9.0}\n");
}

TEST(MetricsWriterTest, WhatIsNoNumberIsNull) {
  const ScratchDir folder;
  const RunPaths paths(folder.path());
  auto writer = MetricsWriter::Open(paths);
  ASSERT_TRUE(writer.ok());
  const double infinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(writer->Write(1, 0, {{"a", std::nan("")}, {"b", infinity}, {"c", -infinity}}).ok());
  const nlohmann::json row = Rows(paths).at(0);
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(row.at(name).is_null());
}

TEST(MetricsWriterTest, AResumedRunAppends) {
  const ScratchDir folder;
  const RunPaths paths(folder.path());
  ASSERT_TRUE(MetricsWriter::Open(paths)->Write(1, 0, {{"a", 1}}).ok());
  ASSERT_TRUE(MetricsWriter::Open(paths, 1)->Write(2, 0, {{"a", 2}}).ok());
  const auto rows = Rows(paths);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("a"), 1);
  EXPECT_EQ(rows[1].at("a"), 2);
}

TEST(MetricsWriterTest, ATornLastLineIsDropped) {
  const std::string whole = "{\"step\":1}\n";
  // Also a torn line longer than any block that is read, and one with nothing before it.
  for (const std::string& before : {whole, std::string()}) {
    for (const size_t size : {size_t{1}, size_t{4096}, size_t{10'000}}) {
      const ScratchDir folder;
      const RunPaths paths(folder.path());
      ASSERT_TRUE(WriteFile(paths.metrics(), before + std::string(size, '{')).ok());
      ASSERT_TRUE(MetricsWriter::Open(paths)->Write(2, 0, {}).ok());
      EXPECT_EQ(ReadFile(paths.metrics()).value(), before + "{\"step\":2,\"wall_time\":0.0}\n");
    }
  }
}

TEST(MetricsWriterTest, WholeLinesAreKeptAsTheyAre) {
  const ScratchDir folder;
  const RunPaths paths(folder.path());
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "{\"step\":1}\n";
  ASSERT_TRUE(WriteFile(paths.metrics(), lines).ok());
  ASSERT_TRUE(MetricsWriter::Open(paths).ok());
  EXPECT_EQ(ReadFile(paths.metrics()).value(), lines);
}

// A limit on the size of files stands for the full disk: writes fall short and then fail.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_;
  sighandler_t old_handler_;
};

TEST(MetricsWriterTest, AFullDiskIsReportedOnceAndRowsStayWhole) {
  const ScratchDir folder;
  const RunPaths paths(folder.path());
  auto writer = MetricsWriter::Open(paths);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->Write(1, 0, {{"a", 1}}).ok());
  {
    const FileSizeLimit limit(ReadFile(paths.metrics())->size() + 10);
    EXPECT_THAT(writer->Write(2, 0, {{"a", 2}}).message(),
                HasSubstr("cannot write " + paths.metrics()));
    EXPECT_TRUE(writer->Write(3, 0, {{"a", 3}}).ok());
    EXPECT_EQ(writer->rows_lost(), 2u);
  }
  ASSERT_TRUE(writer->Write(4, 0, {{"a", 4}}).ok());
  const auto rows = Rows(paths);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("step"), 1);
  EXPECT_EQ(rows[1].at("step"), 4);
  {
    const FileSizeLimit limit(1);
    EXPECT_FALSE(writer->Write(5, 0, {{"a", 5}}).ok());
  }
}

}  // namespace
}  // namespace nyala
