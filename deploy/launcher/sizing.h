// How many actor processes and rollout threads a machine gets when nobody says. Any thread.
#pragma once

#include <string>

#include "nyala/run_config.pb.h"

namespace nyala {

// With c cores and t rollout threads an actor, at least 1 and about
//   c / t        when actors act while the learner waits for them (a2c, ppo, reinforce, cem),
//                or when they compute the gradients, too;
//   (c - 1) / t  when the learner computes on an accelerator: one core feeds it;
//   (c / 2) / t  else: learning a frame costs about twice what acting it does, so actors at half
//                the cores keep the learner's shards, which get the rest of the time, fed.
int ChooseActors(const RunConfig& config, int cores);

// Rollout threads of an actor on its own, and the line that says so.
struct ThreadChoice {
  int threads = 0;  // 0: as the run says, actor.threads
  std::string why;
};

// One for each core, but as the run says
//   where its batch is the columns of all actors (a2c, ppo, reinforce, cem): their number is part
//   of what is learnt; in Python (gym:) and in another process (grpc:): one interpreter is held by
//   one thread at a time, and a server's cores are not ours to count. There, more actors help.
// `envs_per_thread` is for the line.
ThreadChoice ChooseThreads(const RunConfig& config, int envs_per_thread, int cores);

}  // namespace nyala
