// The smallest useful guest: one line on standard output, exit status 0.
#include <stdio.h>

int main(void) {
  puts("Hello from PowerPC.");
  return 0;
}
