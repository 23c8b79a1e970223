#include "learner/run/event_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/crc32c.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"

namespace nyala {
namespace {

template <typename T>
void AppendFixed(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// Protocol buffer fields: (number << 3 | wire type), value. The few messages here do not earn a
// copy of TensorFlow's schema.
enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void AppendTag(uint32_t field, WireType type, std::string* out) {
  AppendVarint(field << 3 | type, out);
}

void AppendBytes(uint32_t field, absl::string_view value, std::string* out) {
  AppendTag(field, kBytes, out);
  AppendVarint(value.size(), out);
  out->append(value.data(), value.size());
}

// Event: double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
// SessionLog session_log = 7.
std::string EventAt(double wall_time, uint64_t step) {
  std::string event;
  AppendTag(1, kFixed64, &event);
  AppendFixed(wall_time, &event);
  AppendTag(2, kVarint, &event);
  AppendVarint(step, &event);
  return event;
}

// Summary: repeated Value value = 1. Value: string tag = 1; float simple_value = 2.
void AppendScalar(const Scalar& scalar, std::string* summary) {
  std::string value;
  AppendBytes(1, scalar.first, &value);
  AppendTag(2, kFixed32, &value);
  AppendFixed(static_cast<float>(scalar.second), &value);
  AppendBytes(1, value, summary);
}

// SessionLog: enum status = 1 with START = 1.
std::string SessionStart() {
  std::string log;
  AppendTag(1, kVarint, &log);
  AppendVarint(1, &log);
  return log;
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

constexpr char kPrefix[] = "events.out.tfevents.";
// TensorBoard takes any name with "tfevents" in it for an event file.
constexpr char kBeside[] = ".events";

std::string EventFileName(int64_t seconds) {
  return absl::StrFormat("%s%010d.%s.%d.0", kPrefix, seconds, HostName(), getpid());
}

// TensorBoard reads the files of a folder in the order of their names, and one that has come to the
// last goes on to none but a later one: whatever the clock says, or another host's name.
std::string NextEventPath(const std::string& folder, const std::vector<std::string>& earlier) {
  auto seconds = static_cast<int64_t>(WallSeconds());
  std::string path = JoinPath(folder, EventFileName(seconds));
  if (earlier.empty() || path > earlier.back()) return path;
  int64_t last = 0;
  absl::string_view digits = earlier.back();
  digits.remove_prefix(JoinPath(folder, kPrefix).size());
  if (absl::SimpleAtoi(digits.substr(0, digits.find('.')), &last)) {
    seconds = std::max(seconds, last);
  }
  return JoinPath(folder, EventFileName(seconds + 1));
}

std::string VersionRecord() {
  std::string version = EventAt(WallSeconds(), 0);
  AppendBytes(3, "brain.Event:2", &version);
  return FrameRecord(version);
}

// A TensorBoard that reads the file goes on to the next one only if it is still there, and finds
// its end: it is emptied, and removed the next time.
absl::Status Void(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && info.st_size == 0) return RemoveTree(path);
  return truncate(path.c_str(), 0) == 0 ? absl::OkStatus() : FileError("empty", path);
}

}  // namespace

uint32_t MaskedCrc32c(absl::string_view data) {
  const uint32_t crc = Crc32c(data);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

std::string FrameRecord(absl::string_view data) {
  std::string record;
  record.reserve(data.size() + 16);
  AppendFixed(static_cast<uint64_t>(data.size()), &record);
  AppendFixed(MaskedCrc32c(record), &record);
  record.append(data.data(), data.size());
  AppendFixed(MaskedCrc32c(data), &record);
  return record;
}

absl::StatusOr<EventWriter> EventWriter::Open(const std::string& folder,
                                              std::optional<uint64_t> resumed_at) {
  const std::vector<std::string> earlier =
      ListEventFiles(folder).value_or(std::vector<std::string>());
  NYALA_ASSIGN_OR_RETURN(AppendFile file, AppendFile::CreateNew(NextEventPath(folder, earlier)));
  EventWriter writer(folder, std::move(file));
  NYALA_RETURN_IF_ERROR(RemoveAsides(JoinPath(folder, kBeside)));
  NYALA_RETURN_IF_ERROR(writer.file_.Append(VersionRecord()));
  // The checkpoint's own row stays.
  if (resumed_at.has_value()) NYALA_RETURN_IF_ERROR(writer.StartAgainAt(*resumed_at + 1));
  return writer;
}

absl::StatusOr<EventWriter> EventWriter::OpenInstead(const std::string& folder) {
  NYALA_ASSIGN_OR_RETURN(AppendFile file, AppendFile::CreateBeside(JoinPath(folder, kBeside)));
  EventWriter writer(folder, std::move(file));
  NYALA_RETURN_IF_ERROR(writer.file_.Append(VersionRecord()));
  NYALA_RETURN_IF_ERROR(writer.StartAgainAt(0));
  return writer;
}

absl::Status EventWriter::StartAgainAt(uint64_t step) {
  // TensorBoard drops the steps from this event's on.
  std::string start = EventAt(WallSeconds(), step);
  AppendBytes(7, SessionStart(), &start);
  return file_.Append(FrameRecord(start));
}

absl::Status EventWriter::TakeOver() {
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> others, ListEventFiles(folder_));
  NYALA_RETURN_IF_ERROR(file_.PutInto(NextEventPath(folder_, others)));
  for (const std::string& other : others) NYALA_RETURN_IF_ERROR(Void(other));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListEventFiles(const std::string& folder) {
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    if (absl::StartsWith(name, kPrefix)) paths.push_back(JoinPath(folder, name));
  }
  return paths;
}

absl::StatusOr<int64_t> EventBytes(const std::string& folder) {
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListEventFiles(folder));
  int64_t bytes = 0;
  for (const std::string& path : paths) {
    struct stat info;
    if (stat(path.c_str(), &info) == 0) bytes += info.st_size;
  }
  return bytes;
}

absl::Status EventWriter::WriteScalars(uint64_t step, double wall_time,
                                       absl::Span<const Scalar> scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars) AppendScalar(scalar, &summary);
  std::string event = EventAt(wall_time, step);
  AppendBytes(5, summary, &event);
  return file_.Append(FrameRecord(event));
}

}  // namespace nyala
