// "gym:MODULE:ID": environments of Python packages (actor/gym), when the optional library
// libnyala_gym.so is there.
//
// The library, and with it Python, is loaded when the first such environment is made; this program
// itself needs neither. It is looked for beside the program, then in LIBDIR/nyala of its
// installation; for a program that is elsewhere, NYALA_LIBRARY_PATH names the folder. Any thread.
#pragma once

#include <string>

#include "actor/environment_registry.h"

namespace nyala {

void RegisterGymFamily(EnvironmentRegistry& registry);

// The id with which an environment draws: a gym: one that names no render_mode is asked for
// rgb_array, all others are what they were.
std::string DrawnId(const std::string& id);

}  // namespace nyala
