#include "learner/metrics/metrics_writer.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "common/base/status_macros.h"
#include "common/system/descriptors.h"
#include "common/system/file.h"
#include "common/system/line_reader.h"
#include "learner/run/json_fields.h"

namespace nyala {
namespace {

constexpr char kStep[] = "step";
constexpr char kWallTime[] = "wall_time";
constexpr char kOneIn[] = "one_in";
constexpr int64_t kRowsBeforeRetry = 60;
constexpr int64_t kMostOneIn = 1 << 30;

struct Row {
  uint64_t step = 0;
  double wall_time = 0;
  std::vector<Scalar> scalars;
};

std::string EncodeLine(uint64_t step, double wall_time, int64_t one_in,
                       absl::Span<const Scalar> row) {
  nlohmann::ordered_json json = {{kStep, step}, {kWallTime, wall_time}};
  if (one_in > 1) json[kOneIn] = one_in;
  for (const auto& [name, value] : row) json[name] = value;
  return DumpJson(json, -1) + "\n";
}

absl::StatusOr<Row> DecodeLine(absl::string_view line) {
  NYALA_ASSIGN_OR_RETURN(const nlohmann::json json, ParseJsonObject(line));
  Row row;
  JsonFields fields(json);
  fields.Read(kStep, &row.step);
  fields.Read(kWallTime, &row.wall_time);
  for (const auto& [name, value] : json.items()) {
    if (name == kStep || name == kWallTime || name == kOneIn) continue;
    double number = std::numeric_limits<double>::quiet_NaN();
    if (value.is_number()) number = value.get<double>();
    row.scalars.emplace_back(name, number);
  }
  return fields.status().ok() ? absl::StatusOr<Row>(std::move(row)) : fields.status();
}

// `one_in` of the last row in the file; 1 where it says nothing.
int64_t ReadOneIn(const AppendFile& lines) {
  constexpr int64_t kEnough = 1 << 20;  // bytes that hold a row
  absl::StatusOr<LineReader> reader =
      LineReader::Open(lines.path(), std::max<int64_t>(0, lines.size() - kEnough));
  std::string last;
  absl::string_view line;
  while (reader.ok() && reader->Next(&line).value_or(false)) last = std::string(line);
  const absl::StatusOr<nlohmann::json> row = ParseJsonObject(last);
  if (!row.ok() || !row->contains(kOneIn) || !row->at(kOneIn).is_number_unsigned()) return 1;
  const auto one_in = row->at(kOneIn).get<uint64_t>();
  return static_cast<int64_t>(std::clamp<uint64_t>(one_in, 1, kMostOneIn));
}

// Every `keep_one_in`th row of the file `from`, to both. What is no row is left out.
absl::Status CopySome(const std::string& from, int64_t keep_one_in, AppendFile* lines,
                      EventWriter* events) {
  NYALA_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(from));
  uint64_t last_step = 0;
  while (true) {
    absl::string_view line;
    NYALA_ASSIGN_OR_RETURN(const bool there, reader.Next(&line));
    if (!there) return absl::OkStatus();
    if ((reader.number() - 1) % keep_one_in != 0) continue;
    const absl::StatusOr<Row> row = DecodeLine(line);
    if (!row.ok()) continue;
    NYALA_RETURN_IF_ERROR(lines->Append(std::string(line) + "\n"));
    // A resumed run repeated it.
    if (row->step < last_step) NYALA_RETURN_IF_ERROR(events->StartAgainAt(row->step));
    last_step = row->step;
    NYALA_RETURN_IF_ERROR(events->WriteScalars(row->step, row->wall_time, row->scalars));
  }
}

}  // namespace

absl::StatusOr<MetricsWriter> MetricsWriter::Open(const RunPaths& paths,
                                                  std::optional<uint64_t> resumed_at,
                                                  int64_t max_file_bytes) {
  const DescriptorReserve reserve;
  NYALA_RETURN_IF_ERROR(RemoveAsides(paths.metrics()));
  NYALA_ASSIGN_OR_RETURN(AppendFile lines, AppendFile::OpenLines(paths.metrics()));
  NYALA_ASSIGN_OR_RETURN(const int64_t earlier, EventBytes(paths.folder()));
  NYALA_ASSIGN_OR_RETURN(EventWriter events, EventWriter::Open(paths.folder(), resumed_at));
  MetricsWriter writer(paths, max_file_bytes, std::move(lines), std::move(events));
  writer.earlier_event_bytes_ = earlier;
  writer.one_in_ = ReadOneIn(writer.lines_);
  return writer;
}

int64_t MetricsWriter::Largest() const {
  return std::max(lines_.size(), earlier_event_bytes_ + events_.size());
}

absl::Status MetricsWriter::Thin(int64_t keep_one_in) {
  const DescriptorReserve reserve;
  NYALA_ASSIGN_OR_RETURN(AppendFile lines, AppendFile::CreateBeside(paths_.metrics()));
  NYALA_ASSIGN_OR_RETURN(EventWriter events, EventWriter::OpenInstead(paths_.folder()));
  NYALA_RETURN_IF_ERROR(CopySome(paths_.metrics(), keep_one_in, &lines, &events));
  NYALA_RETURN_IF_ERROR(lines.PutInto(paths_.metrics()));
  lines_ = std::move(lines);
  one_in_ = std::min(2 * one_in_, kMostOneIn);
  NYALA_RETURN_IF_ERROR(events.TakeOver());
  events_ = std::move(events);
  earlier_event_bytes_ = 0;
  return SyncFolder(paths_.folder());
}

absl::Status MetricsWriter::WriteRow(uint64_t step, double wall_time,
                                     absl::Span<const Scalar> row) {
  std::string line = EncodeLine(step, wall_time, one_in_, row);
  // An event names each number as its line does, and takes a few bytes more for one of few digits.
  const auto row_bytes = static_cast<int64_t>(line.size() + 4 * row.size() + 64);
  if (Largest() + row_bytes > max_file_bytes_) {
    if (rows_before_retry_ > 0) {
      --rows_before_retry_;
      return absl::ResourceExhaustedError(paths_.metrics() + " is as large as it may be");
    }
    // Thins to half of the bound, also where an earlier process had another bound.
    int64_t keep_one_in = 2;
    while (Largest() / keep_one_in > max_file_bytes_ / 2) keep_one_in *= 2;
    rows_before_retry_ = kRowsBeforeRetry;
    NYALA_RETURN_IF_ERROR(Thin(keep_one_in));
    rows_before_retry_ = 0;
    line = EncodeLine(step, wall_time, one_in_, row);
  }
  absl::Status status = lines_.Append(line);
  status.Update(events_.WriteScalars(step, wall_time, row));
  return status;
}

absl::Status MetricsWriter::Write(uint64_t step, double wall_time, absl::Span<const Scalar> row) {
  const absl::Status status = WriteRow(step, wall_time, row);
  const bool failed_before = std::exchange(failing_, !status.ok());
  if (status.ok()) return status;
  ++rows_lost_;
  return failed_before ? absl::OkStatus() : status;
}

}  // namespace nyala
