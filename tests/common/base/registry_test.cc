#include "common/base/registry.h"

#include "gtest/gtest.h"

namespace nyala {
namespace {

using Shapes = Registry<absl::StatusOr<std::unique_ptr<std::string>>, int>;

Shapes TwoShapes() {
  Shapes shapes("shape");
  shapes.Register("square", [](int size) {
    return std::make_unique<std::string>("square " + std::to_string(size));
  });
  shapes.Register("circle", [](int) -> absl::StatusOr<std::unique_ptr<std::string>> {
    return absl::InvalidArgumentError("no circles today");
  });
  return shapes;
}

TEST(RegistryTest, CreatesByName) {
  const Shapes shapes = TwoShapes();
  const auto square = shapes.Create("square", 3);
  ASSERT_TRUE(square.ok());
  EXPECT_EQ(**square, "square 3");
}

TEST(RegistryTest, PassesOnAFactorysError) {
  EXPECT_EQ(TwoShapes().Create("circle", 1).status().message(), "no circles today");
}

TEST(RegistryTest, AnUnknownNameIsAnsweredByTheNearest) {
  const absl::Status status = TwoShapes().Create("sqare", 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "unknown shape 'sqare'; did you mean 'square'?");
}

TEST(RegistryTest, ListsItsNamesSorted) {
  const Shapes shapes = TwoShapes();
  EXPECT_EQ(shapes.Names(), (std::vector<std::string>{"circle", "square"}));
  EXPECT_TRUE(shapes.Contains("circle"));
  EXPECT_FALSE(shapes.Contains("Circle"));
}

TEST(RegistryDeathTest, ANameTwiceIsOurMistake) {
  Shapes shapes = TwoShapes();
  EXPECT_DEATH(shapes.Register("square", nullptr), "a name is registered twice");
}

}  // namespace
}  // namespace nyala
