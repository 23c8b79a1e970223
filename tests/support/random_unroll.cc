#include "tests/support/random_unroll.h"

#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

uint8_t FlagsAfter(uint8_t previous, const EpisodeEnds& ends, RandomSequence& random) {
  if ((previous & kRowTruncated) != 0) return kRowFinal;
  uint8_t flags = NextRowIsFirst(previous) ? kRowFirst : 0;
  const double drawn = random.Uniform();
  if (drawn < ends.terminate) {
    flags |= kRowTerminated;
  } else if (drawn < ends.terminate + ends.truncate) {
    flags |= kRowTruncated;
  }
  return flags;
}

void FillObservations(Unroll* unroll, RandomSequence& random) {
  if (unroll->spec.observation.dtype != DType::kFloat32) {
    for (uint8_t& byte : unroll->observations) byte = static_cast<uint8_t>(random.Below(256));
    return;
  }
  auto* values = reinterpret_cast<float*>(unroll->observations.data());
  for (size_t i = 0; i < unroll->observations.size() / sizeof(float); ++i) {
    values[i] = static_cast<float>(random.Uniform(-1, 1));
  }
}

void FillActions(Unroll* unroll, RandomSequence& random) {
  const ActionSpec& action = unroll->spec.action;
  const size_t count = unroll->actions.size() / 4;
  for (size_t i = 0; i < count; ++i) {
    if (action.kind != ActionSpec::Kind::kContinuous) {
      const auto element = static_cast<int64_t>(i) % action.elements();
      reinterpret_cast<int32_t*>(unroll->actions.data())[i] =
          static_cast<int32_t>(random.Below(action.values(element)));
    } else {
      reinterpret_cast<float*>(unroll->actions.data())[i] =
          static_cast<float>(random.Uniform(-1, 1));
    }
  }
}

}  // namespace

std::vector<uint8_t> RandomFlags(int64_t T, int64_t E, const EpisodeEnds& ends,
                                 RandomSequence& random) {
  std::vector<uint8_t> flags(T * E);
  for (int64_t e = 0; e < E; ++e) {
    // What may have stood on the row before the first: an end of either kind, or no end.
    constexpr uint8_t kBefore[] = {0, 0, kRowTerminated, kRowTruncated, kRowFinal};
    uint8_t previous = kBefore[random.Below(5)];
    for (int64_t t = 0; t < T; ++t) {
      previous = FlagsAfter(previous, ends, random);
      flags[t * E + e] = previous;
    }
  }
  return flags;
}

Unroll RandomUnroll(const UnrollSpec& spec, uint64_t seed, const EpisodeEnds& ends) {
  RandomSequence random(seed);
  Unroll unroll(spec);
  unroll.id = {0, 0, 1};
  unroll.incarnation = 1;
  unroll.policy_version = 1;
  FillObservations(&unroll, random);
  FillActions(&unroll, random);
  for (float& value : unroll.log_mu) value = static_cast<float>(random.Uniform(-1.5, -0.1));
  for (float& value : unroll.rewards) value = static_cast<float>(random.Uniform(-1, 1));
  for (float& value : unroll.initial_state) value = static_cast<float>(random.Uniform(-1, 1));
  unroll.flags = RandomFlags(spec.T, spec.E, ends, random);
  unroll.waiting_fraction = 0.25;
  for (const uint8_t flags : unroll.flags) {
    if ((flags & (kRowTerminated | kRowTruncated)) == 0) continue;
    unroll.episodes.push_back(
        {random.Uniform(-5, 5), 1 + random.Below(100), (flags & kRowTruncated) != 0});
  }
  return unroll;
}

}  // namespace nyala
