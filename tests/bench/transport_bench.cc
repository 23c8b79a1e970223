// How fast unrolls reach a learner's memory, against bare gRPC streams of as many bytes.
//
//   transport_bench [--bytes=N] [--count=N] [--repetitions=N] [--streams=N] [--window=N]
//
// Two processes, over unix sockets: a server that copies each unroll into a slab, and this one.
// Beside ours stand bare streams of messages with one `bytes` field, as a generated stub sends
// them, and of raw buffers that nobody serialises or reads (bare_stream.h). All are measured in
// turns, so that what else the machine does touches them alike; prints MB/s and the processor time
// of both processes for each repetition, then the medians and the ratios.
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/thread.h"
#include "common/wire/client/backoff.h"
#include "common/wire/client/client.h"
#include "common/wire/server/server.h"
#include "tests/bench/bare_stream.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

struct Options {
  size_t bytes = 500000;
  int count = 1000;
  int repetitions = 9;
  int streams = 1;
  int window = 2;
};

// A learner that only copies: each stream has a slab of a few unrolls, filled in turn.
class SlabEndpoint : public LearnerEndpoint {
 public:
  explicit SlabEndpoint(const Options& options) : options_(options) {}

  absl::StatusOr<JoinReply> Join(const JoinRequest&) override {
    JoinReply reply;
    reply.config.mutable_actor()->set_window(options_.window);
    return reply;
  }
  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint64_t, uint32_t) override {
    return std::make_unique<Stream>(2 * options_.bytes);
  }
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest&, absl::Duration) override {
    return nullptr;
  }
  absl::Status RenewLease(uint64_t) override { return absl::OkStatus(); }
  absl::Status Leave(const LeaveRequest&) override { return absl::OkStatus(); }

 private:
  class Stream : public UnrollStream {
   public:
    explicit Stream(size_t place) : place_(place), slab_(kPlaces * place) {}
    absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) override {
      uint8_t* to = slab_.data() + next_++ % kPlaces * place_;
      Copy(unroll.observations, &to);
      Copy(unroll.actions, &to);
      Copy(unroll.log_mu, &to);
      Copy(unroll.rewards, &to);
      Copy(unroll.flags, &to);
      return SubmitReply{UnrollVerdict::kAccepted, next_, ""};
    }

   private:
    // Two slabs of two unrolls each.
    static constexpr size_t kPlaces = 4;
    template <typename T>
    static void Copy(absl::Span<const T> from, uint8_t** to) {
      std::memcpy(*to, from.data(), from.size() * sizeof(T));
      *to += from.size() * sizeof(T);
    }
    const size_t place_;
    std::vector<uint8_t> slab_;
    size_t next_ = 0;
  };

  const Options options_;
};

// T rows of 32 environments with frames of 16 floats, as near to `bytes` as whole rows come.
Unroll UnrollOf(size_t bytes) {
  UnrollSpec spec;
  spec.E = 32;
  spec.observation = {DType::kFloat32, {16}};
  spec.T = 1;
  const int64_t one = spec.bytes();
  spec.T = 2;
  const int64_t row = spec.bytes() - one;
  spec.T = std::max<int64_t>(1, (static_cast<int64_t>(bytes) - one) / row + 1);
  Unroll unroll(spec);
  unroll.policy_version = 1;
  return unroll;
}

double Seconds(clockid_t clock) {
  timespec time{};
  NYALA_CHECK(clock_gettime(clock, &time) == 0, "no such clock");
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Cost {
  double wall = 0;       // seconds
  double processor = 0;  // seconds, of both processes
};

// Cost of `body`, run for each stream on a thread of its own.
Cost Measure(int streams, pid_t server, const std::function<void(int)>& body) {
  clockid_t server_clock;
  NYALA_CHECK(clock_getcpuclockid(server, &server_clock) == 0, "no server");
  const auto processor = [&] { return Seconds(CLOCK_PROCESS_CPUTIME_ID) + Seconds(server_clock); };
  Cost start{MonotonicSeconds(), processor()};
  {
    std::vector<Thread> threads;
    for (int i = 0; i < streams; ++i) threads.emplace_back("stream", [&body, i] { body(i); });
  }
  return {MonotonicSeconds() - start.wall, processor() - start.processor};
}

void SubmitAll(LearnerEndpoint& learner, int thread, const Options& options) {
  Unroll unroll = UnrollOf(options.bytes);
  auto stream = learner.OpenUnrollStream(0, thread);
  NYALA_CHECK(stream.ok(), "the stream does not open");
  unroll.id.thread = thread;
  for (int i = 1; i <= options.count; ++i) {
    unroll.id.sequence = i;
    NYALA_CHECK((*stream)->Submit(unroll.view()).ok(), "an unroll was refused");
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Compare(const Options& options, const std::string& ours, const std::string& bare,
             pid_t server) {
  LearnerClientOptions client_options;
  client_options.address = ours;
  auto client = GrpcLearnerClient::Create(client_options);
  NYALA_CHECK(client.ok(), "no client");
  Backoff backoff(1);
  while (!(*client)->Join({}).ok()) {
    usleep(static_cast<useconds_t>(backoff.Next().count() / 1000));
  }
  BareClient bare_client(bare);
  const int64_t bytes = UnrollOf(options.bytes).spec.bytes();
  const double megabytes = 1e-6 * static_cast<double>(bytes) * options.count * options.streams;
  std::printf("unrolls of %lld bytes, %d streams, window %d\n", static_cast<long long>(bytes),
              options.streams, options.window);
  const double unrolls = 1.0 * options.count * options.streams;
  const auto rate = [&](const char* name, const Cost& cost, std::vector<double>* rates) {
    rates->push_back(megabytes / cost.wall);
    std::printf("%s %7.1f MB/s, %4.0f us processor each   ", name, rates->back(),
                1e6 * cost.processor / unrolls);
  };
  std::vector<double> messages, buffers, our;
  // The first repetition warms all up and does not count.
  for (int i = 0; i <= options.repetitions; ++i) {
    const auto bare_of = [&](BareKind kind) {
      return Measure(options.streams, server,
                     [&](int) { bare_client.Stream(kind, bytes, options.count); });
    };
    const Cost message_cost = bare_of(BareKind::kMessages);
    const Cost our_cost =
        Measure(options.streams, server, [&](int thread) { SubmitAll(**client, thread, options); });
    const Cost buffer_cost = bare_of(BareKind::kBuffers);
    if (i == 0) continue;
    rate("messages", message_cost, &messages);
    rate("nyala", our_cost, &our);
    rate("buffers", buffer_cost, &buffers);
    std::printf("\n");
  }
  std::printf(
      "median: bare messages %.0f MB/s, nyala %.0f MB/s, bare buffers %.0f MB/s\n"
      "nyala reaches %.0f %% of bare messages, %.0f %% of bare buffers\n",
      Median(messages), Median(our), Median(buffers), 100 * Median(our) / Median(messages),
      100 * Median(our) / Median(buffers));
}

// Serves until the other process closes its end of the pipe.
void Serve(const Options& options, const std::string& ours, const std::string& bare, int pipe) {
  SlabEndpoint endpoint(options);
  LearnerServerOptions server_options;
  server_options.listen = ours;
  auto server = LearnerServer::Start(server_options, endpoint, nullptr);
  NYALA_CHECK(server.ok(), "no server");
  BareServer bare_server(bare);
  char byte;
  while (read(pipe, &byte, 1) > 0) {
  }
}

int Run(const Options& options) {
  const ScratchDir dir;
  const std::string ours = "unix:" + dir / "ours", bare = "unix:" + dir / "bare";
  int ends[2];
  NYALA_CHECK(pipe(ends) == 0, "no pipe");
  // Before any use of gRPC, which does not survive a fork.
  const pid_t child = fork();
  NYALA_CHECK(child >= 0, "no second process");
  if (child == 0) {
    close(ends[1]);
    Serve(options, ours, bare, ends[0]);
    _exit(0);
  }
  close(ends[0]);
  Compare(options, ours, bare, child);
  close(ends[1]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}

}  // namespace
}  // namespace nyala

int main(int argc, char** argv) {
  nyala::Options options;
  CLI::App app("Unrolls over our transport against bare gRPC streams");
  app.add_option("--bytes", options.bytes, "size of an unroll");
  app.add_option("--count", options.count, "unrolls of a repetition and stream");
  app.add_option("--repetitions", options.repetitions);
  app.add_option("--streams", options.streams, "streams at a time");
  app.add_option("--window", options.window, "unacknowledged unrolls of a stream");
  CLI11_PARSE(app, argc, argv);
  return nyala::Run(options);
}
