#include "actor/rollout/permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "actor/vector_env.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

RunConfig Asking(const std::string& environment, const std::string& network = "mlp") {
  RunConfig config;
  config.mutable_environment()->set_id(environment);
  config.mutable_network()->set_name(network);
  return config;
}

// What an actor with these --allow says.
absl::Status Check(const RunConfig& config, const std::vector<std::string>& allowed = {}) {
  Permission permission;
  for (const std::string& text : allowed) {
    const absl::Status added = permission.Allow(text);
    EXPECT_TRUE(added.ok()) << added;
  }
  return permission.Check(config);
}

bool Takes(const std::string& environment, const std::string& allowed) {
  return Check(Asking(environment), {allowed}).ok();
}

bool TakesNetwork(const std::string& network, const std::string& allowed) {
  return Check(Asking("CartPole-v1", network), {allowed}).ok();
}

// As a plug-in, or a program of a user's own, registers without a word about what it reaches.
void RegisterUndeclared() {
  static const bool once = [] {
    const auto make = [](const EnvironmentId&) -> EnvironmentRegistry::Result {
      ADD_FAILURE() << "nothing is to be made";
      return absl::InternalError("made");
    };
    Environments().Register("Undeclared-v0", make);
    Environments().RegisterFamily("undeclared:", "", make);
    Environments().Register("Declared-v0", make, Reach::Nothing());
    return true;
  }();
  static_cast<void>(once);
}

TEST(Permission, WhatIsBuiltInAndClosedIsTaken) {
  for (const std::string& name : Environments().Names()) {
    EXPECT_TRUE(Check(Asking(name)).ok()) << name;
    EXPECT_EQ(WhatReachesOutside(Asking(name)), "");
  }
  for (const char* id : {"synthetic:atari,cost_us=100", "LunarLander-v3,enable_wind=true",
                         "ALE/Pong-v5,sticky=0", "MinAtar/Breakout-v1"}) {
    EXPECT_TRUE(Check(Asking(id)).ok()) << id;
  }
}

// A family that is added says what it reaches, and this list.
TEST(Permission, EveryFamilyIsJudged) {
  // Those that tests register in this program.
  const std::set<std::string> tests = {"fake-atari:", "reaching:", "undeclared:"};
  std::vector<std::string> closed, open;
  for (const auto& families : {Environments().families(), VectorEnvs().families()}) {
    for (const auto& family : families) {
      if (tests.count(family.first) > 0) continue;
      const bool nothing = OutsideOf(family.first + "x").nothing();
      (nothing ? closed : open).push_back(family.first);
    }
  }
  EXPECT_THAT(closed, testing::ElementsAre("ALE/", "synthetic:"));
  EXPECT_THAT(open, testing::ElementsAre("gym:", "mujoco:", "grpc:"));
}

TEST(Permission, WhatReachesOutsideIsRefusedWithWhatToAdd) {
  struct Case {
    const char* id;
    const char* does;
  };
  for (const auto& [id, does] :
       {Case{"gym:my_module:X", "imports a Python module"},
        Case{"mujoco:/etc/passwd", "reads a file"}, Case{"Hopper-v4,model=/etc/x", "reads a file"},
        Case{"ALE/Pong-v5,rom=/etc/x", "reads a file"},
        Case{"grpc:unix:/tmp/x", "connects to a server"},
        Case{"grpc:127.0.0.1:1,insecure=true,token_file=/run/secrets/token",
             "connects to a server"}}) {
    const absl::Status status = Check(Asking(id));
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_EQ(status.message(),
              absl::StrCat("the learner asks for environment '", id, "', which ", does,
                           "; if that is what you want, start this actor with "
                           "--allow=",
                           id));
    // What it says to add is enough.
    EXPECT_TRUE(Takes(id, id)) << id;
    EXPECT_THAT(WhatReachesOutside(Asking(id)), HasSubstr(does));
  }
}

TEST(Permission, NetworksThatAreFilesAreRefusedUnlessAllowed) {
  const absl::Status status = Check(Asking("CartPole-v1", "torchscript:/models/a.pt"));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("network 'torchscript:/models/a.pt', which runs a TorchScript file"),
                    HasSubstr("--allow=torchscript:/models/a.pt")));
  for (const char* allowed : {"torchscript:", "torchscript:/models", "torchscript:/models/",
                              "torchscript:/models/a.pt"}) {
    EXPECT_TRUE(TakesNetwork("torchscript:/models/a.pt", allowed)) << allowed;
  }
  for (const char* allowed :
       {"torchscript:/model", "torchscript:/models/a", "gym:", "torchscript:/models/b.pt"}) {
    EXPECT_FALSE(TakesNetwork("torchscript:/models/a.pt", allowed)) << allowed;
  }
  EXPECT_FALSE(TakesNetwork("torchscript:/models/../x.pt", "torchscript:/models/"));
  EXPECT_TRUE(TakesNetwork("torchscript:/a,b=1.pt", "torchscript:/a,b=1.pt"));
  // Whatever family comes next.
  EXPECT_FALSE(Check(Asking("CartPole-v1", "onnx:x")).ok());
}

TEST(Permission, APrefixEndsWhereANameDoes) {
  EXPECT_TRUE(Takes("gym:gymnasium:CartPole-v1", "gym:gymnasium"));
  EXPECT_TRUE(Takes("gym:gymnasium:CartPole-v1", "gym:gymnasium:"));
  EXPECT_TRUE(Takes("gym:ale_py:ALE/Pong-v5", "gym:ale_py"));
  EXPECT_TRUE(Takes("gym:ale_py:ALE/Pong-v5", "gym:ale_py:ALE"));
  EXPECT_TRUE(Takes("gym:ale_py:ALE/Pong-v5", "gym:"));
  EXPECT_TRUE(Takes("gym:ale_py:ALE/Pong-v5", "gym"));
  EXPECT_FALSE(Takes("gym:gymnasium_evil:CartPole-v1", "gym:gymnasium"));
  EXPECT_FALSE(Takes("gym:gymnasium.evil:CartPole-v1", "gym:gymnasium"));
  EXPECT_FALSE(Takes("gym:gymnasium:CartPole-v1", "gym:gymnasium:CartPole"));
  EXPECT_FALSE(Takes("gym:gymnasium:CartPole-v1", "g"));
  EXPECT_FALSE(Takes("gym:gymnasium:CartPole-v1", "grpc:"));
  EXPECT_FALSE(Takes("gym:gymnasium:CartPole-v1", "gym:gymnasium:CartPole-v1/more"));
  EXPECT_TRUE(Takes("grpc:simulator:5005,name=hard", "grpc:simulator"));
  EXPECT_FALSE(Takes("grpc:simulator:5005", "grpc:simulator:500"));
  EXPECT_FALSE(Takes("grpc:simulator.evil.example:5005", "grpc:simulator"));
}

// gymnasium.make("module:ID") imports the module.
TEST(Permission, AnotherModuleBehindAnAllowedOneIsNotAllowed) {
  EXPECT_FALSE(Takes("gym:gymnasium:evil:X", "gym:gymnasium"));
  EXPECT_FALSE(Takes("gym:gymnasium:evil:X", "gym:gymnasium:"));
  EXPECT_TRUE(Takes("gym:gymnasium:mine:X", "gym:gymnasium:mine"));
  EXPECT_TRUE(Takes("gym:gymnasium:mine:X", "gym:"));
}

TEST(Permission, NothingClimbsOutOfAnAllowedFolder) {
  EXPECT_TRUE(Takes("mujoco:/tasks/a/b.textproto", "mujoco:/tasks"));
  EXPECT_TRUE(Takes("mujoco:/tasks/a..b/c", "mujoco:/tasks/"));
  EXPECT_FALSE(Takes("mujoco:/tasks/../secret", "mujoco:/tasks"));
  EXPECT_FALSE(Takes("mujoco:/tasks/a/../../secret", "mujoco:/tasks/"));
  EXPECT_FALSE(Takes("mujoco:/tasks/..", "mujoco:/tasks/"));
  EXPECT_FALSE(Takes("mujoco:/tasks_of_others/a", "mujoco:/tasks"));
  EXPECT_FALSE(Takes("ALE/Pong-v5,rom=/roms/../secret", "ALE/,rom=/roms"));
}

TEST(Permission, ArgumentsThatReachOutsideAreAllowedByName) {
  const std::string asked = "grpc:simulator:5005,name=hard,token_file=/etc/token,ca=/etc/ca.pem";
  EXPECT_FALSE(Takes(asked, "grpc:simulator"));
  EXPECT_FALSE(Takes(asked, "grpc:simulator:5005,ca=/etc/ca.pem"));
  EXPECT_FALSE(Takes(asked, "grpc:simulator:5005,ca=/etc/ca.pem,token_file=/etc/tok"));
  // In any order.
  EXPECT_TRUE(Takes(asked, "grpc:simulator:5005,ca=/etc/ca.pem,token_file=/etc/token"));
  EXPECT_TRUE(Takes(asked, "grpc:simulator:5005,ca=/etc,token_file=/etc/"));
  EXPECT_TRUE(Takes(asked, "grpc:simulator,ca=,token_file="));
  EXPECT_FALSE(Takes(asked, "grpc:other,ca=,token_file="));
  EXPECT_FALSE(Takes(asked + ",insecure=true", "grpc:simulator,ca=,token_file="));
  EXPECT_FALSE(Takes("gym:mine:X,map=/etc/x", "gym:mine"));
  EXPECT_TRUE(Takes("gym:mine:X,map=/maps/x", "gym:mine,map=/maps"));
  EXPECT_FALSE(Takes("gym:mine:X,map=/maps/x,level=3", "gym:mine,map=/maps"));
  EXPECT_TRUE(Takes("gym:mine:X,map=/maps/x,level=3", "gym:mine,map=/maps,level="));
  EXPECT_TRUE(Takes("ALE/Pong-v5,rom=/roms/pong.bin,sticky=0", "ALE/,rom=/roms"));
  // Not half of one --allow and half of another.
  EXPECT_FALSE(
      Check(Asking("grpc:a:1,token_file=/t"), {"grpc:a:1", "grpc:b:1,token_file=/t"}).ok());
  EXPECT_TRUE(Check(Asking("grpc:a:1"), {"grpc:b:1", "grpc:a:1"}).ok());
}

TEST(Permission, WhatNobodyDeclaredIsTakenByItsNameAlone) {
  RegisterUndeclared();
  EXPECT_TRUE(Check(Asking("Undeclared-v0")).ok());
  const absl::Status argued = Check(Asking("Undeclared-v0,file=/etc/passwd"));
  EXPECT_TRUE(absl::IsFailedPrecondition(argued)) << argued;
  EXPECT_THAT(std::string(argued.message()), HasSubstr("may do anything with what it is given"));
  EXPECT_FALSE(Takes("Undeclared-v0,file=/etc/passwd", "Undeclared-v0"));
  EXPECT_TRUE(Takes("Undeclared-v0,file=/etc/passwd", "Undeclared-v0,file="));
  EXPECT_FALSE(Check(Asking("undeclared:/etc/passwd")).ok());
  EXPECT_TRUE(Takes("undeclared:/etc/passwd", "undeclared:"));
  EXPECT_TRUE(Check(Asking("Declared-v0,size=5")).ok());
}

TEST(Permission, ARunsOwnActorsTakeWhatItSaysAndNothingElse) {
  const std::string id = "grpc:unix:/tmp/x,token_file=/t";
  const Permission permission = Permission::For(Asking(id, "torchscript:a.pt"));
  EXPECT_TRUE(permission.Check(Asking(id, "torchscript:a.pt")).ok());
  EXPECT_TRUE(permission.Check(Asking("CartPole-v1")).ok());
  EXPECT_FALSE(permission.Check(Asking(id + "2")).ok());
  EXPECT_FALSE(permission.Check(Asking("grpc:unix:/tmp/x/y")).ok());
  EXPECT_FALSE(permission.Check(Asking(id, "torchscript:a.pt/b")).ok());
}

TEST(Permission, ALinesTextIsNotTheLearners) {
  const absl::Status status = Check(Asking("gym:a:b\n\x1b[2J;rm -rf $HOME"));
  const std::string message(status.message());
  EXPECT_THAT(message, AllOf(Not(HasSubstr("\n")), Not(HasSubstr("\x1b")),
                             HasSubstr("--allow='gym:a:b??[2J;rm -rf $HOME'")));
}

TEST(Permission, AnEmptyAllowIsNoAllow) {
  for (const char* text : {"", ",token_file=x", "gym:a,b", "gym:a,b=1,b=2"}) {
    Permission permission;
    const absl::Status status = permission.Allow(text);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--allow"));
    EXPECT_FALSE(permission.Check(Asking("gym:a:b")).ok());
  }
}

TEST(Permission, WhatReachesOutsideIsOneText) {
  EXPECT_EQ(WhatReachesOutside(Asking("gym:a:B", "torchscript:x.pt")),
            "environment 'gym:a:B' imports a Python module, network 'torchscript:x.pt' runs a "
            "TorchScript file");
}

}  // namespace
}  // namespace nyala
