#include <cstdlib>

#include "actor/environment_registry.h"
#include "tests/conformance/environment_conformance.h"

namespace nyala {
namespace {

// Before any test: Python takes its paths when it starts.
class GymHome : public testing::Environment {
 public:
  void SetUp() override {
    const char* const others = std::getenv("PYTHONPATH");
    const std::string path =
        std::string(NYALA_TEST_PYTHON) + (others != nullptr ? ":" + std::string(others) : "");
    setenv("PYTHONPATH", path.c_str(), 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    setenv("NYALA_LIBRARY_PATH", NYALA_GYM_FOLDER, 1);
    unsetenv("VIRTUAL_ENV");
  }
};

const testing::Environment* const home = testing::AddGlobalTestEnvironment(new GymHome);

INSTANTIATE_TEST_SUITE_P(Gym, EnvironmentConformance,
                         testing::Values("gym:nyala_fake_gym:Walk",
                                         "gym:nyala_fake_gym:Walk,scale=2.5,name=far,loud=true"),
                         [](const auto& info) { return info.index == 0 ? "Plain" : "Arguments"; });

}  // namespace
}  // namespace nyala
