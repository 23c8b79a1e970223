#include "actor/environments/synthetic.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"

namespace nyala {
namespace {

// Elements by which the window can move; a power of 2.
constexpr int64_t kOffsets = 1024;
// Odd: the window comes everywhere.
constexpr uint64_t kStride = 389;
constexpr int64_t kMostElements = int64_t{1} << 26;
constexpr int64_t kMostActions = 100000;
constexpr int64_t kMostFrames = int64_t{1} << 40;
constexpr int64_t kMostMicroseconds = 3600LL * 1000000;

template <typename T, typename Convert>
void Fill(std::vector<uint8_t>* table, Convert convert) {
  uint64_t bits = 1;
  for (size_t at = 0; at < table->size(); at += sizeof(T)) {
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    const T value = convert(static_cast<uint8_t>(bits >> 56));
    std::memcpy(table->data() + at, &value, sizeof(value));
  }
}

std::vector<uint8_t> MakeTable(const TensorSpec& observation) {
  std::vector<uint8_t> table(observation.bytes() + kOffsets * SizeOf(observation.dtype));
  switch (observation.dtype) {
    case DType::kUint8:
      Fill<uint8_t>(&table, [](uint8_t byte) { return byte; });
      break;
    case DType::kInt32:
      Fill<int32_t>(&table, [](uint8_t byte) { return static_cast<int32_t>(byte); });
      break;
    case DType::kFloat32:
      Fill<float>(&table, [](uint8_t byte) { return (static_cast<float>(byte) - 128) / 128; });
      break;
  }
  return table;
}

class Synthetic : public Environment {
 public:
  explicit Synthetic(const SyntheticOptions& options)
      : options_(options),
        bytes_(options.spec.observation.bytes()),
        element_bytes_(SizeOf(options.spec.observation.dtype)),
        table_(MakeTable(options.spec.observation)) {}

  const EnvSpec& spec() const override { return options_.spec; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    Start(seed);
    Observe(observation);
  }

  StepResult Step(ActionRef, ObservationRef observation) override {
    ++frame_;
    Observe(observation);
    Spend();
    return {Offset() % 8 == 0 ? 1.0f : 0.0f, frame_ >= length_, false};
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(seed_, state);
    AppendValue(frame_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    uint64_t seed = 0;
    int64_t frame = 0;
    if (!reader.Read(&seed) || !reader.Read(&frame) || !reader.at_end() || frame < 0 ||
        frame > options_.length + options_.length_jitter) {
      return absl::InvalidArgumentError(absl::StrCat("not a saved state of ", options_.spec.id));
    }
    Start(seed);
    frame_ = frame;
    return absl::OkStatus();
  }

 private:
  void Start(uint64_t seed) {
    RandomSequence random(seed);
    seed_ = seed;
    start_ = random.Bits();
    length_ = options_.length - options_.length_jitter +
              static_cast<int64_t>(random.Below(2 * options_.length_jitter + 1));
    frame_ = 0;
  }

  int64_t Offset() const {
    return static_cast<int64_t>((start_ + static_cast<uint64_t>(frame_) * kStride) % kOffsets);
  }

  void Observe(ObservationRef observation) const {
    std::memcpy(observation.data, table_.data() + Offset() * element_bytes_, bytes_);
  }

  void Spend() const {
    if (options_.cost_seconds <= 0) return;
    if (options_.waits) return options_.wait(options_.cost_seconds);
    const double end = options_.clock() + options_.cost_seconds;
    while (options_.clock() < end) {
    }
  }

  const SyntheticOptions options_;
  const int64_t bytes_, element_bytes_;
  const std::vector<uint8_t> table_;
  uint64_t seed_ = 0, start_ = 0;
  int64_t frame_ = 0, length_ = 0;
};

// What an id says, before it is checked.
struct Texts {
  std::string shape, dtype;
  std::string action = "discrete", cost = "busy";
  int64_t actions = 2, length = 1000, length_jitter = 0, cost_us = 0;
};

absl::Status Wrong(const EnvironmentId& id, absl::string_view argument, absl::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("environment '", id.text, "': argument ", argument, " must be ", wanted));
}

absl::StatusOr<Texts> NamedTexts(const EnvironmentId& id) {
  Texts texts;
  if (id.rest == "atari") {
    texts.shape = "84x84", texts.dtype = "uint8", texts.actions = 6;
  } else if (id.rest == "cartpole") {
    texts.shape = "4", texts.dtype = "float32", texts.length = 500;
  } else if (id.rest == "custom") {
    texts.shape = "8", texts.dtype = "float32";
  } else {
    return absl::NotFoundError(absl::StrCat(
        "environment '", id.text, "': ",
        UnknownNameMessage("synthetic environment", id.rest, {"atari", "cartpole", "custom"})));
  }
  return texts;
}

absl::Status ReadObservation(const EnvironmentId& id, const Texts& texts, TensorSpec* observation) {
  bool known = false;
  for (const DType dtype : {DType::kUint8, DType::kInt32, DType::kFloat32}) {
    if (texts.dtype != NameOf(dtype)) continue;
    observation->dtype = dtype;
    known = true;
  }
  if (!known) return Wrong(id, "dtype", "uint8, int32 or float32");
  int64_t elements = 1;
  for (absl::string_view text : absl::StrSplit(texts.shape, 'x')) {
    int64_t size = 0;
    if (!absl::SimpleAtoi(text, &size) || size < 1 || size > kMostElements / elements) {
      return Wrong(id, "shape", "sizes like 4x84x84, of at most 2^26 elements in all");
    }
    elements *= size;
    observation->shape.push_back(size);
  }
  return absl::OkStatus();
}

absl::Status ReadAction(const EnvironmentId& id, const Texts& texts, ActionSpec* action) {
  if (texts.action != "discrete" && texts.action != "continuous") {
    return Wrong(id, "action", "discrete or continuous");
  }
  if (texts.actions < 1 || texts.actions > kMostActions) {
    return Wrong(id, "actions", absl::StrCat("in 1 .. ", kMostActions));
  }
  action->n = texts.actions;
  if (texts.action == "continuous") {
    action->kind = ActionSpec::Kind::kContinuous;
    action->low.assign(texts.actions, -1.0f);
    action->high.assign(texts.actions, 1.0f);
  }
  return absl::OkStatus();
}

absl::Status CheckLengthAndCost(const EnvironmentId& id, const Texts& texts) {
  if (texts.length < 1 || texts.length > kMostFrames) {
    return Wrong(id, "length", "in 1 .. 2^40 frames");
  }
  if (texts.length_jitter < 0 || texts.length_jitter >= texts.length) {
    return Wrong(id, "length_jitter", "at least 0 and less than length");
  }
  if (texts.cost_us < 0 || texts.cost_us > kMostMicroseconds) {
    return Wrong(id, "cost_us", "in 0 .. 3600000000");
  }
  if (texts.cost != "busy" && texts.cost != "wait") return Wrong(id, "cost", "busy or wait");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SyntheticOptions> ReadSyntheticOptions(const EnvironmentId& id) {
  NYALA_ASSIGN_OR_RETURN(Texts texts, NamedTexts(id));
  NYALA_RETURN_IF_ERROR(ReadArguments(id, {{"shape", &texts.shape},
                                           {"dtype", &texts.dtype},
                                           {"actions", &texts.actions},
                                           {"action", &texts.action},
                                           {"length", &texts.length},
                                           {"length_jitter", &texts.length_jitter},
                                           {"cost_us", &texts.cost_us},
                                           {"cost", &texts.cost}}));
  SyntheticOptions options;
  options.spec.id = id.text;
  options.spec.description = "nothing to learn: for measuring throughput";
  NYALA_RETURN_IF_ERROR(ReadObservation(id, texts, &options.spec.observation));
  NYALA_RETURN_IF_ERROR(ReadAction(id, texts, &options.spec.action));
  NYALA_RETURN_IF_ERROR(CheckLengthAndCost(id, texts));
  options.length = texts.length;
  options.length_jitter = texts.length_jitter;
  options.cost_seconds = static_cast<double>(texts.cost_us) * 1e-6;
  options.waits = texts.cost == "wait";
  return options;
}

std::unique_ptr<Environment> MakeSynthetic(const SyntheticOptions& options) {
  return std::make_unique<Synthetic>(options);
}

}  // namespace nyala
