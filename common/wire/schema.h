// Which build this is and which messages it knows, and whether a peer knows the same.
//
// Learner and actors must agree on every message, the run's configuration included: a field that
// one of them ignores changes what it does, and nobody would notice. Join says so in one line.
// Pure functions; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nyala {

struct Build {
  // For people, as "nyala 0.1.0"; empty: a build too old to say it.
  std::string name;
  uint32_t protocol = 0;
  // SchemaHash() of the build; 0: it is too old to have one.
  uint64_t schema = 0;
};

Build ThisBuild();
// "nyala 0.1.0 (protocol 1, schema 91e4c0ffee15dead)".
std::string Describe(const Build& build);

// FailedPrecondition, naming both, unless they have the same protocol and schema.
absl::Status CheckSameBuild(const Build& actor, const Build& learner);

// FailedPrecondition, naming message, field and both builds, when the message, or one inside it,
// has a field that this build does not know. `peer` is who sent it, as "the learner".
absl::Status CheckKnown(const google::protobuf::Message& message, absl::string_view peer);

// A hash of SchemaListing().
uint64_t SchemaHash();

// All messages that learner and actors exchange, and all inside them, as text: names, numbers,
// types, labels and defaults, one a line in an order of its own. Files, comments and order in them
// have no part in it, nor has the version of protobuf.
std::string SchemaListing();

}  // namespace nyala
