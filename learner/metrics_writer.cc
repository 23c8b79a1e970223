#include "learner/metrics_writer.h"

#include "common/base/status_macros.h"
#include "learner/json_fields.h"

namespace nyala {

absl::StatusOr<MetricsWriter> MetricsWriter::Open(const RunPaths& paths,
                                                  std::optional<uint64_t> resumed_at) {
  NYALA_ASSIGN_OR_RETURN(AppendFile lines, AppendFile::OpenLines(paths.metrics()));
  NYALA_ASSIGN_OR_RETURN(EventWriter events, EventWriter::Open(paths.folder(), resumed_at));
  return MetricsWriter(std::move(lines), std::move(events));
}

absl::Status MetricsWriter::Write(uint64_t step, double wall_time, absl::Span<const Scalar> row) {
  nlohmann::ordered_json json = {{"step", step}, {"wall_time", wall_time}};
  for (const auto& [name, value] : row) json[name] = value;
  absl::Status status = lines_.Append(DumpJson(json, -1) + "\n");
  status.Update(events_.WriteScalars(step, wall_time, row));
  const bool failed_before = std::exchange(failing_, !status.ok());
  if (status.ok()) return status;
  ++rows_lost_;
  return failed_before ? absl::OkStatus() : status;
}

}  // namespace nyala
