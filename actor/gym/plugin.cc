// libnyala_gym.so: what actor/gym_family.h loads.
#include "actor/plugin.h"

#include "actor/gym/gym_environment.h"

NYALA_PLUGIN(registry) { registry.RegisterFamily("gym:", "MODULE:ID", nyala::MakeGymEnvironment); }
