#include "deploy/main.h"

int main(int argc, char** argv) { return nyala::Main(argc, argv); }
