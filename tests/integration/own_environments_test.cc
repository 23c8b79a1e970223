// Environments of the user's own: in Python, and in a plug-in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class GymRunTest : public CommandTest {
 protected:
  void SetUp() override {
#ifndef NYALA_HAS_GYM
    GTEST_SKIP() << "SKIPPED: no libnyala_gym.so was built (python3-dev, pybind11-dev)";
#endif
  }

  Finished RunWithFake(const std::vector<std::string>& arguments) const {
    Subprocess::Options options = Command(arguments);
    options.environment["PYTHONPATH"] = NYALA_TEST_PYTHON;
    options.environment["PYTHONDONTWRITEBYTECODE"] = "1";
    return RunToEnd(options);
  }
};

TEST_F(GymRunTest, TrainsAndPlays) {
  const std::string env = "--env=gym:nyala_fake_gym:Walk,scale=0.5";
  const Finished trained = RunWithFake(Train({env, "--frames=20000", "--threads=2"}));
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_GE(Summary()["frames"], 20000);
  const Finished played = RunWithFake({"eval", "--run=" + run_dir(), "--episodes=5", "--json"});
  EXPECT_EQ(played.status, 0) << played.err;
  EXPECT_THAT(played.out, HasSubstr("\"mean\""));
  EXPECT_THAT(played.err,
              HasSubstr("this run's configuration reaches outside of its folder: environment "
                        "'gym:nyala_fake_gym:Walk,scale=0.5' imports a Python module"));
}

TEST_F(GymRunTest, AnActorImportsWhatItsOwnCommandLineAllows) {
  const int port = FreePort();
  const auto with_fake = [&](const std::vector<std::string>& arguments) {
    Subprocess::Options options = Command(arguments);
    options.environment["PYTHONPATH"] = NYALA_TEST_PYTHON;
    options.environment["PYTHONDONTWRITEBYTECODE"] = "1";
    return std::make_unique<Subprocess>(options);
  };
  const auto learner =
      with_fake(Learner(port, {"--env=gym:nyala_fake_gym:Walk,scale=0.5", "--frames=5000"}));
  std::vector<std::string> actor = Actor(port);
  const Finished refused = RunWithFake(actor);
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("--allow=gym:nyala_fake_gym:Walk,scale=0.5"));
  actor.emplace_back("--allow=gym:nyala_fake_gym,scale=");
  const Finished allowed = RunWithFake(actor);
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
}

TEST_F(GymRunTest, AnExceptionReachesTheUserAndEndsTheRunInTheEnd) {
  const Finished finished =
      RunWithFake(Train({"--env=gym:nyala_fake_gym:Failing,at=step", "--frames=20000"}));
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("Traceback (most recent call last):"), HasSubstr("in step"),
                    HasSubstr("nyala actor 0: environment 'gym:nyala_fake_gym:Failing,at=step' "
                              "(number 0): ZeroDivisionError: an unlucky step")));
}

TEST_F(GymRunTest, AMissingPackageIsOneLine) {
  const Finished finished = RunWithFake(Train({"--env=gym:nobody_has_this:X"}));
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.err, HasSubstr("Python has no package 'nobody_has_this'"));
}

TEST_F(GymRunTest, AVirtualEnvironmentsPackagesAreFound) {
  Subprocess::Options options = Command({"envs", "gym:only_there:Walk"});
  options.environment["PYTHONPATH"] = NYALA_TEST_PYTHON;
  options.environment["VIRTUAL_ENV"] = scratch_ / "venv";
  const Finished foreign = RunToEnd(options);
  EXPECT_EQ(foreign.status, 1);
  EXPECT_THAT(foreign.err,
              HasSubstr("VIRTUAL_ENV is " + scratch_ / "venv" + ", which has no lib/"));

  // As `python3 -m venv --system-site-packages` lays it out.
  const Finished made = RunToEnd(
      {{"/bin/sh", "-c",
        "set -e; v=$(\"$0\" -c 'import sys; print(\"python%d.%d\" % sys.version_info[:2])');"
        "mkdir -p venv/bin venv/lib/$v/site-packages; ln -s \"$0\" venv/bin/python;"
        "printf 'home = %s\\ninclude-system-site-packages = true\\n' ${0%/*} >venv/pyvenv.cfg;"
        "echo 'from nyala_fake_gym import make' >venv/lib/$v/site-packages/only_there.py",
        NYALA_TEST_PYTHON_PROGRAM},
       {},
       scratch_.path()});
  ASSERT_EQ(made.status, 0) << made.err;
  const Finished found = RunToEnd(options);
  EXPECT_EQ(found.status, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("gym:only_there:Walk"));
}

class PluginRunTest : public CommandTest {};

TEST_F(PluginRunTest, BringsAnEnvironmentThatIsTrainedOn) {
  const std::string plugin = std::string("--plugin=") + NYALA_PLUGIN_ONE;
  const Finished listed = Run({"envs", plugin, "plugin_one:any", "PluginOne-v0"});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, AllOf(HasSubstr("plugin_one:any"), HasSubstr("PluginOne-v0")));
  const Finished trained = Run(Train({plugin, "--env=PluginOne-v0", "--frames=5000"}));
  EXPECT_EQ(trained.status, 0) << trained.err;
  const Finished forgotten = Run({"eval", "--run=" + run_dir()});
  EXPECT_EQ(forgotten.status, 1);
  EXPECT_TRUE(IsOneLine(forgotten.err)) << forgotten.err;
  EXPECT_THAT(forgotten.err,
              AllOf(HasSubstr("unknown environment 'PluginOne-v0'"), HasSubstr("--plugin=FILE")));
}

TEST_F(PluginRunTest, WhatIsNoPluginIsOneLine) {
  const Finished finished = Run({"envs", "--plugin=no_such.so"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_EQ(finished.err, "nyala: cannot read plug-in no_such.so: No such file or directory\n");
}

}  // namespace
}  // namespace nyala
