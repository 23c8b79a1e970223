// What many actors cost a learner that join it at once.
//
//   join_bench [--actors=N] [--threads=N]
//
// Two processes: a learner's admission behind its server, on a port of 127.0.0.1, and this one,
// which is so many actors, each over a connection of its own that opens a stream for each thread.
// Prints how long all took to join, and the learner's memory: before, with all of them, and when
// they have left and others have come and gone.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/descriptors.h"
#include "common/base/thread.h"
#include "common/wire/client.h"
#include "common/wire/server.h"
#include "learner/async_assembler.h"
#include "learner/learner_core.h"

namespace nyala {
namespace {

UnrollSpec Spec() {
  UnrollSpec spec;
  spec.T = 20;
  spec.observation = {DType::kFloat32, {4}};
  spec.action.n = 2;
  return spec;
}

[[noreturn]] void Serve(int to, int from) {
  RaiseDescriptorLimit();
  LearnerCore::Options options;
  options.unroll = Spec();
  options.run_id = "bench";
  AsyncAssembler assembler(Spec(), {});
  ParameterStore store;
  Roster roster({}, 0);
  LearnerCore core(options, &assembler, &store, &roster);
  LearnerServerOptions serving;
  serving.listen = "127.0.0.1:0";
  auto server = LearnerServer::Start(serving, core, [] { return LearnerStatus(); });
  NYALA_CHECK(server.ok(), "the server does not start");
  const std::string line = (*server)->address() + "\n";
  NYALA_CHECK(write(to, line.data(), line.size()) > 0, "nobody listens");
  char byte = 0;
  [[maybe_unused]] const ssize_t end = read(from, &byte, 1);
  _exit(0);
}

double ResidentMegabytes(pid_t pid) {
  std::FILE* const file = std::fopen(("/proc/" + std::to_string(pid) + "/statm").c_str(), "r");
  long total = 0, resident = 0;
  NYALA_CHECK(file != nullptr && std::fscanf(file, "%ld %ld", &total, &resident) == 2, "no statm");
  std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Member {
  std::unique_ptr<GrpcLearnerClient> client;
  std::vector<std::unique_ptr<UnrollStream>> streams;
};

Member Enter(const std::string& address, uint64_t key, uint32_t threads) {
  LearnerClientOptions options;
  options.address = address;
  Member member;
  auto client = GrpcLearnerClient::Create(options);
  NYALA_CHECK(client.ok(), "no client");
  member.client = *std::move(client);
  JoinRequest request;
  request.actor_key = key;
  request.host = "bench";
  request.threads = threads;
  request.envs_per_thread = 1;
  const auto joined = member.client->Join(request);
  NYALA_CHECK(joined.ok(), joined.status().ToString().c_str());
  for (uint32_t thread = 0; thread < threads; ++thread) {
    auto stream = member.client->OpenUnrollStream(joined->lease, thread);
    NYALA_CHECK(stream.ok(), stream.status().ToString().c_str());
    member.streams.push_back(*std::move(stream));
  }
  return member;
}

// Seconds until all of them were in.
double EnterAll(const std::string& address, uint32_t actors, uint32_t threads, uint64_t keys,
                std::vector<Member>* members) {
  constexpr uint32_t kAtOnce = 16;
  members->resize(actors);
  std::atomic<uint32_t> next{0};
  const double start = MonotonicSeconds();
  {
    std::vector<Thread> workers;
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      workers.emplace_back("actors", [&] {
        for (uint32_t mine = next++; mine < actors; mine = next++) {
          (*members)[mine] = Enter(address, keys + mine, threads);
        }
      });
    }
  }
  return MonotonicSeconds() - start;
}

int Main(uint32_t actors, uint32_t threads) {
  int address_pipe[2], end_pipe[2];
  NYALA_CHECK(pipe(address_pipe) == 0 && pipe(end_pipe) == 0, "no pipe");
  const pid_t learner = fork();
  if (learner == 0) {
    close(end_pipe[1]);
    Serve(address_pipe[1], end_pipe[0]);
  }
  RaiseDescriptorLimit();
  char text[256] = "";
  NYALA_CHECK(read(address_pipe[0], text, sizeof(text) - 1) > 0, "the learner does not start");
  const std::string address(text, strcspn(text, "\n"));
  {
    std::vector<Member> warm;
    EnterAll(address, 16, 1, 1, &warm);
  }
  const double before = ResidentMegabytes(learner);
  for (int round = 1; round <= 3; ++round) {
    std::vector<Member> members;
    const double seconds =
        EnterAll(address, actors, threads, 1000 + uint64_t{1000000} * round, &members);
    const double with = ResidentMegabytes(learner);
    std::printf(
        "round %d: %u actors of %u threads joined in %.2f s; learner %.1f MB, %.1f kB more "
        "an actor\n",
        round, actors, threads, seconds, with, 1e3 * (with - before) / actors);
  }
  std::printf("learner before %.1f MB, after all have left %.1f MB\n", before,
              ResidentMegabytes(learner));
  close(end_pipe[1]);
  waitpid(learner, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace nyala

int main(int argc, char** argv) {
  uint32_t actors = 1000;
  uint32_t threads = 1;
  CLI::App app{"What joins cost a learner"};
  app.add_option("--actors", actors)->capture_default_str();
  app.add_option("--threads", threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return nyala::Main(actors, threads);
}
