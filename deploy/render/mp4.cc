// A video, by handing the pictures to the program ffmpeg.
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "deploy/render/films.h"
#include "deploy/render/pending_file.h"

namespace nyala {
namespace {

// ffmpeg, fed through its standard input. One owner; the destructor ends it at once.
class Ffmpeg {
 public:
  // `arguments`: all after the program's name.
  explicit Ffmpeg(std::vector<std::string> arguments) : said_(std::tmpfile()) {
    // A socket rather than a pipe: a write to one whose reader is gone can be had without SIGPIPE.
    int ends[2];
    if (said_ == nullptr || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      start_error_ = errno;
      return;
    }
    input_ = ends[0];
    std::vector<char*> argv = {const_cast<char*>("ffmpeg")};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(said_), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(said_), STDERR_FILENO);
    start_error_ = posix_spawnp(&pid_, "ffmpeg", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (start_error_ == 0) return;
    no_program_ = start_error_ == ENOENT;
    pid_ = -1;
  }

  ~Ffmpeg() {
    if (input_ >= 0) close(input_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    if (said_ != nullptr) std::fclose(said_);
  }

  // 0, or the errno of its start.
  int start_error() const { return start_error_; }
  // A temporary file or a socket may fail with the same errno.
  bool no_program() const { return no_program_; }

  // False when it takes no more.
  bool Feed(const std::vector<uint8_t>& bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t sent = send(input_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return false;
      done += static_cast<size_t>(sent);
    }
    return true;
  }

  // Waits until it has ended; whether it succeeded.
  bool End() {
    shutdown(input_, SHUT_WR);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  // The last line that it printed.
  std::string LastWords() {
    std::string text;
    std::rewind(said_);
    std::array<char, 4096> part;
    while (const size_t size = std::fread(part.data(), 1, part.size(), said_)) {
      text.append(part.data(), size);
    }
    absl::StripAsciiWhitespace(&text);
    const std::vector<std::string> lines = absl::StrSplit(text, '\n');
    return lines.back().empty() ? "it gave no reason" : lines.back();
  }

 private:
  std::FILE* const said_;
  int input_ = -1;
  pid_t pid_ = -1;
  int start_error_ = 0;
  bool no_program_ = false;
};

class Mp4 : public Film {
 public:
  Mp4(double fps, std::string path, std::unique_ptr<PendingFile> file)
      : fps_(fps), path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Add(const Picture& picture) override {
    if (ffmpeg_ == nullptr) NYALA_RETURN_IF_ERROR(Start(picture));
    return ffmpeg_->Feed(picture.rgb) ? absl::OkStatus() : Failure();
  }

  absl::Status Finish() override {
    if (!ffmpeg_->End()) return Failure();
    return file_->Commit();
  }

 private:
  absl::Status Start(const Picture& picture) {
    // Most players want an even number of pixels and this format of theirs.
    ffmpeg_ = std::make_unique<Ffmpeg>(std::vector<std::string>{
        "-loglevel", "error", "-nostdin", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-video_size", absl::StrCat(picture.width, "x", picture.height), "-framerate",
        absl::StrCat(fps_), "-i", "pipe:0", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white",
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4",
        // Names with a colon or a dash are no protocols or options.
        absl::StrCat("file:", file_->temporary_path())});
    const int error = ffmpeg_->start_error();
    if (error == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(
        ffmpeg_->no_program() ? absl::StrCat("cannot write ", path_,
                                             ": the program ffmpeg is not there; "
                                             "install it (Debian: apt install ffmpeg) or use .gif")
                              : absl::StrCat("cannot start ffmpeg: ", std::strerror(error)));
  }

  absl::Status Failure() {
    return absl::InternalError(
        absl::StrCat("cannot write ", path_, ": ffmpeg failed: ", ffmpeg_->LastWords()));
  }

  const double fps_;
  const std::string path_;
  const std::unique_ptr<PendingFile> file_;
  std::unique_ptr<Ffmpeg> ffmpeg_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Film>> OpenMp4(const FilmOptions& options) {
  NYALA_ASSIGN_OR_RETURN(auto file, PendingFile::Create(options.target));
  return std::make_unique<Mp4>(options.fps, options.target, std::move(file));
}

}  // namespace nyala
