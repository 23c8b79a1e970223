// What many actors cost a learner that join it at once.
//
//   join_bench [--actors=N] [--threads=N]
//
// Two processes: a learner's admission behind its server, on a port of 127.0.0.1, and this one.
// First joins alone, over one connection, until their leases end; then actors with a connection
// each and a stream for each thread, most of whose memory is gRPC's. Prints how long all took to
// join and the learner's heap in use: with all of them, and when they have left.
#include <malloc.h>
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
#include "common/base/thread.h"
#include "common/system/descriptors.h"
#include "common/wire/client/client.h"
#include "common/wire/server/server.h"
#include "learner/admission/learner_core.h"
#include "learner/batches/async_assembler.h"

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
  Roster::Options leases;
  leases.lease_seconds = 3;
  Roster roster({}, 0, leases);
  LearnerCore core(options, &assembler, &store, &roster);
  LearnerServerOptions serving;
  serving.listen = "127.0.0.1:0";
  serving.on_tick = [&core] { core.Tick(); };
  // What is asked about here travels in a field of the status that is there.
  auto server = LearnerServer::Start(serving, core, [&roster] {
    LearnerStatus status;
    status.frames = mallinfo2().uordblks;
    status.actors = roster.joined();
    return status;
  });
  NYALA_CHECK(server.ok(), "the server does not start");
  const std::string line = (*server)->address() + "\n";
  NYALA_CHECK(write(to, line.data(), line.size()) > 0, "nobody listens");
  char byte = 0;
  [[maybe_unused]] const ssize_t end = read(from, &byte, 1);
  _exit(0);
}

// The learner's heap in use, in kB, once `actors` are there.
double HeapWith(GrpcLearnerClient& client, uint32_t actors) {
  while (true) {
    const auto status = client.GetStatus();
    NYALA_CHECK(status.ok(), "no status");
    if (status->actors == actors) return static_cast<double>(status->frames) / 1e3;
    usleep(10000);
  }
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
  LearnerClientOptions options;
  options.address = address;
  const std::unique_ptr<GrpcLearnerClient> asking = *GrpcLearnerClient::Create(options);
  {
    std::vector<Member> warm;
    EnterAll(address, 64, threads, 1000, &warm);
  }
  const double before = HeapWith(*asking, 0);
  const auto each = [&](uint32_t present) {
    return (HeapWith(*asking, present) - before) / actors;
  };
  const double start = MonotonicSeconds();
  for (uint32_t i = 0; i < actors; ++i) {
    JoinRequest request;
    request.actor_key = 10000 + i;
    request.threads = threads;
    request.envs_per_thread = 1;
    NYALA_CHECK(asking->Join(request).ok(), "a join failed");
  }
  const double joining = MonotonicSeconds() - start;
  const double joined = each(actors);
  std::printf("%u joins alone in %.2f s: %.1f kB of heap each, %.1f when their leases have ended\n",
              actors, joining, joined, each(0));
  for (int round = 1; round <= 3; ++round) {
    std::vector<Member> members;
    const double seconds =
        EnterAll(address, actors, threads, 1000000 + uint64_t{1000000} * round, &members);
    const double present = each(actors);
    members.clear();
    std::printf(
        "%u actors with a connection and %u streams each in %.2f s: %.1f kB of heap each, %.1f "
        "when they have left\n",
        actors, threads, seconds, present, each(0));
  }
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
