internal import QrrotCore

/// What servers say when they refuse something, in our words.
enum RedisError {
  /// The words by which errors of the beginning are known.
  static let codes = [
    "WRONGPASS", "NOAUTH", "NOPERM", "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "NOPROTO",
  ]

  /// The sentence for an error reply.
  ///
  /// - Parameters:
  ///   - text: the error without its mark, `WRONGTYPE Operation against …`.
  ///   - name: what the server is called.
  static func sentence(_ text: String, name: String) -> QrrotError {
    let code = text.prefix { $0 != " " }
    let detail = shown(text)
    return switch code {
    case "WRONGPASS": QrrotError(.auth, "wrong password or name for \(name)")
    case "NOAUTH":
      QrrotError(
        .auth,
        "\(name) wants a password; set QRROT_PASSWORD, or name a file that holds it with --password-file"
      )
    case "NOPERM":
      QrrotError(.refused, "\(name) does not allow that to this user: \(detail)")
    case "READONLY":
      QrrotError(
        .readOnly, "\(name) takes no writes: it is a replica, or was told to refuse them")
    case "LOADING":
      QrrotError(.busy, "\(name) is still loading its data; try again in a moment")
    case "BUSY":
      QrrotError(
        .busy, "\(name) runs a script that takes long; it answers when that is done or killed")
    case "MASTERDOWN":
      QrrotError(.network, "\(name) is a replica that has lost its primary, and has no answer")
    case "CLUSTERDOWN":
      QrrotError(
        .network, "the cluster of \(name) is down: not every slot has a primary (\(detail))")
    case "MOVED", "ASK", "TRYAGAIN":
      QrrotError(
        .network, "the cluster of \(name) moves the slot of that key to and fro; try again")
    case "CROSSSLOT":
      QrrotError(
        .refused,
        "keys of one transaction must lie in one slot of the cluster: give them the same {tag}")
    case "OOM":
      QrrotError(.tooLarge, "\(name) has no memory left (maxmemory); nothing was changed")
    case "MISCONF":
      QrrotError(
        .io, "\(name) refuses writes, for it could not save its data to disk; its log says why")
    case "NOREPLICAS":
      QrrotError(.refused, "\(name) refuses writes: too few of its replicas are there")
    case "WRONGTYPE":
      QrrotError(.type, "the key holds a value of another type: \(detail)")
    case "EXECABORT":
      QrrotError(.refused, "\(name) refused a part of the transaction; nothing of it was applied")
    case "NOPROTO":
      QrrotError(.network, "\(name) speaks neither version of the protocol that is known here")
    default: other(text, detail, name)
    }
  }

  private static func other(_ text: String, _ detail: String, _ name: String) -> QrrotError {
    let small = text.lowercased()
    if small.contains("unknown command") {
      let word = text.split(whereSeparator: { "'`\"".contains($0) }).dropFirst().first
      let command = word.map { QrrotError.excerpt(Array($0.utf8)) } ?? "this command"
      return QrrotError(
        .refused,
        "\(name) does not know \(command): it is too old, or the module that has it is not loaded")
    }
    if small.contains("max number of clients") {
      return QrrotError(.network, "\(name) has as many clients as it takes; try again later")
    }
    if small.contains("invalid db index") || small.contains("db index is out of range") {
      return QrrotError(.refused, "\(name) has no database of that number")
    }
    if small.contains("select is not allowed in cluster mode") {
      return QrrotError(
        .refused,
        "\(name) is a node of a cluster, which has database 0 only; redis+cluster:// is for it")
    }
    if small.contains("protected mode") {
      return QrrotError(
        .auth, "\(name) is in protected mode: without a password it serves its own machine only")
    }
    if small.contains("string exceeds maximum allowed size") {
      return QrrotError(.tooLarge, "\(name) takes no values of that size (proto-max-bulk-len)")
    }
    return QrrotError(.refused, "\(name) refuses that: \(detail)")
  }

  private static func shown(_ text: String) -> String { QrrotError.excerpt(Array(text.utf8)) }
}
