// bailey-token: a key in a PKCS#11 token, for a bailey that cannot load a module itself.
//
// It loads one module, logs in once, and signs what comes over descriptor 3 until that closes.
// The private key stays in the token, the PIN and the module's code in this process. It trusts
// the module with everything: it is a program of its own so that bailey need not.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "platform/token/words.h"

namespace {

using bailey::platform::token::Answer;
using bailey::platform::token::Ask;
using bailey::platform::token::kMaxMessage;
using bailey::platform::token::Message;
using bailey::platform::token::parse_message;
using bailey::platform::token::write_message;

constexpr int kChannel = 3;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
// The curve's name as PKCS#11 3.0 section 2.3.7 allows it: the object identifier of RFC 8410, or
// the name that earlier modules know.
const std::string kCurveId("\x06\x03\x2b\x65\x70", 5);
const std::string kCurveName(
    "\x13\x0c"
    "edwards25519",
    14);

Message said(Answer answer, std::string text) {
  return {static_cast<std::uint8_t>(answer), {std::move(text)}};
}

std::string code(CK_RV result) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = "the token answered 0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kHex[(result >> shift) & 15U];
  return text;
}

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, void* value, std::size_t size) {
  return {type, value, static_cast<CK_ULONG>(size)};
}

CK_ATTRIBUTE text_attribute(CK_ATTRIBUTE_TYPE type, std::string& text) {
  return attribute(type, text.data(), text.size());
}

std::string trimmed(const unsigned char* text, std::size_t size) {
  std::string out(reinterpret_cast<const char*>(text), size);
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

class Token {
 public:
  Message handle(const Message& ask) {
    switch (static_cast<Ask>(ask.word)) {
      case Ask::kOpen:
        if (ask.fields.size() == 4) return open(ask.fields);
        break;
      case Ask::kGenerate:
        if (ask.fields.size() == 3) return generate(ask.fields);
        break;
      case Ask::kSign:
        if (ask.fields.size() == 1) return sign(ask.fields[0]);
        break;
    }
    return said(Answer::kProtocol, "no such question");
  }

 private:
  // The module, the slot of the one token that can be meant, and a session logged in to it. A PIN
  // is never tried on a token that was not meant: a few wrong ones lock it.
  Message log_in(const std::vector<std::string>& fields) {
    if (functions_ != nullptr) return said(Answer::kProtocol, "a token is open already");
    void* module = ::dlopen(fields[0].c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) return said(Answer::kModule, "the module cannot be loaded");
    void* symbol = ::dlsym(module, "C_GetFunctionList");
    if (symbol == nullptr) return said(Answer::kModule, "the file is no PKCS#11 module");
    CK_C_GetFunctionList get = nullptr;
    std::memcpy(static_cast<void*>(&get), static_cast<const void*>(&symbol), sizeof get);
    CK_FUNCTION_LIST* functions = nullptr;
    CK_RV result = get(&functions);
    if (result == CKR_OK) result = functions->C_Initialize(nullptr);
    if (result != CKR_OK)
      return said(Answer::kModule, "the module does not start: " + code(result));
    functions_ = functions;

    const auto slash = fields[1].find('/');
    const std::string wanted = slash == std::string::npos ? "" : fields[1].substr(0, slash);
    label_ = slash == std::string::npos ? fields[1] : fields[1].substr(slash + 1);
    std::vector<CK_SLOT_ID> slots(64);
    CK_ULONG count = slots.size();
    result = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count);
    if (result != CKR_OK) return said(Answer::kSlot, code(result));
    slots.resize(std::min<std::size_t>(count, slots.size()));
    std::vector<CK_SLOT_ID> meant;
    for (const auto slot : slots) {
      CK_TOKEN_INFO info{};
      if (functions_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
      if ((info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
      if (wanted.empty() || trimmed(info.label, sizeof info.label) == wanted) meant.push_back(slot);
    }
    if (meant.empty()) return said(Answer::kSlot, "there is no such token");
    if (meant.size() > 1)
      return said(Answer::kSlot, "several tokens are there: name one as TOKEN/KEY in the label");
    result = functions_->C_OpenSession(meant[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr,
                                       nullptr, &session_);
    if (result != CKR_OK) return said(Answer::kSlot, code(result));
    std::string pin = fields[2];
    result = functions_->C_Login(session_, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()),
                                 pin.size());
    ::explicit_bzero(pin.data(), pin.size());
    if (result == CKR_PIN_INCORRECT || result == CKR_PIN_INVALID || result == CKR_PIN_LEN_RANGE)
      return said(Answer::kPin, "the PIN is wrong");
    if (result == CKR_PIN_LOCKED) return said(Answer::kPin, "the PIN is locked");
    if (result != CKR_OK && result != CKR_USER_ALREADY_LOGGED_IN)
      return said(Answer::kPin, code(result));
    return said(Answer::kDone, "");
  }

  std::vector<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS what) {
    CK_KEY_TYPE type = CKK_EC_EDWARDS;
    std::array<CK_ATTRIBUTE, 3> match = {attribute(CKA_CLASS, &what, sizeof what),
                                         attribute(CKA_KEY_TYPE, &type, sizeof type),
                                         text_attribute(CKA_LABEL, label_)};
    std::vector<CK_OBJECT_HANDLE> found(4);
    CK_ULONG count = 0;
    if (functions_->C_FindObjectsInit(session_, match.data(), match.size()) != CKR_OK) return {};
    if (functions_->C_FindObjects(session_, found.data(), found.size(), &count) != CKR_OK)
      count = 0;
    functions_->C_FindObjectsFinal(session_);
    found.resize(std::min<std::size_t>(count, found.size()));
    return found;
  }

  // CKA_EC_POINT: a DER OCTET STRING, or the bytes themselves.
  std::string public_key(CK_OBJECT_HANDLE object) {
    std::array<char, 128> bytes{};
    CK_ATTRIBUTE point = attribute(CKA_EC_POINT, bytes.data(), bytes.size());
    if (functions_->C_GetAttributeValue(session_, object, &point, 1) != CKR_OK) return {};
    const std::string value(bytes.data(), std::min<std::size_t>(point.ulValueLen, bytes.size()));
    if (value.size() == kKeyBytes) return value;
    if (value.size() == kKeyBytes + 2 && value[0] == 4 && value[1] == static_cast<char>(kKeyBytes))
      return value.substr(2);
    return {};
  }

  Message open(const std::vector<std::string>& fields) {
    Message in = log_in(fields);
    if (in.word != 0) return in;
    const auto keys = find(CKO_PRIVATE_KEY);
    const auto publics = find(CKO_PUBLIC_KEY);
    if (keys.size() != 1 || publics.size() != 1)
      return said(Answer::kKey,
                  "the token does not hold exactly one Ed25519 key pair of that label");
    const std::string key = public_key(publics[0]);
    if (key != fields[3]) return said(Answer::kKey, "the token's key is another one");
    key_ = keys[0];
    return said(Answer::kDone, key);
  }

  Message generate(const std::vector<std::string>& fields) {
    Message in = log_in(fields);
    if (in.word != 0) return in;
    if (!find(CKO_PRIVATE_KEY).empty() || !find(CKO_PUBLIC_KEY).empty())
      return said(Answer::kExists, "the token has an Ed25519 key of that label");
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_MECHANISM mechanism{CKM_EC_EDWARDS_KEY_PAIR_GEN, nullptr, 0};
    CK_RV result = CKR_OK;
    for (std::string curve : {kCurveId, kCurveName}) {
      std::array<CK_ATTRIBUTE, 4> of_public = {
          attribute(CKA_TOKEN, &yes, sizeof yes), attribute(CKA_VERIFY, &yes, sizeof yes),
          text_attribute(CKA_LABEL, label_), text_attribute(CKA_EC_PARAMS, curve)};
      std::array<CK_ATTRIBUTE, 6> of_private = {
          attribute(CKA_TOKEN, &yes, sizeof yes),     attribute(CKA_PRIVATE, &yes, sizeof yes),
          attribute(CKA_SENSITIVE, &yes, sizeof yes), attribute(CKA_EXTRACTABLE, &no, sizeof no),
          attribute(CKA_SIGN, &yes, sizeof yes),      text_attribute(CKA_LABEL, label_)};
      CK_OBJECT_HANDLE pub = 0;
      result =
          functions_->C_GenerateKeyPair(session_, &mechanism, of_public.data(), of_public.size(),
                                        of_private.data(), of_private.size(), &pub, &key_);
      if (result != CKR_OK) continue;
      const std::string key = public_key(pub);
      if (key.empty()) return said(Answer::kKey, "the token made a key that is not Ed25519");
      return said(Answer::kDone, key);
    }
    return said(Answer::kMechanism, "the token makes no Ed25519 key: " + code(result));
  }

  Message sign(std::string message) {
    if (functions_ == nullptr || key_ == 0) return said(Answer::kProtocol, "no key is open");
    CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
    CK_RV result = functions_->C_SignInit(session_, &mechanism, key_);
    std::array<unsigned char, 256> signature{};
    CK_ULONG size = signature.size();
    if (result == CKR_OK)
      result = functions_->C_Sign(session_, reinterpret_cast<CK_BYTE*>(message.data()),
                                  message.size(), signature.data(), &size);
    if (result != CKR_OK) return said(Answer::kFailed, code(result));
    if (size != kSignatureBytes)
      return said(Answer::kFailed, "the token gave no Ed25519 signature");
    return said(Answer::kDone, std::string(signature.begin(), signature.begin() + kSignatureBytes));
  }

  CK_FUNCTION_LIST* functions_ = nullptr;
  CK_SESSION_HANDLE session_ = 0;
  CK_OBJECT_HANDLE key_ = 0;
  std::string label_;
};

}  // namespace

int main() {
  // A PIN must not reach a core file.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  Token token;
  std::vector<char> buffer(kMaxMessage + 1);
  for (;;) {
    const ssize_t count = ::recv(kChannel, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return 0;
    const auto size = static_cast<std::size_t>(count);
    const auto ask = parse_message({buffer.data(), size});
    ::explicit_bzero(buffer.data(), size);
    const std::string answer =
        write_message(ask ? token.handle(*ask) : said(Answer::kProtocol, "not a message"));
    if (::send(kChannel, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return 1;
  }
}
