// "gym:MODULE:ID[,argument=value]...": an environment with Gymnasium's interface.
//
// MODULE is imported; the environment is MODULE.make(ID, argument=value, ...) where the module has
// a `make`, as gymnasium itself has, else gymnasium.make(ID, ...), for modules that register with
// it. Values are Python literals, true and false, or else text. It is asked for
// env.observation_space, env.action_space, env.reset(seed=...) at every episode, with 31 bits of
// our seed, env.step(action) and its five results, env.close(), and, where they are,
// env.spec.max_episode_steps and env.spec.reward_threshold. A step that both terminates and
// truncates terminates. With render_mode=rgb_array it draws what env.render() gives.
// An exception's traceback goes to standard error; the failure's line names type and message.
// Each Reset and Step takes the interpreter, which the process has one of, and lets it go.
#pragma once

#include "actor/environment_registry.h"

namespace nyala {

// Starts Python if need be. Errors name the id.
EnvironmentRegistry::Result MakeGymEnvironment(const EnvironmentId& id);

}  // namespace nyala
