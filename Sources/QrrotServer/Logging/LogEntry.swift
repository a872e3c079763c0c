internal import Logging
internal import QrrotService

/// An event of the service as it is logged.
struct LogEntry {
  let level: Logger.Level
  let name: String
  let fields: Logger.Metadata
  /// Whether clients can cause it as often as they like.
  var isThrottled: Bool { level < .error }

  init(_ event: ServiceEvent) {
    switch event {
    case .clientConnected(let id, let address):
      self.init(.debug, "client-connected", id, address)
    case .clientClosed(let id, let address, let reason, let byServer):
      self.init(byServer ? .info : .debug, "client-closed", id, address, ["reason": "\(reason)"])
    case .clientRefused(let address, let reason):
      self.init(.warning, "client-refused", ["address": "\(address)", "reason": "\(reason)"])
    case .loginFailed(let id, let address):
      self.init(.warning, "login-failed", id, address)
    case .loggedIn(let id, let address):
      self.init(.info, "logged-in", id, address)
    case .protocolFault(let id, let address, let reason):
      self.init(.notice, "protocol-fault", id, address, ["reason": "\(reason)"])
    case .adminCommand(let id, let address, let command):
      self.init(.notice, "admin-command", id, address, ["command": "\(command)"])
    case .saved(let seconds):
      self.init(.notice, "saved", ["seconds": .stringConvertible(seconds)])
    case .saveFailed(let reason):
      self.init(.error, "save-failed", ["reason": "\(reason)"])
    case .syncFailed(let reason):
      self.init(.error, "sync-failed", ["reason": "\(reason)"])
    }
  }

  private init(
    _ level: Logger.Level, _ name: String, _ id: UInt64, _ address: String,
    _ more: Logger.Metadata = [:]
  ) {
    let who: Logger.Metadata = ["client": .stringConvertible(id), "address": "\(address)"]
    self.init(level, name, who.merging(more) { _, new in new })
  }

  private init(_ level: Logger.Level, _ name: String, _ fields: Logger.Metadata) {
    self.level = level
    self.name = name
    self.fields = fields
  }
}
