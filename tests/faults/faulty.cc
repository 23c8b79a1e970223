// `nyala` with the environment "Faulty" (tests/fakes/faulty_environment.h).
#include "deploy/main.h"
#include "tests/fakes/faulty_environment.h"

int main(int argc, char** argv) {
  nyala::RegisterFaultyEnvironment();
  return nyala::Main(argc, argv);
}
