#include "tests/support/command_test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "common/base/check.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr char kConfig[] = R"(name: "tiny"
environment { id: "Catch" }
network { hidden: [16] }
optimizer { name: "adam" learning_rate: 2e-3 }
batch { unroll_length: 9 columns: 8 }
actor { actors: 1 threads: 1 envs_per_thread: 8 }
checkpoint { interval_seconds: 0.2 keep: 3 }
metrics { interval_seconds: 0.1 progress_seconds: 0.2 }
transport { reconnect_seconds: 30 }
)";

}  // namespace

CommandTest::CommandTest() : config_(scratch_ / "tiny.textproto") {
  scratch_.Folder("tmp");
  NYALA_CHECK(WriteFile(config_, kConfig).ok(), "cannot write the configuration");
}

Subprocess::Options CommandTest::Command(const std::vector<std::string>& arguments) const {
  Subprocess::Options options;
  options.argv = {NYALA_BINARY};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment["TMPDIR"] = scratch_ / "tmp";
  options.working_directory = scratch_.path();
  return options;
}

Finished CommandTest::Run(const std::vector<std::string>& arguments) const {
  return RunToEnd(Command(arguments));
}

std::unique_ptr<Subprocess> CommandTest::Start(const std::vector<std::string>& arguments) const {
  return std::make_unique<Subprocess>(Command(arguments));
}

std::vector<std::string> CommandTest::Train(const std::vector<std::string>& more) const {
  std::vector<std::string> arguments = {"train", "--config=" + config_, "--run=" + run_dir()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> CommandTest::Learner(int port,
                                              const std::vector<std::string>& more) const {
  std::vector<std::string> arguments = Train(more);
  arguments[0] = "learner";
  arguments.push_back("--listen=127.0.0.1:" + std::to_string(port));
  return arguments;
}

std::vector<std::string> CommandTest::Actor(int port) const {
  return {"actor", "--learner=127.0.0.1:" + std::to_string(port)};
}

void CommandTest::TrainToTheEnd(const std::string& run_dir) const {
  std::vector<std::string> arguments = Train({"--frames=5000"});
  std::replace(arguments.begin(), arguments.end(), "--run=" + this->run_dir(), "--run=" + run_dir);
  const Finished finished = Run(arguments);
  ASSERT_EQ(finished.status, 0) << finished.out << finished.err;
}

nlohmann::json CommandTest::SummaryOf(const std::string& run_dir) {
  const absl::StatusOr<std::string> text = ReadFile(run_dir + "/summary.json");
  return nlohmann::json::parse(text.value_or(""), nullptr, /*allow_exceptions=*/false);
}

uint64_t CommandTest::Frames() const {
  const std::string text = ReadFile(run_dir() + "/metrics.jsonl").value_or("");
  const size_t end = text.rfind('\n');
  if (end == std::string::npos || end == 0) return 0;
  const size_t before = text.rfind('\n', end - 1);
  const size_t start = before == std::string::npos ? 0 : before + 1;
  return nlohmann::json::parse(text.substr(start, end - start)).at("frames").get<uint64_t>();
}

Subprocess::Options CommandTest::OnSmallDisk(Subprocess::Options options, const std::string& disk,
                                             const std::string& size, const std::string& listed) {
  const std::string script = "mount -t tmpfs -o size=" + size + " none " + disk +
                             " || exit 77; \"$@\"; status=$?; ls -A " + listed + "; exit $status";
  std::vector<std::string> argv = {"/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh"};
  argv.insert(argv.end(), options.argv.begin(), options.argv.end());
  options.argv = std::move(argv);
  return options;
}

bool CommandTest::LacksRights(const Finished& finished) {
  return finished.status == 77 || finished.err.find("unshare") != std::string::npos;
}

bool CommandTest::WaitForTraining(Subprocess* process, uint64_t frames) const {
  const uint64_t before = Frames();
  return process->WaitUntil([&] { return Frames() >= before + frames; });
}

std::vector<std::string> CommandTest::CheckpointsOf(const std::string& run_dir) {
  std::vector<std::string> paths;
  const std::string folder = run_dir + "/checkpoints";
  for (const std::string& name : ListFolder(folder).value_or(std::vector<std::string>())) {
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); })) {
      paths.push_back(folder + "/" + name);
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<pid_t> CommandTest::Named(const Subprocess& process, const std::string& prefix) {
  std::vector<pid_t> found;
  for (const pid_t pid : process.Family()) {
    if (ProcessName(pid).rfind(prefix, 0) == 0) found.push_back(pid);
  }
  return found;
}

void CommandTest::ExpectNothingLeft(Subprocess* process) const {
  EXPECT_TRUE(process->WaitUntil([&] { return process->Family().empty(); }))
      << "processes are left";
  EXPECT_EQ(ListFolder(scratch_ / "tmp").value(), std::vector<std::string>());
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  NYALA_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0, "no port is free");
  NYALA_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0, "no port");
  close(fd);
  return ntohs(address.sin_port);
}

bool IsOneLine(const std::string& text) { return text.find('\n') == text.size() - 1; }

}  // namespace nyala
