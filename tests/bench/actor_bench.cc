// What an actor's parts cost on one core: inference with sampling, and whole unrolls.
//
//   build/release/tests/bench/actor_bench --benchmark_filter=...
//
// `frames` is per second; `frame_time` is its inverse.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actor/rollout/inference.h"
#include "actor/rollout/unroll_builder.h"
#include "actor/vector_env.h"
#include "common/base/check.h"
#include "tests/support/network_parameters.h"

namespace nyala {
namespace {

void CountFrames(benchmark::State& state, int64_t frames) {
  const auto count = static_cast<double>(frames);
  state.counters["frames"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
  state.counters["frame_time"] =
      benchmark::Counter(count, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::unique_ptr<VectorEnv> MakeEnvironments(const std::string& id, int64_t E) {
  VectorEnvOptions options;
  options.id = id;
  options.E = E;
  return *MakeVectorEnv(options);
}

std::unique_ptr<Inference> MakePolicy(const EnvSpec& env) {
  const RunConfig config;  // 2x64 tanh
  auto inference = *MakeLocalInference(config, env);
  if (!inference->Load(InitialParameters(config.network(), env, 1)).ok()) std::abort();
  return inference;
}

// A row of E frames through the network, and an action sampled for each.
void BM_Inference(benchmark::State& state) {
  const int64_t E = state.range(0);
  const auto environments = MakeEnvironments("CartPole-v1", E);
  const EnvSpec& env = environments->spec();
  const auto inference = MakePolicy(env);
  std::vector<uint8_t> observations(E * env.observation.bytes()), flags(E);
  std::vector<int32_t> actions(E);
  std::vector<float> log_mu(E);
  std::vector<ActionKey> keys(E);
  NYALA_CHECK(environments->Reset(observations.data(), flags.data()).ok(), "they start");
  ActRow row;
  row.E = E;
  row.observations = observations.data();
  row.flags = flags.data();
  row.keys = keys.data();
  row.actions = reinterpret_cast<uint8_t*>(actions.data());
  row.environment_actions = row.actions;
  row.log_mu = log_mu.data();
  int64_t rows = 0;
  for (auto _ : state) {
    for (ActionKey& key : keys) ++key.step;
    if (!inference->Act(row).ok()) std::abort();
    ++rows;
  }
  CountFrames(state, rows * E);
}
BENCHMARK(BM_Inference)->RangeMultiplier(2)->Range(32, 512);

// All of what a rollout thread does but for the wire: T = 20 rows into an unroll.
void BM_CollectUnroll(benchmark::State& state) {
  const int64_t E = state.range(0);
  auto environments = MakeEnvironments("CartPole-v1", E);
  const auto inference = MakePolicy(environments->spec());
  UnrollBuilderOptions options;
  options.T = 20;
  UnrollBuilder builder(options, std::move(environments));
  Unroll unroll(builder.spec());
  int64_t unrolls = 0;
  for (auto _ : state) {
    if (!builder.Collect(*inference, &unroll).ok()) std::abort();
    ++unrolls;
  }
  CountFrames(state, unrolls * options.T * E);
}
BENCHMARK(BM_CollectUnroll)->RangeMultiplier(2)->Range(32, 512);

}  // namespace
}  // namespace nyala

BENCHMARK_MAIN();
