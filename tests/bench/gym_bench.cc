// An environment through a VectorEnv of one, under random actions of a discrete space: frames a
// second of processor time, alone on standard output. tests/bench/gym compares it with Python's own
// loop.
//
//   build/release/tests/bench/gym_bench ID SECONDS
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "actor/vector_env.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr int64_t kActions = 1024;
constexpr int64_t kChunk = 20'000;

double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

absl::StatusOr<double> FramesPerSecond(const std::string& id, double seconds) {
  VectorEnvOptions options;
  options.id = id;
  auto made = MakeVectorEnv(options);
  if (!made.ok()) return made.status();
  VectorEnv& environment = **made;
  RandomSequence random(1);
  std::vector<int32_t> actions(kActions);
  for (int32_t& action : actions) {
    action = static_cast<int32_t>(random.Below(environment.spec().action.n));
  }
  const int64_t bytes = environment.spec().observation.bytes();
  std::vector<uint8_t> now(bytes), next(bytes);
  uint8_t flags = 0, next_flags = 0;
  float reward = 0;
  std::vector<EpisodeEnd> ends;
  absl::Status status = environment.Reset(now.data(), &flags);
  int64_t frames = 0;
  const double start = ProcessorSeconds();
  while (status.ok() && ProcessorSeconds() - start < seconds) {
    for (int64_t i = 0; i < kChunk && status.ok(); ++i) {
      ends.clear();
      status = environment.Step({reinterpret_cast<const uint8_t*>(&actions[i % kActions]), &flags,
                                 &reward, next.data(), &next_flags},
                                &ends);
      std::swap(now, next);
      flags = next_flags;
    }
    frames += kChunk;
  }
  if (!status.ok()) return status;
  return static_cast<double>(frames) / (ProcessorSeconds() - start);
}

}  // namespace
}  // namespace nyala

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: gym_bench ID SECONDS\n");
    return 2;
  }
  const auto frames = nyala::FramesPerSecond(argv[1], std::atof(argv[2]));
  if (!frames.ok()) {
    std::fprintf(stderr, "gym_bench: %s\n", std::string(frames.status().message()).c_str());
    return 1;
  }
  std::printf("%.0f\n", *frames);
  return 0;
}
