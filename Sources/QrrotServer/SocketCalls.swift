#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Calls of the system on sockets that belong to a channel.
enum SocketCalls {
  /// Sends as many bytes as the system takes now. It neither waits nor raises a signal.
  ///
  /// - Returns: how many; negative if none.
  static func sendNow(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
      // The channel has told the socket itself to raise no signal.
      let flags = CInt(MSG_DONTWAIT)
    #else
      let flags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
    #endif
    return send(descriptor, bytes.baseAddress, bytes.count, flags)
  }
}
