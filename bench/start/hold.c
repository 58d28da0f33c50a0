/* Stays for the milliseconds given, so that a cage can be looked at while it stands. */
#include <stdlib.h>
#include <time.h>

int main(int count, char** words) {
  const long milliseconds = count > 1 ? atol(words[1]) : 1000;
  const struct timespec stay = {milliseconds / 1000, (milliseconds % 1000) * 1000000};
  nanosleep(&stay, NULL);
  return 0;
}
