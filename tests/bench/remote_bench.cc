// What stepping environments of another process costs, over and above the environments: CartPole
// here and behind `grpc:` over a unix socket, by E. The server is C++, on threads of this process.
//
//   build/release/tests/bench/remote_bench
//
// `frames` is per second; `row_bytes` is what travels for one row, both ways, without gRPC's
// framing.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "actor/vector_env.h"
#include "common/base/check.h"
#include "tests/fakes/environment_server.h"

namespace nyala {
namespace {

void Play(benchmark::State& state, const std::string& id) {
  VectorEnvOptions options;
  options.id = id;
  options.E = state.range(0);
  const auto environments = *MakeVectorEnv(options);
  const EnvSpec& spec = environments->spec();
  std::vector<uint8_t> now(options.E * spec.observation.bytes()), flags(options.E);
  std::vector<uint8_t> next = now, next_flags = flags;
  std::vector<float> rewards(options.E);
  const std::vector<uint8_t> actions(options.E * spec.action.bytes());
  std::vector<EpisodeEnd> ends;
  NYALA_CHECK(environments->Reset(now.data(), flags.data()).ok(), "an environment that starts");
  for (auto _ : state) {
    ends.clear();
    const absl::Status stepped = environments->Step(
        {actions.data(), flags.data(), rewards.data(), next.data(), next_flags.data()}, &ends);
    NYALA_CHECK(stepped.ok(), "an environment that goes on");
    std::swap(flags, next_flags);
  }
  const auto frames = static_cast<double>(state.iterations() * options.E);
  state.counters["frames"] = benchmark::Counter(frames, benchmark::Counter::kIsRate);
  // Observation, reward and two ends there; reset, seed and action here.
  state.counters["row_bytes"] = static_cast<double>(
      options.E * (spec.observation.bytes() + 4 + 2 + 1 + 8 + spec.action.bytes()));
}

void BM_Here(benchmark::State& state) { Play(state, "CartPole-v1"); }
void BM_There(benchmark::State& state) {
  const TestEnvironmentServer server("CartPole-v1");
  Play(state, "grpc:" + server.address());
}

BENCHMARK(BM_Here)->Arg(1)->Arg(32)->Arg(256)->UseRealTime();
BENCHMARK(BM_There)->Arg(1)->Arg(32)->Arg(256)->UseRealTime();

}  // namespace
}  // namespace nyala

BENCHMARK_MAIN();
