// VectorEnv: E environments stepped together, writing straight into batch memory.
//
// It lays episodes into rows as common/rl/episode_rows.h says and starts new episodes by itself.
// Everything is keyed by the global index of an environment, so that no result depends on how
// environments are batched: episode number n of environment i starts from the seed
// RandomBits(seed, i, n, kEpisodeSeed).
// Ownership: memory belongs to the caller. Threads: one at a time. Step allocates nothing but what
// `ends` may need to grow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actor/environment.h"
#include "common/base/clock.h"
#include "common/rl/specs.h"
#include "common/rl/unroll.h"

namespace nyala {

// An episode that ended, and the column in which it did.
struct EpisodeEnd {
  int64_t column = 0;
  EpisodeResult result;
};

class VectorEnv {
 public:
  virtual ~VectorEnv() = default;
  virtual const EnvSpec& spec() const = 0;
  // E.
  virtual int64_t size() const = 0;

  // Starts an episode in every environment and writes the first row: observations [E, ...] and
  // flags [E] (kRowFirst).
  virtual void Reset(uint8_t* observations, uint8_t* flags) = 0;

  // Takes actions [E, ...] in row t and writes its rewards [E]. `flags` [E] holds what row t starts
  // with (kRowFirst, kRowFinal or 0) and gets kRowTerminated or kRowTruncated added. Row t+1 goes
  // to next_observations [E, ...] and next_flags [E]. Where row t is final its action is ignored.
  // Episodes that end are appended to `ends`.
  virtual void Step(const uint8_t* actions, uint8_t* flags, float* rewards,
                    uint8_t* next_observations, uint8_t* next_flags,
                    std::vector<EpisodeEnd>* ends) = 0;

  // Appends where all environments stand.
  virtual void SaveState(std::string* state) const = 0;
  // Continues exactly there; row t, which the caller kept, is in `observations` and `flags`. An
  // environment that cannot be saved starts its next episode instead, and its part of row t is
  // overwritten. InvalidArgument when these are not the saved bytes of such a VectorEnv; it must
  // then be Reset before it is used.
  virtual absl::Status RestoreState(absl::string_view state, uint8_t* observations,
                                    uint8_t* flags) = 0;
};

struct VectorEnvOptions {
  // A registered environment.
  std::string id;
  int64_t E = 1;
  uint64_t seed = 0;
  // Global index of column 0.
  uint64_t first_environment = 0;
  // Number of the first episode of each environment.
  uint64_t first_episode = 0;
  // Episodes are truncated after so many frames, if they have not ended by then; 0: they are not.
  uint64_t max_episode_frames = 0;
  // How long each step of each environment waits; the E of them wait one after the other, in one
  // call of `wait` for all.
  double step_wait_seconds = 0;
  std::function<void(double seconds)> wait = SleepSeconds;
};

// Over E instances of the registered environment. NotFound when there is none of that name.
absl::StatusOr<std::unique_ptr<VectorEnv>> MakeVectorEnv(const VectorEnvOptions& options);

}  // namespace nyala
