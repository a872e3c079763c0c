/// Where a server keeps a part of a session for a client far away.
///
/// Copies of the part share it. Who is about to change the part asks ``Swift/isKnownUniquelyReferenced(_:)``
/// and has the server copy it where others have it too, so that a session stays a value. When nobody has it
/// any more the server may forget it.
package final class RemotePlace: Sendable {
  /// The server's number for it; good for one connection.
  package let number: UInt64
  /// Which connection that is.
  package let connection: UInt64
  private let forget: @Sendable (UInt64) -> Void

  /// Names a place.
  ///
  /// - Parameter forget: told the number when nobody has it any more, on any thread.
  package init(
    number: UInt64, connection: UInt64, forget: @escaping @Sendable (UInt64) -> Void
  ) {
    self.number = number
    self.connection = connection
    self.forget = forget
  }

  deinit { forget(number) }
}
