// Atari: a game of the Arcade Learning Environment as the field plays it, "ALE/Pong-v5".
//
// An emulator's frames become uint8[84,84], one new one for each of ours; the network stacks them
// (network.frame_stack=4). The steps from one to the other are those of Mnih et al. 2015 and
// Machado et al. 2018 (arXiv 1709.06009), each with an argument of the id:
//
//   frame_skip=4             an action is repeated for so many emulator frames, rewards are summed
//   (always)                 the last two of them are joined by their maximum (sprites flicker), in
//                            grey, and shrunk to 84x84 by the mean of areas (box_filter.h)
//   sticky=0.25              probability that an emulator frame repeats the last one's action
//   noop_max=30              an episode starts after 1 .. so many idle frames; 0: none
//   episodic_life=true       a lost life is an end to the learner, and the game goes on after it;
//                            reported returns are of the whole game (but with reinforce and cem,
//                            to which each life is a session)
//   full_action_space=false  all 18 actions rather than those that do something in the game
//   max_frames=108000        truncated after so many emulator frames, rounded up to a step
//   mode, difficulty         the console's switches; the game's own by default
//   rom                      the ROM's file; see games.h
//
// Differences from Gymnasium's ALE/*-v5, whose sticky actions, frame skip and action sets are the
// defaults here: it shows 210x160 colours, has no no-ops and takes no life for an end. Frames of
// doing nothing do not count as frames here. A game's own start is always the same. Rewards are not
// clipped: algorithm.reward_clip does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actor/environment.h"
#include "actor/environment_id.h"
#include "actor/environments/atari/emulator.h"

namespace nyala {

struct AtariOptions {
  std::string id;
  int64_t frame_skip = 4;
  double sticky = 0.25;
  int64_t noop_max = 30;
  bool episodic_life = true;
  bool full_action_space = false;
  int64_t max_frames = 108000;
  CartridgeOptions cartridge;
};

// The arguments of an id. InvalidArgument, naming id and argument.
absl::StatusOr<AtariOptions> ReadAtariOptions(const EnvironmentId& id);

// The environment over any emulator.
std::unique_ptr<Environment> MakeAtari(const AtariOptions& options,
                                       std::unique_ptr<Emulator> emulator);

}  // namespace nyala
