#include "tests/support/unroll_mutations.h"

#include <limits>

#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int64_t kOtherShape[] = {7, 1};

float* Floats(std::vector<uint8_t>& bytes) { return reinterpret_cast<float*>(bytes.data()); }
int32_t* Ints(std::vector<uint8_t>& bytes) { return reinterpret_cast<int32_t*>(bytes.data()); }

void AddUntrainable(std::vector<UnrollMutation>* all) {
  const size_t before = all->size();
  for (const float bad : {kNaN, kInfinity, -kInfinity, 1e30f, -1e30f}) {
    const std::string suffix = " of " + std::to_string(bad);
    all->push_back({"observation" + suffix, "observations", [bad](Unroll& u) {
                      Floats(u.observations)[u.observations.size() / 4 - 1] = bad;
                    }});
    all->push_back({"log_mu" + suffix, "log_mu", [bad](Unroll& u) { u.log_mu.back() = bad; }});
    all->push_back({"reward" + suffix, "rewards", [bad](Unroll& u) { u.rewards.front() = bad; }});
    all->push_back({"initial state" + suffix, "initial_state",
                    [bad](Unroll& u) { u.initial_state.back() = bad; }});
    all->push_back({"episode return" + suffix, "episodes",
                    [bad](Unroll& u) { u.episodes.back().episode_return = bad; }});
  }
  for (size_t i = before; i < all->size(); ++i) (*all)[i].untrainable = true;
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    all->push_back({"waiting fraction of " + std::to_string(bad), "waiting_fraction",
                    [bad](Unroll& u) { u.waiting_fraction = bad; }});
  }
}

void AddWrongSize(std::vector<UnrollMutation>* all) {
  all->push_back(
      {"observations too short", "observations", [](Unroll& u) { u.observations.pop_back(); }});
  all->push_back({"actions too long", "actions", [](Unroll& u) { u.actions.push_back(0); }});
  all->push_back({"log_mu too short", "log_mu", [](Unroll& u) { u.log_mu.pop_back(); }});
  all->push_back({"rewards too long", "rewards", [](Unroll& u) { u.rewards.push_back(0); }});
  all->push_back({"flags too short", "flags", [](Unroll& u) { u.flags.pop_back(); }});
  all->push_back(
      {"initial state missing", "initial_state", [](Unroll& u) { u.initial_state.clear(); }});
  all->push_back({"more episodes than rows", "episodes", [](Unroll& u) {
                    u.episodes.resize(u.flags.size() + 1, {1.0, 1, false});
                  }});
}

void AddImpossibleValues(std::vector<UnrollMutation>* all) {
  all->push_back({"negative action", "actions", [](Unroll& u) { Ints(u.actions)[0] = -1; }});
  all->push_back({"action too great", "actions",
                  [](Unroll& u) { Ints(u.actions)[1] = static_cast<int32_t>(u.spec.action.n); }});
  all->push_back({"unknown flag bit", "flags", [](Unroll& u) { u.flags[0] |= 32; }});
  all->push_back({"both ends in one row", "flags",
                  [](Unroll& u) { u.flags[0] = kRowTerminated | kRowTruncated; }});
  all->push_back({"a start in the middle of an episode", "flags", [](Unroll& u) {
                    u.flags[0] = 0;
                    u.flags[u.spec.E] = kRowFirst;
                  }});
  all->push_back({"a truncation without a final row", "flags", [](Unroll& u) {
                    u.flags[0] = kRowTruncated;
                    u.flags[u.spec.E] = kRowFirst;
                  }});
  all->push_back(
      {"an episode without frames", "episodes", [](Unroll& u) { u.episodes.back().length = 0; }});
  all->push_back({"negative waiting fraction", "waiting_fraction",
                  [](Unroll& u) { u.waiting_fraction = -0.1; }});
  all->push_back({"waiting fraction above 1", "waiting_fraction",
                  [](Unroll& u) { u.waiting_fraction = 1.5; }});
}

void AddWrongShape(std::vector<UnrollMutation>* all) {
  const auto add = [all](const char* what, const char* field,
                         std::function<void(UnrollView&)> spoil) {
    all->push_back({what, field, [](Unroll&) {}, std::move(spoil)});
  };
  add("another T", "observations", [](UnrollView& v) { ++v.T; });
  add("no rows", "observations", [](UnrollView& v) { v.T = 0; });
  add("no columns", "observations", [](UnrollView& v) { v.E = 0; });
  add("negative columns", "observations", [](UnrollView& v) { v.E = -1; });
  add("one column more", "log_mu", [](UnrollView& v) { ++v.E; });
  // Sizes that wrap around to those of empty arrays.
  add("columns that overflow", "flags", [](UnrollView& v) { v.E = int64_t{1} << 62; });
  add("columns that overflow, no data", "flags", [](UnrollView& v) {
    v.E = int64_t{1} << 62;
    v.observations = v.actions = v.flags = {};
    v.log_mu = v.rewards = v.initial_state = {};
    v.episodes = {};
  });
  add("another observation type", "observations",
      [](UnrollView& v) { v.observation_dtype = DType::kInt32; });
  add("another action type", "actions", [](UnrollView& v) { v.action_dtype = DType::kFloat32; });
  add("another observation shape", "observations",
      [](UnrollView& v) { v.observation_shape = kOtherShape; });
}

}  // namespace

std::vector<UnrollMutation> PayloadMutations() {
  std::vector<UnrollMutation> all;
  AddUntrainable(&all);
  AddWrongSize(&all);
  AddImpossibleValues(&all);
  AddWrongShape(&all);
  return all;
}

}  // namespace nyala
