// How many actor processes a machine gets when nobody says. Any thread.
#pragma once

#include "nyala/run_config.pb.h"

namespace nyala {

// With c cores and t rollout threads an actor, at least 1 and about
//   c / t        when actors act while the learner waits for them (a2c, ppo, reinforce, cem), or when
//                they compute the gradients, too;
//   (c - 1) / t  when the learner computes on an accelerator: one core feeds it;
//   (c / 2) / t  else: learning a frame costs about twice what acting it does, so actors at half
//                the cores keep the learner's shards, which get the rest of the time, fed.
int ChooseActors(const RunConfig& config, int cores);

}  // namespace nyala
