// `bailey witness serve`: watches other logs and cosigns what extends what it saw.
#include "cli/commands.h"
#include "codec/text.h"
#include "merkle/add_checkpoint.h"
#include "net/http_server.h"
#include "store/witness_key.h"
#include "witness/service.h"

namespace bailey::cli {
namespace {

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

Result<witness::Logs> logs_of(const std::vector<std::string>& vkeys) {
  witness::Logs logs;
  for (const auto& vkey : vkeys) logs.push_back(BAILEY_TRY(merkle::NoteVerifier::parse(vkey)));
  return logs;
}

}  // namespace

int witness_serve(Invocation& in) {
  const auto state_path = in.arguments.value("--state");
  if (!state_path) {
    tell(in.outside, Error{"usage", "a witness needs a folder for what it saw", "--state DIR"});
    return kUsage;
  }
  const auto where =
      net::parse_listen_address(in.arguments.value("--listen").value_or("127.0.0.1:7370"));
  if (!where) return failed(in, where.error());
  const auto logs = logs_of(in.arguments.values("--log"));
  if (!logs) return failed(in, logs.error());
  std::string path = *state_path;
  if (!path.starts_with('/')) {
    const auto here = in.outside.working_directory();
    if (!here) return failed(in, here.error());
    path = *here + "/" + path;
  }
  const auto dir = in.outside.open_directory(path, Make::kYes);
  if (!dir) return failed(in, dir.error());
  const auto key = store::witness_key(*dir, in.outside.uid(), in.outside.entropy());
  if (!key) return failed(in, key.error());
  // Without a name of its own: 16 hex digits of its key, as a ledger is named.
  const std::string name = in.arguments.value("--name").value_or(
      "bailey-witness/" + codec::to_hex(key->key.public_key().bytes()).substr(0, 16));
  auto folder = dir->duplicate();
  if (!folder) return failed(in, folder.error());
  auto state = witness::State::open(*std::move(folder), *logs, name, key->key, in.outside.clock());
  if (!state) return failed(in, state.error());
  const auto told = [&](const witness::Reply& reply) {
    in.outside.write(Stream::kErr, "bailey: " + std::to_string(reply.status) + " " +
                                       codec::for_terminal(reply.origin, 200) + ": " +
                                       codec::for_terminal(reply.why, 300) + "\n");
  };
  net::HttpLimits limits;
  limits.max_body = merkle::kMaxAddCheckpointBytes;
  auto server = net::HttpServer::listen(*where, limits, [&](const net::HttpRequest& request) {
    return witness::answer(**state, request, told);
  });
  if (!server) return failed(in, server.error());
  net::HttpUrl at = *where;
  at.port = server->port();
  in.outside.write(Stream::kOut, "witness " + (*state)->verifier().vkey() +
                                     "\nlistening on http://" + at.authority() + "\n");
  server->run();
  return kDone;
}

}  // namespace bailey::cli
