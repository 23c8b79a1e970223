#include "actor/gym/gym_environment.h"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/gym/action_space.h"
#include "actor/gym/make.h"
#include "actor/gym/observation_space.h"
#include "actor/gym/python.h"
#include "common/base/status_macros.h"
#include "common/system/log.h"

namespace py = pybind11;

namespace nyala {
namespace {

constexpr uint64_t kSeedMask = 0x7fffffff;

// All that must be made, used and destroyed by who holds the interpreter.
struct Held {
  py::object env, reset, step;
  ObservationSpace observations;
  ActionSpace actions;
};

// What cannot be used is closed all the same: it may have started a process.
class Closer {
 public:
  explicit Closer(py::object env) : env_(std::move(env)) {}
  ~Closer() {
    if (!env_) return;
    CatchPython([&] {
      env_.attr("close")();
      return absl::OkStatus();
    }).IgnoreError();
  }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;
  void Release() { env_ = py::object(); }

 private:
  py::object env_;
};

absl::StatusOr<std::unique_ptr<Held>> Hold(py::object env) {
  NYALA_ASSIGN_OR_RETURN(ObservationSpace observations,
                         ObservationSpace::Make(env.attr("observation_space")));
  NYALA_ASSIGN_OR_RETURN(ActionSpace actions, ActionSpace::Make(env.attr("action_space")));
  py::object reset = env.attr("reset"), step = env.attr("step");
  return std::unique_ptr<Held>(new Held{std::move(env), std::move(reset), std::move(step),
                                        std::move(observations), std::move(actions)});
}

// A tuple's items, borrowed; an error that names the call where it is another thing.
absl::Status Unpack(py::handle result, const char* call, Py_ssize_t size, const char* items) {
  if (PyTuple_Check(result.ptr()) && PyTuple_GET_SIZE(result.ptr()) == size) {
    return absl::OkStatus();
  }
  std::string is = Py_TYPE(result.ptr())->tp_name;
  if (PyTuple_Check(result.ptr())) absl::StrAppend(&is, " of ", PyTuple_GET_SIZE(result.ptr()));
  return absl::InvalidArgumentError(
      absl::StrCat(call, " returned a ", is, ", not (", items, ") as Gymnasium's does"));
}

py::handle Item(py::handle tuple, Py_ssize_t i) { return PyTuple_GET_ITEM(tuple.ptr(), i); }

bool IsTrue(py::handle value) {
  const int truth = PyObject_IsTrue(value.ptr());
  if (truth < 0) throw py::error_already_set();
  return truth == 1;
}

double Number(py::handle value) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return number;
}

// The picture that env.render() gives: [H, W, 3].
absl::StatusOr<ArrayType> FrameType(py::handle frame) {
  NYALA_ASSIGN_OR_RETURN(ArrayType type, ArrayTypeOf(frame));
  if (type.shape.size() == 3 && type.shape[2] == 3 && type.element == ElementType::kUint8) {
    return type;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("render() gives ", type.Name(), ", not uint8 of shape (H, W, 3)"));
}

class GymEnvironment : public Environment {
 public:
  GymEnvironment(EnvSpec spec, std::unique_ptr<Held> held, DrawingSize drawing_size)
      : spec_(std::move(spec)), held_(std::move(held)), drawing_size_(drawing_size) {}

  ~GymEnvironment() override {
    PythonLock lock;
    CatchPython([&] {
      held_->env.attr("close")();
      return absl::OkStatus();
    }).IgnoreError();
    held_.reset();
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    PythonLock lock;
    const absl::Status status = CatchPython([&]() -> absl::Status {
      const py::object result = held_->reset(py::arg("seed") = seed & kSeedMask);
      NYALA_RETURN_IF_ERROR(Unpack(result, "reset()", 2, "observation, info"));
      return Observe(Item(result, 0), observation);
    });
    if (!status.ok()) Fail(status);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    PythonLock lock;
    StepResult step;
    const absl::Status status = CatchPython([&]() -> absl::Status {
      const py::object taken = held_->actions.Action(action);
      const auto result =
          py::reinterpret_steal<py::object>(PyObject_CallOneArg(held_->step.ptr(), taken.ptr()));
      if (!result) throw py::error_already_set();
      NYALA_RETURN_IF_ERROR(
          Unpack(result, "step()", 5, "observation, reward, terminated, truncated, info"));
      step.reward = static_cast<float>(Number(Item(result, 1)));
      step.terminated = IsTrue(Item(result, 2));
      step.truncated = !step.terminated && IsTrue(Item(result, 3));
      return Observe(Item(result, 0), observation);
    });
    if (!status.ok()) Fail(status);
    return step;
  }

  DrawingSize drawing_size() const override { return drawing_size_; }

  void Draw(Canvas& canvas) const override {
    PythonLock lock;
    const absl::Status status = CatchPython([&]() -> absl::Status {
      const py::object frame = held_->env.attr("render")();
      NYALA_ASSIGN_OR_RETURN(const ArrayType type, FrameType(frame));
      std::vector<uint8_t> rgb(static_cast<size_t>(type.elements()));
      NYALA_RETURN_IF_ERROR(CopyArray(frame, type, rgb.data()));
      canvas.DrawImage(rgb.data(), static_cast<int>(type.shape[1]),
                       static_cast<int>(type.shape[0]));
      return absl::OkStatus();
    });
    if (!status.ok()) LogLine(absl::StrCat("environment '", spec_.id, "': ", status.message()));
  }

 private:
  absl::Status Observe(py::handle value, ObservationRef observation) const {
    const absl::Status status = held_->observations.Read(value, observation.data);
    if (status.ok()) return status;
    return absl::Status(status.code(), absl::StrCat("its observation: ", status.message()));
  }

  const EnvSpec spec_;
  std::unique_ptr<Held> held_;
  const DrawingSize drawing_size_;
};

EnvSpec Describe(const EnvironmentId& id, const Held& held) {
  EnvSpec spec;
  spec.id = id.text;
  spec.observation = held.observations.spec();
  spec.action = held.actions.spec();
  spec.description = absl::StrCat("of Python: ", id.rest);
  const py::object known = py::getattr(held.env, "spec", py::none());
  const py::object limit = py::getattr(known, "max_episode_steps", py::none());
  if (!limit.is_none()) spec.max_episode_steps = limit.cast<int64_t>();
  const py::object solved = py::getattr(known, "reward_threshold", py::none());
  if (!solved.is_none()) spec.solved_return = solved.cast<double>();
  return spec;
}

absl::StatusOr<DrawingSize> SizeOfDrawing(py::handle env) {
  env.attr("reset")(py::arg("seed") = 0);
  NYALA_ASSIGN_OR_RETURN(const ArrayType type, FrameType(env.attr("render")()));
  return DrawingSize{static_cast<int>(type.shape[1]), static_cast<int>(type.shape[0])};
}

absl::Status Make(const EnvironmentId& id, std::unique_ptr<Environment>* made) {
  NYALA_ASSIGN_OR_RETURN(py::object env, MakePythonEnvironment(id));
  Closer closer(env);
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<Held> held, Hold(std::move(env)));
  DrawingSize size;
  const auto mode = id.arguments.find("render_mode");
  if (mode != id.arguments.end() && mode->second == "rgb_array") {
    NYALA_ASSIGN_OR_RETURN(size, SizeOfDrawing(held->env));
  }
  EnvSpec spec = Describe(id, *held);
  *made = std::make_unique<GymEnvironment>(std::move(spec), std::move(held), size);
  closer.Release();
  return absl::OkStatus();
}

}  // namespace

EnvironmentRegistry::Result MakeGymEnvironment(const EnvironmentId& id) {
  std::unique_ptr<Environment> made;
  absl::Status status = StartPython();
  if (status.ok()) {
    PythonLock lock;
    status = CatchPython([&] { return Make(id, &made); });
  }
  if (status.ok()) return made;
  return OfEnvironment(id, status);
}

}  // namespace nyala
