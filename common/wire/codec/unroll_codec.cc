#include "common/wire/codec/unroll_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "nyala/learner.pb.h"

namespace nyala {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using wire::TensorMessage;
using wire::UnrollMessage;
using Shape = absl::Span<const int64_t>;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire is little-endian");

absl::Status Malformed(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("unroll field '%s': %s", field, what));
}

wire::WireDType ToWire(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
      return wire::DTYPE_UINT8;
    case DType::kInt32:
      return wire::DTYPE_INT32;
    case DType::kFloat32:
      return wire::DTYPE_FLOAT32;
  }
  return wire::DTYPE_INVALID;
}

// One tensor of the message: everything but the data is serialised ahead.
struct TensorPart {
  TensorPart(int field, DType dtype, std::vector<int64_t> shape, const void* tensor, size_t size)
      : tag(static_cast<uint8_t>(field << 3 | 2)), data(tensor), bytes(size) {
    TensorMessage message;
    message.set_dtype(ToWire(dtype));
    message.mutable_shape()->Add(shape.begin(), shape.end());
    head = message.SerializeAsString();
  }

  static constexpr uint8_t kDataTag = TensorMessage::kDataFieldNumber << 3 | 2;

  size_t message_size() const {
    return head.size() + 1 + CodedOutputStream::VarintSize64(bytes) + bytes;
  }
  size_t size() const {
    return 1 + CodedOutputStream::VarintSize64(message_size()) + message_size();
  }
  uint8_t* WriteTo(uint8_t* to) const {
    *to++ = tag;
    to = CodedOutputStream::WriteVarint64ToArray(message_size(), to);
    to = CodedOutputStream::WriteRawToArray(head.data(), static_cast<int>(head.size()), to);
    *to++ = kDataTag;
    to = CodedOutputStream::WriteVarint64ToArray(bytes, to);
    if (bytes > 0) std::memcpy(to, data, bytes);
    return to + bytes;
  }

  uint8_t tag;
  const void* data;
  size_t bytes;
  std::string head;
};

// The field of UnrollMessage that has an array of rows.
const google::protobuf::FieldDescriptor* FieldOf(const ArrayInfo& array) {
  return UnrollMessage::descriptor()->FindFieldByName(array.name);
}

// Shape of a whole array; what stands for every row has no axis of time.
std::vector<int64_t> WireShape(const ArrayInfo& array, int64_t E) {
  std::vector<int64_t> shape;
  if (array.each_row) shape.push_back(array.rows);
  shape.push_back(E);
  shape.insert(shape.end(), array.shape.begin(), array.shape.end());
  return shape;
}

// What the view says of its rows by itself.
UnrollSpec SpecOf(const UnrollView& unroll) {
  UnrollSpec spec;
  spec.T = unroll.T;
  spec.E = unroll.E;
  spec.observation.dtype = unroll.observation_dtype;
  spec.observation.shape.assign(unroll.observation_shape.begin(), unroll.observation_shape.end());
  spec.action.n = static_cast<int64_t>(unroll.actions.size() / 4) / spec.rows();
  const bool whole = unroll.action_dtype == DType::kInt32;
  spec.action.kind = !whole               ? ActionSpec::Kind::kContinuous
                     : spec.action.n == 1 ? ActionSpec::Kind::kDiscrete
                                          : ActionSpec::Kind::kMultiDiscrete;
  spec.state_size = static_cast<int64_t>(unroll.initial_state.size()) / spec.E;
  return spec;
}

std::vector<TensorPart> TensorsOf(const UnrollView& unroll) {
  std::vector<TensorPart> parts;
  if (!unroll.gradient.empty()) {
    parts.emplace_back(UnrollMessage::kGradientFieldNumber, DType::kFloat32,
                       std::vector<int64_t>{static_cast<int64_t>(unroll.gradient.size())},
                       unroll.gradient.data(), unroll.gradient.size() * sizeof(float));
    return parts;
  }
  ForEachArray(
      SpecOf(unroll),
      [&](const ArrayInfo& info, const auto& array) {
        if (array.empty()) return;
        parts.emplace_back(FieldOf(info)->number(), info.dtype, WireShape(info, unroll.E),
                           array.data(), SizeInBytes(array));
      },
      unroll);
  return parts;
}

std::string SerializeRest(const UnrollView& unroll) {
  UnrollMessage message;
  message.set_actor(unroll.id.actor);
  message.set_thread(unroll.id.thread);
  message.set_sequence(unroll.id.sequence);
  message.set_incarnation(unroll.incarnation);
  message.set_policy_version(unroll.policy_version);
  message.set_resume_state(std::string(unroll.resume_state));
  message.set_waiting_fraction(unroll.waiting_fraction);
  if (!unroll.gradient.empty()) {
    wire::GradientFacts* facts = message.mutable_gradient_facts();
    facts->set_layout(unroll.facts.layout);
    facts->set_frames(unroll.facts.frames);
    facts->set_policy_loss(unroll.facts.policy_loss);
    facts->set_baseline_loss(unroll.facts.baseline_loss);
    facts->set_entropy(unroll.facts.entropy);
    facts->set_total_loss(unroll.facts.total_loss);
  }
  for (const EpisodeResult& episode : unroll.episodes) {
    wire::EpisodeMessage* added = message.add_episodes();
    added->set_episode_return(episode.episode_return);
    added->set_length(episode.length);
    added->set_truncated(episode.truncated);
  }
  return message.SerializeAsString();
}

absl::Status CheckDType(absl::string_view field, const TensorMessage& tensor, DType wanted) {
  if (tensor.dtype() == ToWire(wanted)) return absl::OkStatus();
  return Malformed(field,
                   absl::StrFormat("has dtype %d, expected %s", tensor.dtype(), NameOf(wanted)));
}

// Whether the data has exactly the bytes that dtype and shape say; products cannot overflow.
absl::Status CheckBytes(absl::string_view field, const TensorMessage& tensor, DType dtype) {
  int64_t bytes = SizeOf(dtype);
  for (const int64_t extent : tensor.shape()) {
    if (extent < 1 || __builtin_mul_overflow(bytes, extent, &bytes)) {
      return Malformed(field, absl::StrFormat("has an impossible shape [%s]",
                                              absl::StrJoin(tensor.shape(), ", ")));
    }
  }
  if (static_cast<uint64_t>(bytes) != tensor.data().size()) {
    return Malformed(
        field, absl::StrFormat("has %d bytes of data, its shape [%s] needs %d",
                               tensor.data().size(), absl::StrJoin(tensor.shape(), ", "), bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckTensor(absl::string_view field, const TensorMessage& tensor, DType dtype,
                         Shape shape) {
  NYALA_RETURN_IF_ERROR(CheckDType(field, tensor, dtype));
  if (Shape(tensor.shape().data(), tensor.shape_size()) != shape) {
    return Malformed(
        field, absl::StrFormat("has shape [%s], expected [%s]", absl::StrJoin(tensor.shape(), ", "),
                               absl::StrJoin(shape, ", ")));
  }
  return CheckBytes(field, tensor, dtype);
}

absl::Status ReadObservations(const TensorMessage& tensor, UnrollView* view) {
  constexpr DType kKnown[] = {DType::kUint8, DType::kInt32, DType::kFloat32};
  const auto* dtype = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [&](DType known) { return ToWire(known) == tensor.dtype(); });
  if (dtype == std::end(kKnown)) {
    return Malformed("observations", absl::StrFormat("has unknown dtype %d", tensor.dtype()));
  }
  view->observation_dtype = *dtype;
  if (tensor.shape_size() < 2 || tensor.shape(0) < 2) {
    return Malformed("observations", absl::StrFormat("has shape [%s], expected [T+1, E, ...]",
                                                     absl::StrJoin(tensor.shape(), ", ")));
  }
  NYALA_RETURN_IF_ERROR(CheckBytes("observations", tensor, view->observation_dtype));
  view->T = tensor.shape(0) - 1;
  view->E = tensor.shape(1);
  view->observation_shape = Shape(tensor.shape().data() + 2, tensor.shape_size() - 2);
  return absl::OkStatus();
}

// What an action is, as far as its tensor says.
ActionSpec ActionsOf(const TensorMessage& tensor) {
  ActionSpec action;
  action.n = tensor.shape_size() == 3 ? tensor.shape(2) : 1;
  if (tensor.dtype() != wire::DTYPE_INT32) {
    action.kind = ActionSpec::Kind::kContinuous;
  } else if (tensor.shape_size() != 2) {
    action.kind = ActionSpec::Kind::kMultiDiscrete;
  }
  return action;
}

bool IsAbsent(const TensorMessage& tensor) {
  return tensor.dtype() == wire::DTYPE_INVALID && tensor.shape().empty() && tensor.data().empty();
}

// Floats of recurrent state.
int64_t StateSizeOf(const TensorMessage& tensor) {
  if (IsAbsent(tensor)) return 0;
  return tensor.shape_size() == 2 ? tensor.shape(1) : 1;
}

// A std::string's memory is aligned for floats, on the heap and in the object itself.
template <typename Element>
absl::Span<const Element> ElementsOf(const TensorMessage& tensor) {
  const char* data = tensor.data().data();
  NYALA_CHECK(reinterpret_cast<uintptr_t>(data) % alignof(Element) == 0, "unaligned tensor");
  return {reinterpret_cast<const Element*>(data), tensor.data().size() / sizeof(Element)};
}

const TensorMessage& TensorOf(const UnrollMessage& message, const ArrayInfo& array) {
  return static_cast<const TensorMessage&>(
      message.GetReflection()->GetMessage(message, FieldOf(array)));
}

absl::Status ReadRows(const UnrollMessage& message, UnrollView* view) {
  NYALA_RETURN_IF_ERROR(ReadObservations(message.observations(), view));
  UnrollSpec spec;
  spec.T = view->T;
  spec.observation.dtype = view->observation_dtype;
  spec.observation.shape.assign(view->observation_shape.begin(), view->observation_shape.end());
  spec.action = ActionsOf(message.actions());
  spec.state_size = StateSizeOf(message.initial_state());
  // Before anything is multiplied by extents that a peer has named.
  NYALA_RETURN_IF_ERROR(CheckBytes("actions", message.actions(), spec.action.dtype()));
  if (!IsAbsent(message.initial_state())) {
    NYALA_RETURN_IF_ERROR(CheckBytes("initial_state", message.initial_state(), DType::kFloat32));
  }
  view->action_dtype = spec.action.dtype();
  absl::Status status;
  ForEachArray(
      spec,
      [&](const ArrayInfo& info, auto& array) {
        const TensorMessage& tensor = TensorOf(message, info);
        // An array of no bytes may be absent, as the state of a policy without one.
        if (!status.ok() || (info.bytes == 0 && IsAbsent(tensor))) return;
        status = CheckTensor(info.name, tensor, info.dtype, WireShape(info, view->E));
        if (!status.ok()) return;
        using Element = std::remove_const_t<std::remove_pointer_t<decltype(array.data())>>;
        array = ElementsOf<Element>(tensor);
      },
      *view);
  return status;
}

absl::Status ReadGradient(const UnrollMessage& message, UnrollView* view) {
  const TensorMessage& tensor = message.gradient();
  const int64_t count = tensor.shape_size() == 1 ? tensor.shape(0) : 1;
  NYALA_RETURN_IF_ERROR(CheckTensor("gradient", tensor, DType::kFloat32, {count}));
  view->gradient = ElementsOf<float>(tensor);
  const wire::GradientFacts& facts = message.gradient_facts();
  view->facts = {facts.layout(),        facts.frames(),  facts.policy_loss(),
                 facts.baseline_loss(), facts.entropy(), facts.total_loss()};
  return absl::OkStatus();
}

// Like Clear, which would free the tensors' memory.
void Recycle(TensorMessage* tensor) {
  tensor->clear_dtype();
  tensor->clear_shape();
  tensor->clear_data();
}

void Recycle(UnrollMessage* message) {
  message->clear_actor();
  message->clear_thread();
  message->clear_sequence();
  message->clear_incarnation();
  message->clear_policy_version();
  message->clear_episodes();
  message->clear_resume_state();
  message->clear_waiting_fraction();
  message->clear_gradient_facts();
  message->DiscardUnknownFields();
  Recycle(message->mutable_gradient());
  ForEachArray(UnrollSpec(), [message](const ArrayInfo& info) {
    Recycle(static_cast<TensorMessage*>(
        message->GetReflection()->MutableMessage(message, FieldOf(info))));
  });
}

}  // namespace

grpc::ByteBuffer EncodeUnroll(const UnrollView& unroll) {
  NYALA_CHECK(!unroll.gradient.empty() || (unroll.T >= 1 && unroll.E >= 1),
              "an unroll without rows");
  const std::string rest = SerializeRest(unroll);
  const std::vector<TensorPart> tensors = TensorsOf(unroll);
  size_t size = rest.size();
  for (const TensorPart& tensor : tensors) size += tensor.size();
  grpc::Slice slice(size);
  // Nobody else has the slice yet.
  auto* to = const_cast<uint8_t*>(slice.begin());
  to = CodedOutputStream::WriteRawToArray(rest.data(), static_cast<int>(rest.size()), to);
  for (const TensorPart& tensor : tensors) to = tensor.WriteTo(to);
  NYALA_CHECK(to == slice.end(), "an unroll was not as long as computed");
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<UnrollView> ViewOf(const UnrollMessage& message,
                                  std::vector<EpisodeResult>* episodes) {
  UnrollView view;
  view.id = {message.actor(), message.thread(), message.sequence()};
  if (view.id.sequence == 0) return Malformed("sequence", "is 0, they begin at 1");
  view.incarnation = message.incarnation();
  view.policy_version = message.policy_version();
  if (message.has_gradient_facts()) {
    NYALA_RETURN_IF_ERROR(ReadGradient(message, &view));
  } else {
    NYALA_RETURN_IF_ERROR(ReadRows(message, &view));
  }
  view.waiting_fraction = message.waiting_fraction();
  if (!(view.waiting_fraction >= 0 && view.waiting_fraction <= 1)) {
    return Malformed("waiting_fraction",
                     absl::StrFormat("is %g, outside [0, 1]", view.waiting_fraction));
  }
  view.resume_state = message.resume_state();
  for (const wire::EpisodeMessage& episode : message.episodes()) {
    episodes->push_back({episode.episode_return(), episode.length(), episode.truncated()});
  }
  view.episodes = *episodes;
  return view;
}

UnrollDecoder::UnrollDecoder() : message_(std::make_unique<UnrollMessage>()) {}
UnrollDecoder::~UnrollDecoder() = default;

absl::StatusOr<UnrollView> UnrollDecoder::Decode(grpc::ByteBuffer* bytes) {
  Recycle(message_.get());
  episodes_.clear();
  grpc::ProtoBufferReader reader(bytes);
  if (!reader.status().ok()) return absl::InvalidArgumentError("an unroll cannot be read");
  CodedInputStream input(&reader);
  if (!message_->MergeFromCodedStream(&input) || !input.ConsumedEntireMessage()) {
    return absl::InvalidArgumentError("the bytes are no UnrollMessage");
  }
  return ViewOf(*message_, &episodes_);
}

}  // namespace nyala
