// bailey-warden: started by bailey with its socket on 3 and the plan's memfd on 4.
#include "platform/warden/warden.h"

extern "C" int bailey_main(int, char**, char**) {
  namespace warden = bailey::platform::warden;
  namespace sys = bailey::platform::cage::sys;
  // Started by hand it has no signer, and says so.
  int type = 0;
  unsigned size = sizeof type;
  const long e = sys::call(__NR_getsockopt, warden::kSignerSocket, 1, 3, &type, &size);
  if (e < 0 || type != 5) {
    constexpr char kText[] = "bailey-warden: started by bailey only\n";
    sys::write(2, kText, sizeof kText - 1);
    return 2;
  }
  warden::be_warden();
}
