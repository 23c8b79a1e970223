// The rows of metrics of a run with several actors, through `nyala train`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_split.h"
#include "common/system/file.h"
#include "common/system/line_reader.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public CommandTest {
 protected:
  std::vector<nlohmann::json> Rows() const {
    std::vector<nlohmann::json> rows;
    absl::StatusOr<LineReader> reader = LineReader::Open(run_dir() + "/metrics.jsonl");
    absl::string_view line;
    while (reader.ok() && reader->Next(&line).value_or(false)) {
      rows.push_back(nlohmann::json::parse(line.begin(), line.end(), nullptr, false));
    }
    return rows;
  }
};

std::set<std::string> Columns(const nlohmann::json& row) {
  std::set<std::string> names;
  for (const auto& [name, value] : row.items()) names.insert(name);
  return names;
}

// "  name  meaning" of `nyala help metrics`.
std::set<std::string> Explained(const std::string& help) {
  std::set<std::string> names;
  for (const absl::string_view line : absl::StrSplit(help, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    EXPECT_GE(words.size(), 3u) << line;
    names.insert(words[0]);
  }
  return names;
}

TEST_F(MetricsTest, AreAllExplained) {
  const Finished finished = Run(Train({"--frames=20000", "--set", "batch.replay_fraction=0.5"}));
  ASSERT_EQ(finished.status, 0) << finished.err;
  ASSERT_FALSE(Rows().empty());
  std::set<std::string> explained = Explained(Run({"help", "metrics"}).out);
  explained.erase("one_in");
  EXPECT_EQ(Columns(Rows().back()), explained);
}

TEST_F(MetricsTest, HaveAsManyColumnsForManyActorsAsForNone) {
  const Finished finished = Run(Train({"--actors=3", "--frames=60000"}));
  ASSERT_EQ(finished.status, 0) << finished.err;
  const std::vector<nlohmann::json> rows = Rows();
  ASSERT_GE(rows.size(), 2u);
  const std::set<std::string> columns = Columns(rows.front());
  for (const nlohmann::json& row : rows) EXPECT_EQ(Columns(row), columns);
  EXPECT_THAT(columns, Contains("policy_lag/actors_p90"));
  EXPECT_THAT(columns, Not(Contains(HasSubstr("actor-"))));
}

TEST_F(MetricsTest, AreThinnedAtTheirBoundAndCanStillBeDrawn) {
  std::unique_ptr<Subprocess> train = Start(
      Train({"--set", "metrics.max_file_bytes=65536", "--set", "metrics.interval_seconds=0.01"}));
  const auto thinned = [&] {
    const std::vector<nlohmann::json> rows = Rows();
    return !rows.empty() && rows.back().value("one_in", 1) > 1;
  };
  ASSERT_TRUE(train->WaitUntil(thinned)) << train->output();
  train->Signal(SIGINT);
  EXPECT_EQ(train->Wait(), 1) << train->output();
  EXPECT_LE(ReadFile(run_dir() + "/metrics.jsonl").value().size(), 65536u);
  const Finished drawn = Run({"plot", run_dir(), "--out=" + (scratch_ / "curve.svg")});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
}

}  // namespace
}  // namespace nyala
