// VectorEnv: E environments stepped together, writing straight into batch memory.
//
// It lays episodes into rows as common/rl/episode_rows.h says and starts new episodes by itself.
// Everything is keyed by the global index of an environment, so that no result depends on how
// environments are batched: episode number n of environment i starts from the seed
// RandomBits(seed, i, n, kEpisodeSeed).
// Ownership: memory belongs to the caller. Threads: one at a time. Step allocates nothing of its
// own but what `ends` may need to grow; an environment may where it starts an episode.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actor/environment_registry.h"
#include "actor/reach.h"
#include "common/base/clock.h"
#include "common/base/registry.h"
#include "common/rl/specs.h"
#include "common/rl/unroll.h"

namespace nyala {

// Where the environment of column 0 stands, for who watches it.
struct WatchedRow {
  const Environment& environment;
  // Number of the frame in its episode; 0 where one starts.
  uint64_t frame = 0;
  double episode_return = 0;
  // The next row starts another episode.
  bool ended = false;
};
using Watch = std::function<absl::Status(const WatchedRow&)>;

// An episode that ended, and the column in which it did.
struct EpisodeEnd {
  int64_t column = 0;
  EpisodeResult result;
};

// What one step of all E columns reads and writes: rows of the caller's memory.
struct StepRow {
  const uint8_t* actions = nullptr;      // [E, ...]
  uint8_t* flags = nullptr;              // [E]
  float* rewards = nullptr;              // [E]
  uint8_t* next_observations = nullptr;  // [E, ...]
  uint8_t* next_flags = nullptr;         // [E]
};

class VectorEnv {
 public:
  virtual ~VectorEnv() = default;
  virtual const EnvSpec& spec() const = 0;
  // E.
  virtual int64_t size() const = 0;

  // Starts an episode in every environment and writes the first row: observations [E, ...] and
  // flags [E] (kRowFirst). An error as of Step.
  virtual absl::Status Reset(uint8_t* observations, uint8_t* flags) = 0;

  // Takes the actions in row t and writes its rewards. `flags` holds what row t starts with
  // (kRowFirst, kRowFinal or 0) and gets kRowTerminated or kRowTruncated added. Row t+1 goes to
  // next_observations and next_flags. Where row t is final its action is ignored. Episodes that end
  // are appended to `ends`. An error names the environment, which could not go
  // on or gave what is not a finite number; this VectorEnv is then of no more use.
  virtual absl::Status Step(const StepRow& row, std::vector<EpisodeEnd>* ends) = 0;

  // Appends where all environments stand.
  virtual void SaveState(std::string* state) const = 0;
  // Continues exactly there; row t, which the caller kept, is in `observations` and `flags`. An
  // environment that cannot be saved starts its next episode instead, and its part of row t is
  // overwritten. InvalidArgument when these are not the saved bytes of such a VectorEnv; it must
  // then be Reset before it is used.
  virtual absl::Status RestoreState(absl::string_view state, uint8_t* observations,
                                    uint8_t* flags) = 0;

  // The size that suits drawings of column 0 to VectorEnvOptions.watch; 0 x 0: it has none, or
  // this VectorEnv lets nobody watch.
  virtual DrawingSize drawing_size() const { return {}; }
};

struct VectorEnvOptions {
  // As actor/environment_id.h says.
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
  // Called wherever an episode starts in column 0 and after each of its steps, the last included,
  // before the next episode starts. An error ends Reset or Step with it.
  Watch watch;
  // How long an environment that is elsewhere may take to answer; 0: for ever. What runs in this
  // process cannot be interrupted (actor/rollout/hang_detector.h).
  double step_timeout_seconds = 60;
};

// Families of environments that step E of them at once by their own means, by the prefix of their
// ids. Filled like Environments(), whose names and families are all the others.
class VectorEnvRegistry : public Registry<absl::StatusOr<std::unique_ptr<VectorEnv>>,
                                          const EnvironmentId&, const VectorEnvOptions&> {
 public:
  VectorEnvRegistry() : Registry("environment") {}
  // `prefix` ends with a colon; `usage` is one line for `nyala envs`.
  void RegisterFamily(const std::string& prefix, const std::string& usage, Factory factory,
                      Reach reach = Reach::Undeclared()) {
    Register(prefix, std::move(factory));
    families_[prefix] = usage;
    reaches_.emplace(prefix, std::move(reach));
  }
  Reach ReachOf(const std::string& prefix) const {
    const auto found = reaches_.find(prefix);
    return found == reaches_.end() ? Reach::Undeclared() : found->second;
  }
  // Prefix and usage.
  const std::map<std::string, std::string>& families() const { return families_; }

 private:
  std::map<std::string, std::string> families_;
  std::map<std::string, Reach> reaches_;
};
VectorEnvRegistry& VectorEnvs();

// Over E instances of the environment, or what its family makes. NotFound when there is none of
// that name, InvalidArgument when its arguments do not fit.
absl::StatusOr<std::unique_ptr<VectorEnv>> MakeVectorEnv(const VectorEnvOptions& options);

// Whether MakeVectorEnv would find it, without making anything of it.
absl::Status CheckEnvironmentName(const std::string& id);

// What MakeVectorEnv would reach; nothing where it would find no such environment.
Outside OutsideOf(const std::string& id);

// What MakeVectorEnv would make. The time is VectorEnvOptions' own.
absl::StatusOr<EnvSpec> DescribeEnvironment(const std::string& id,
                                            double step_timeout_seconds = 60);

}  // namespace nyala
