// What environment steps cost on one core: every registered environment, the synthetic ones and
// the Atari games whose ROMs are here, under random actions, 32 of them behind one VectorEnv, new
// episodes included.
//
//   build/release/tests/bench/environment_bench --benchmark_filter=MinAtar
//
// `frames` is per second; `frame_time` is its inverse.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "actor/vector_env.h"
#include "common/base/check.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr int64_t kEnvironments = 32;
constexpr int64_t kRowsOfActions = 64;

// Random actions for a number of rows, [rows, E, ...].
std::vector<uint8_t> RandomActions(const ActionSpec& spec, int64_t rows) {
  RandomSequence random(1);
  std::vector<uint8_t> actions(rows * kEnvironments * spec.bytes());
  const auto n = static_cast<int64_t>(actions.size() / 4);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t element = i % spec.elements();
    uint8_t* const to = actions.data() + i * 4;
    if (spec.kind == ActionSpec::Kind::kContinuous) {
      const auto value = static_cast<float>(random.Uniform(spec.low[element], spec.high[element]));
      std::memcpy(to, &value, sizeof(value));
    } else {
      const auto value = static_cast<int32_t>(random.Below(spec.values(element)));
      std::memcpy(to, &value, sizeof(value));
    }
  }
  return actions;
}

void BM_Steps(benchmark::State& state, const std::string& id) {
  VectorEnvOptions options;
  options.id = id;
  options.E = kEnvironments;
  const auto made = MakeVectorEnv(options);
  if (absl::IsFailedPrecondition(made.status())) {
    state.SkipWithError(std::string(made.status().message()).c_str());
    return;
  }
  const auto& environments = *made;
  const int64_t bytes = kEnvironments * environments->spec().observation.bytes();
  std::vector<uint8_t> now(bytes), next(bytes), flags(kEnvironments), next_flags(kEnvironments);
  std::vector<float> rewards(kEnvironments);
  std::vector<EpisodeEnd> ends;
  const std::vector<uint8_t> actions = RandomActions(environments->spec().action, kRowsOfActions);
  const int64_t row_bytes = kEnvironments * environments->spec().action.bytes();
  NYALA_CHECK(environments->Reset(now.data(), flags.data()).ok(), "an environment that starts");
  int64_t row = 0;
  for (auto _ : state) {
    ends.clear();
    const absl::Status stepped =
        environments->Step({actions.data() + row % kRowsOfActions * row_bytes, flags.data(),
                            rewards.data(), next.data(), next_flags.data()},
                           &ends);
    NYALA_CHECK(stepped.ok(), "an environment that goes on");
    std::swap(now, next);
    std::swap(flags, next_flags);
    ++row;
  }
  const auto frames = static_cast<double>(row * kEnvironments);
  state.counters["frames"] = benchmark::Counter(frames, benchmark::Counter::kIsRate);
  state.counters["frame_time"] =
      benchmark::Counter(frames, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace
}  // namespace nyala

int main(int argc, char** argv) {
  std::vector<std::string> ids = nyala::Environments().Names();
  for (const char* id : {"synthetic:atari", "synthetic:cartpole"}) ids.emplace_back(id);
  for (const char* id : {"ALE/Breakout-v5", "ALE/Pong-v5", "ALE/Tetris-v5"}) {
    if (nyala::Environments().Create(id).ok()) ids.emplace_back(id);
  }
  for (const std::string& id : ids) {
    benchmark::RegisterBenchmark(id.c_str(), nyala::BM_Steps, id);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
