#include "learner/metrics/metrics_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/system/file.h"
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

// A run as long as it likes: a row at each interval, or at those that are wanted.
class LongRun {
 public:
  static constexpr int64_t kBound = 65536;

  LongRun() : paths_(folder_.path()) {
    for (int i = 0; i < 30; ++i) names_.push_back("figures/of_some_length/" + std::to_string(i));
  }
  MetricsWriter Open(std::optional<uint64_t> resumed_at = std::nullopt) {
    return MetricsWriter::Open(paths_, resumed_at, kBound).value();
  }
  absl::Status Write(MetricsWriter& writer, uint64_t step) {
    std::vector<Scalar> row;
    for (const std::string& name : names_) row.emplace_back(name, static_cast<double>(step) / 7);
    return writer.Write(step, 1.7e9 + static_cast<double>(step), row);
  }
  // Intervals from, from + 1, ...
  void Run(MetricsWriter& writer, uint64_t from, uint64_t intervals) {
    for (uint64_t i = from; i < from + intervals; ++i) {
      if ((i - from) % static_cast<uint64_t>(writer.one_in()) != 0) continue;
      ASSERT_EQ(Write(writer, i), absl::OkStatus());
      ASSERT_LE(static_cast<int64_t>(ReadFile(paths_.metrics())->size()), kBound);
      ASSERT_LE(EventBytes(folder_.path()).value(), kBound);
    }
  }
  std::vector<std::string> EventFiles() const {
    std::vector<std::string> found;
    const std::vector<std::string> names = ListFolder(folder_.path()).value();
    for (const std::string& name : names) {
      if (name.find("tfevents") != std::string::npos) found.push_back(name);
    }
    return found;
  }

  ScratchDir folder_;
  const RunPaths paths_;
  std::vector<std::string> names_;
};

TEST(MetricsWriterTest, TheFilesHaveABoundHoweverLongTheRun) {
  LongRun run;
  MetricsWriter writer = run.Open();
  run.Run(writer, 1, 2000);
  EXPECT_GE(writer.one_in(), 16);
  EXPECT_EQ(writer.rows_lost(), 0u);
  const auto rows = Rows(run.paths_);
  ASSERT_GE(rows.size(), 10u);
  EXPECT_EQ(rows.front().at("step"), 1);
  EXPECT_GT(rows.back().at("step"), 2000 - 2 * writer.one_in());
  // All of the run at about the same distance.
  for (size_t i = 1; i < rows.size(); ++i) {
    const int64_t distance =
        rows[i].at("step").get<int64_t>() - rows[i - 1].at("step").get<int64_t>();
    EXPECT_GE(distance, writer.one_in() / 2);
    EXPECT_LE(distance, 2 * writer.one_in());
    EXPECT_EQ(rows[i].at(run.names_[3]), rows[i].at("step").get<double>() / 7);
  }
  EXPECT_LE(run.EventFiles().size(), 2u);  // an empty one of the time before
}

TEST(MetricsWriterTest, AResumedRunGoesOnWithItsDistanceAndItsBound) {
  LongRun run;
  int64_t one_in = 0;
  {
    MetricsWriter writer = run.Open();
    run.Run(writer, 1, 300);
    one_in = writer.one_in();
    ASSERT_GT(one_in, 1);
    EXPECT_EQ(Rows(run.paths_).back().at("one_in"), one_in);
  }
  // Again and again: the event files of all its processes count.
  for (uint64_t resumed = 250; resumed < 1000; resumed += 50) {
    MetricsWriter writer = run.Open(resumed);
    EXPECT_GE(writer.one_in(), one_in);
    run.Run(writer, resumed + 1, 100);
  }
}

// As the process that was killed in the midst of thinning leaves it.
TEST(MetricsWriterTest, LeftoversOfAnInterruptedThinningAreRemoved) {
  const ScratchDir folder;
  const RunPaths paths(folder.path());
  for (const std::string& path : {paths.metrics(), folder / ".events"}) {
    close(CreateAside(path).value().fd);
  }
  EXPECT_EQ(ListFolder(folder.path())->size(), 2u);
  ASSERT_TRUE(MetricsWriter::Open(paths).ok());
  EXPECT_EQ(ListFolder(folder.path())->size(), 2u);  // metrics.jsonl and the events
  EXPECT_TRUE(PathExists(paths.metrics()));
}

TEST(MetricsWriterTest, WhereNothingCanBeThinnedRowsAreLostAndItIsTriedAgain) {
  LongRun run;
  MetricsWriter writer = run.Open();
  uint64_t step = 0;
  while (static_cast<int64_t>(ReadFile(run.paths_.metrics())->size()) < LongRun::kBound - 4096) {
    ASSERT_TRUE(run.Write(writer, ++step).ok());
  }
  const auto files = ListFolder(run.folder_.path()).value();
  {
    const FileSizeLimit limit(10'000);
    absl::Status status;
    while (writer.rows_lost() == 0) status = run.Write(writer, ++step);
    EXPECT_THAT(status.message(), HasSubstr("cannot write"));
    EXPECT_TRUE(run.Write(writer, ++step).ok());
    EXPECT_EQ(writer.rows_lost(), 2u);
  }
  EXPECT_EQ(ListFolder(run.folder_.path()).value(), files);
  EXPECT_EQ(writer.one_in(), 1);
  while (writer.one_in() == 1 && step < 1000) ASSERT_TRUE(run.Write(writer, ++step).ok());
  EXPECT_EQ(writer.one_in(), 2);
  EXPECT_EQ(Rows(run.paths_).back().at("step"), step);
}

}  // namespace
}  // namespace nyala
