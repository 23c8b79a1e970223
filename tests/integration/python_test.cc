// Python at both ends of a run: a module scripted there is trained, and the exported policy runs
// there, without this project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

// Debian's; one on the PATH may be another without its packages.
constexpr char kPython[] = "/usr/bin/python3";

// A GRU cell with reset rows, over a state of 16.
constexpr char kModule[] = R"(
import torch

class Policy(torch.nn.Module):
    state_size: int

    def __init__(self):
        super().__init__()
        self.state_size = 16
        self.trunk = torch.nn.Sequential(torch.nn.Linear(4, 32), torch.nn.Tanh())
        self.cell = torch.nn.GRUCell(32, 16)
        self.head = torch.nn.Linear(16, 3)

    def forward(self, observations, first, state):
        features = self.trunk(observations)
        rows = []
        for t in range(observations.size(0)):
            state = self.cell(features[t], state * first[t].logical_not().unsqueeze(1))
            rows.append(state)
        out = self.head(torch.stack(rows))
        return out[..., :2], out[..., 2], state

torch.manual_seed(0)
torch.jit.script(Policy()).save("module.pt")
)";

// Loads what was exported, steps batches of two sizes, and compares with the safetensors file,
// which it reads as its format says.
constexpr char kReader[] = R"(
import json, struct, sys, torch

file, rows, outputs = sys.argv[1], [int(s) for s in sys.argv[2].split(",")], int(sys.argv[3])
policy = torch.jit.load(file)
for n in (1, 9):
    state = torch.zeros(n, policy.state_size)
    for _ in range(3):
        p, v, state = policy(torch.randn(n, *rows), state)
        assert p.shape == (n, outputs) and v.shape == (n,), (p.shape, v.shape)
        assert state.shape == (n, policy.state_size)
        assert torch.isfinite(p).all() and torch.isfinite(v).all()
data = open(file.replace(".pt", ".safetensors"), "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + size])
for name, parameter in policy.named_parameters():
    entry = header[name.replace("network.", "", 1)]
    begin, end = entry["data_offsets"]
    values = torch.frombuffer(bytearray(data[8 + size + begin:8 + size + end]), dtype=torch.float32)
    assert torch.equal(values.view(entry["shape"]), parameter), name
print("parameters", len(list(policy.parameters())), "state", policy.state_size)
)";

class PythonTest : public CommandTest {
 protected:
  void SetUp() override {
    const Finished probe = Python("import torch; torch.jit.script", {});
    if (probe.status != 0) {
      GTEST_SKIP() << "SKIPPED: " << kPython
                   << " cannot import torch (install python3-torch): " << probe.err;
    }
  }

  Finished Python(const std::string& program, const std::vector<std::string>& arguments) const {
    // A file: scripting reads the source of classes.
    const std::string file = scratch_ / "program.py";
    EXPECT_TRUE(WriteFile(file, program).ok());
    Subprocess::Options options = Command({});
    options.argv = {kPython, file};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    return RunToEnd(options);
  }

  // Trains, exports, and reads in Python what was exported; its last line.
  std::string TrainExportRead(const std::vector<std::string>& more, const std::string& shape,
                              const std::string& outputs) {
    const Finished trained = Run(Train(more));
    EXPECT_EQ(trained.status, 0) << trained.out << trained.err;
    const std::string file = scratch_ / "policy.pt";
    const Finished exported = Run({"export", "--run=" + run_dir(), "--out=" + file});
    EXPECT_EQ(exported.status, 0) << exported.err;
    EXPECT_THAT(exported.out, HasSubstr("policy.safetensors"));
    const Finished read = Python(kReader, {file, shape, outputs});
    EXPECT_EQ(read.status, 0) << read.err;
    return read.out;
  }
};

TEST_F(PythonTest, RunsAnExportedPolicy) {
  const std::string out = TrainExportRead(
      {"--frames=5000", "--set", "network.core=lstm", "--set", "network.core_size=8", "--set",
       "network.frame_stack=2", "--set", "network.normalize_observations=true"},
      "10,5", "3");
  EXPECT_THAT(out, HasSubstr("parameters 8 state 67"));  // 50 + 1 of the stack, 2 x 8 of the core
}

TEST_F(PythonTest, ScriptsAModuleThatIsTrainedAndExported) {
  ASSERT_EQ(Python(kModule, {}).status, 0);
  const std::string out = TrainExportRead(
      {"--frames=10000", "--env=CartPole-v1", "--set", "network.name=torchscript:module.pt"}, "4",
      "2");
  EXPECT_THAT(out, HasSubstr("parameters 8 state 16"));
  const Finished eval = Run({"eval", "--run=" + run_dir(), "--episodes=5"});
  EXPECT_EQ(eval.status, 0) << eval.err;
  // Training changed what the file had.
  const Finished changed = Python(
      "import torch; a = torch.jit.load('module.pt'); b = torch.jit.load('policy.pt')\n"
      "assert all((x != y).any() for x, y in zip(a.parameters(), b.parameters()))",
      {});
  EXPECT_EQ(changed.status, 0) << changed.err;
}

TEST_F(PythonTest, AnActorRunsAModuleThatItsOwnCommandLineAllows) {
  ASSERT_EQ(Python(kModule, {}).status, 0);
  const int port = FreePort();
  const auto learner = Start(Learner(
      port, {"--frames=5000", "--env=CartPole-v1", "--set", "network.name=torchscript:module.pt"}));
  std::vector<std::string> actor = Actor(port);
  const Finished refused = Run(actor);
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("--allow=torchscript:module.pt"));
  actor.emplace_back("--allow=torchscript:module.pt");
  const Finished allowed = Run(actor);
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
}

TEST_F(PythonTest, AModuleThatDoesNotFitIsOneLine) {
  ASSERT_EQ(Python(kModule, {}).status, 0);
  // Catch has 10x5 observations.
  const Finished finished =
      Run(Train({"--frames=5000", "--set", "network.name=torchscript:module.pt"}));
  EXPECT_EQ(finished.status, 2);
  EXPECT_TRUE(IsOneLine(finished.err)) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("network.name: 'torchscript:module.pt'"));
}

}  // namespace
}  // namespace nyala
