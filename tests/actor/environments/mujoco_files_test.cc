// Tasks and models of a user's own: what works, and what is said of what does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "actor/vector_env.h"
#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A box on a slide, pushed by a motor that has no ctrlrange.
constexpr char kModel[] = R"(<mujoco>
  <option gravity="0 0 0"/>
  <worldbody><body name="box"><joint name="x" type="slide" axis="1 0 0"/>
    <geom type="box" size="0.1 0.1 0.1"/></body></worldbody>
  <actuator><motor joint="x" gear="GEAR"/></actuator>
  <keyframe><key name="away" qpos="2"/></keyframe>
</mujoco>)";
constexpr char kTask[] = R"(model: "box.xml" frame_skip: 5
action { low: -2 high: 2 } observation { values: QPOS } observation { values: QVEL } )";

class MujocoFiles : public testing::Test {
 protected:
  MujocoFiles() { WriteModel("1"); }

  void WriteModel(const std::string& gear) {
    std::string text = kModel;
    text.replace(text.find("GEAR"), 4, gear);
    ASSERT_TRUE(WriteFile(folder_ / "box.xml", text).ok());
  }
  std::string Write(const std::string& text) {
    EXPECT_TRUE(WriteFile(folder_ / "task.textproto", text).ok());
    return "mujoco:" + (folder_ / "task.textproto");
  }
  // What is said of a task.
  std::string ErrorOf(const std::string& text) {
    const auto made = Environments().Create(Write(text));
    EXPECT_FALSE(made.ok()) << text;
    const std::string message(made.status().message());
    EXPECT_THAT(message, HasSubstr("environment 'mujoco:" + (folder_ / "task.textproto") + "'"));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }

  const ScratchDir folder_;
};

TEST_F(MujocoFiles, AreAnEnvironment) {
  const auto made =
      Environments().Create(Write(std::string(kTask) + "max_episode_steps: 4 keyframe: \"away\" "
                                                       "reward { forward_weight: 3 }"));
  ASSERT_TRUE(made.ok()) << made.status();
  Environment& box = **made;
  EXPECT_EQ(box.spec().observation.shape, std::vector<int64_t>{2});
  EXPECT_EQ(box.spec().action.low, std::vector<float>{-2});
  float seen[2], action = 2;
  box.Reset(1, {seen});
  EXPECT_EQ(seen[0], 2);
  const StepResult result = box.Step({&action}, {seen});
  // 8 kg under 2 N for 5 steps of 2 ms: v = F t / m.
  EXPECT_NEAR(seen[1], 2 * 0.01 / 8, 1e-7);
  EXPECT_NEAR(result.reward, 3 * (seen[0] - 2) / 0.01, 1e-4);
  for (int t = 0; t < 2; ++t) EXPECT_FALSE(box.Step({&action}, {seen}).truncated);
  EXPECT_TRUE(box.Step({&action}, {seen}).truncated);
}

TEST_F(MujocoFiles, MapActionsOntoTheRangeOfControls) {
  std::string model = kModel;
  model.replace(model.find("gear=\"GEAR\""), 11, "ctrllimited=\"true\" ctrlrange=\"0 10\"");
  ASSERT_TRUE(WriteFile(folder_ / "box.xml", model).ok());
  const auto made = Environments().Create(Write(std::string(kTask) + "reward { control_cost: 1 }"));
  ASSERT_TRUE(made.ok()) << made.status();
  float seen[2];
  (*made)->Reset(1, {seen});
  for (const auto& [action, control] : {std::pair{-2.0f, 0.0}, {0.0f, 5.0}, {2.0f, 10.0}}) {
    EXPECT_FLOAT_EQ((*made)->Step({&action}, {seen}).reward, -control * control);
  }
}

TEST_F(MujocoFiles, TakeAnotherModel) {
  // Without a keyframe, with other names.
  EXPECT_TRUE(Environments().Create(Write(kTask) + ",model=" + (folder_ / "box.xml")).ok());
  const auto unfit = Environments().Create("Ant-v4,model=" + (folder_ / "box.xml"));
  EXPECT_THAT(std::string(unfit.status().message()),
              AllOf(HasSubstr("Ant-v4"), HasSubstr("box.xml"), HasSubstr("observation 1")));
  const auto missing = Environments().Create("Ant-v4,model=/nowhere/ant.xml");
  EXPECT_THAT(std::string(missing.status().message()),
              AllOf(HasSubstr("environment 'Ant-v4,model=/nowhere/ant.xml': "),
                    HasSubstr("cannot read /nowhere/ant.xml")));
}

TEST_F(MujocoFiles, SayWhichFieldIsWrong) {
  const std::string task = kTask;
  EXPECT_THAT(ErrorOf("modle: \"box.xml\""), HasSubstr("did you mean 'model'?"));
  EXPECT_THAT(ErrorOf("observation { values: QPO }"),
              HasSubstr("unknown value of observation.values 'QPO'; did you mean 'QPOS'?"));
  EXPECT_THAT(ErrorOf("frame_skip: 2"), HasSubstr("model is not set"));
  EXPECT_THAT(ErrorOf("model: \"gone.xml\""), AllOf(HasSubstr("model: "), HasSubstr("gone.xml")));
  EXPECT_THAT(ErrorOf("model: \"box.xml\""), HasSubstr("it has no observation"));
  EXPECT_THAT(ErrorOf("model: \"box.xml\" observation { values: QPOS }"),
              HasSubstr("actuator 0 has no ctrlrange"));
  EXPECT_THAT(ErrorOf(task + "observation { first: 1 }"), HasSubstr("observation 3 has no values"));
  EXPECT_THAT(ErrorOf(task + "observation { values: QVEL first: 1 }"),
              HasSubstr("observation 3: first is 1, but the model has 1 QVEL"));
  EXPECT_THAT(ErrorOf(task + "observation { values: XPOS first: 2 count: 5 }"),
              HasSubstr("observation 3: count is 5, but the model has 4 XPOS from number 2 on"));
  EXPECT_THAT(ErrorOf(task + "healthy { values: QPOS low: 1 high: nan }"),
              HasSubstr("healthy 1: low (1) must be less than high (nan)"));
  EXPECT_THAT(ErrorOf(task + "keyframe: \"awy\""), HasSubstr("did you mean 'away'?"));
  EXPECT_THAT(ErrorOf(task + "reward { forward_body: \"bx\" }"),
              AllOf(HasSubstr("reward.forward_body"), HasSubstr("did you mean 'box'?")));
  EXPECT_THAT(ErrorOf(task + "reward { forward_qpos: 1 }"), HasSubstr("reward.forward_qpos is 1"));
  EXPECT_THAT(ErrorOf(task + "reward { control_cost: -1 }"),
              HasSubstr("reward.control_cost is -1"));
  EXPECT_THAT(ErrorOf(task + "start_noise { qvel_normal: inf }"),
              HasSubstr("start_noise.qvel_normal is inf"));
  EXPECT_THAT(ErrorOf("model: \"box.xml\" observation { values: QPOS } action { low: 3 }"),
              HasSubstr("action: low must be less than high"));
}

TEST_F(MujocoFiles, SayWhatIsWrongWithAModel) {
  ASSERT_TRUE(WriteFile(folder_ / "box.xml", "<mujoco><worldbdy/></mujoco>").ok());
  EXPECT_THAT(ErrorOf(kTask), AllOf(HasSubstr("box.xml"), HasSubstr("worldbdy")));
  ASSERT_TRUE(WriteFile(folder_ / "box.xml", "no model").ok());
  EXPECT_THAT(ErrorOf(kTask), HasSubstr("box.xml is no model that MuJoCo can read"));
}

// What a VectorEnv says in the step in which the simulation goes wrong.
absl::Status Play(const std::string& id, int64_t steps) {
  VectorEnvOptions options;
  options.id = id;
  options.E = 2;
  options.first_environment = 6;
  const auto made = MakeVectorEnv(options);
  if (!made.ok()) return made.status();
  std::vector<float> actions(2, 2.0f), rewards(2), now(4);
  std::vector<uint8_t> flags(2), next_flags(2);
  std::vector<EpisodeEnd> ends;
  auto* const seen = reinterpret_cast<uint8_t*>(now.data());
  absl::Status status = (*made)->Reset(seen, flags.data());
  for (int64_t t = 0; status.ok() && t < steps; ++t) {
    status = (*made)->Step({reinterpret_cast<const uint8_t*>(actions.data()), flags.data(),
                            rewards.data(), seen, next_flags.data()},
                           &ends);
    flags = next_flags;
  }
  return status;
}

TEST_F(MujocoFiles, FailWhereTheSimulationBecomesUnstable) {
  WriteModel("1e15");
  const std::string id = Write(kTask);
  EXPECT_THAT(std::string(Play(id, 100).message()),
              AllOf(HasSubstr("environment '" + id + "' (number 6)"),
                    HasSubstr("The simulation is unstable")));
  WriteModel("1");
  EXPECT_TRUE(Play(Write(kTask), 100).ok());
}

TEST_F(MujocoFiles, FailWhereMujocoWouldEndTheProcess) {
  // A wall, and too little memory for what happens when the box meets it.
  std::string model = kModel;
  model.replace(model.find("GEAR"), 4, "1e3");
  model.insert(model.find("<option"), "<size nstack=\"100\"/>");
  model.insert(model.find("<body"), "<geom type=\"box\" size=\"0.1 0.1 0.1\" pos=\"0.3 0 0\"/>");
  ASSERT_TRUE(WriteFile(folder_ / "box.xml", model).ok());
  const std::string id = Write(std::string(kTask) + "max_episode_steps: 0");
  EXPECT_THAT(std::string(Play(id, 100).message()),
              AllOf(HasSubstr("(number 6)"), HasSubstr("MuJoCo: Stack overflow")));
}

}  // namespace
}  // namespace nyala
