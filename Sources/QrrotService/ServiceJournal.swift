/// What a server has to tell those who run it. None of it holds a secret.
public enum ServiceEvent: Sendable {
  /// A client has come.
  case clientConnected(id: UInt64, address: String)
  /// A client has gone. `byServer`: because of a limit, a fault or an order, and not of its own will.
  case clientClosed(id: UInt64, address: String, reason: String, byServer: Bool)
  /// A client was not taken in.
  case clientRefused(address: String, reason: String)
  /// Somebody has given a wrong password.
  case loginFailed(id: UInt64, address: String)
  /// Somebody has logged in.
  case loggedIn(id: UInt64, address: String)
  /// What came was none of the protocols that are spoken here.
  case protocolFault(id: UInt64, address: String, reason: String)
  /// Somebody has given a command for those who run the server.
  case adminCommand(id: UInt64, address: String, command: String)
  /// A snapshot has been written, or could not be.
  case saved(seconds: Double)
  case saveFailed(reason: String)
  /// What was answered could not be made durable.
  case syncFailed(reason: String)
}

/// Where events go.
public protocol ServiceJournal: Sendable {
  /// Takes note of an event. It is called on event loops, so it must not wait.
  func note(_ event: ServiceEvent)
}

/// Takes note of nothing.
public struct SilentJournal: ServiceJournal {
  /// Makes one.
  public init() {}

  /// Does nothing.
  public func note(_ event: ServiceEvent) {}
}
