internal import QrrotCore

/// The bytes of a file that is imported, as they come: counts them, and waits for a pipe's so that
/// each signal ends the wait.
///
/// What reads from it need not wait by itself, which a reader of packed bytes could not: it can't
/// know whether what is there unpacks to anything.
final class ImportSource: ByteSource {
  private let source: any ByteSource
  private let signals: SignalState
  /// How many bytes have been read.
  private(set) var doneByteCount = 0

  init(_ source: any ByteSource, signals: SignalState) {
    self.source = source
    self.signals = signals
  }

  var totalByteCount: Int? { source.totalByteCount }
  /// Always: the waiting is part of ``read(_:into:)``.
  var isReady: Bool { true }
  func waitUntilReady() {}

  /// - Throws: `io`; `interrupted` if a signal comes.
  func read(_ count: Int, into buffer: inout [UInt8]) throws(QrrotError) -> Int {
    try wait()
    let readCount = try source.read(count, into: &buffer)
    doneByteCount += readCount
    return readCount
  }

  /// - Throws: `io`; `interrupted` if a signal comes.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(QrrotError) -> Int {
    try wait()
    let readCount = try source.read(into: memory)
    doneByteCount += readCount
    return readCount
  }

  private func wait() throws(QrrotError) {
    while !source.isReady {
      source.waitUntilReady()
      // Emptied before the look at what has come, which is set before the pipe is written to: what
      // is left in it of an earlier signal would make this loop spin.
      signals.drainWakeUps()
      try signals.check()
    }
  }
}
