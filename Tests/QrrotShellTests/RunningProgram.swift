import Foundation
import Synchronization
import Testing

/// A program that is running, with a pipe at each of its standard descriptors.
final class RunningProgram {
  private let process = Process()
  private let input = Pipe()
  private let output: CollectedPipe
  private let errors: CollectedPipe?
  private let ended = DispatchSemaphore(value: 0)
  private let writes = DispatchQueue(label: "input of a program under test")

  init(
    _ arguments: [String], environment: [String: String] = [:], in folder: Folder? = nil,
    executable: URL = Program.url, joinsErrors: Bool = false
  ) throws {
    _ = Self.signalsAreSet
    output = CollectedPipe()
    errors = joinsErrors ? nil : CollectedPipe()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
      .merging(environment) { _, new in new }
    if let folder { process.currentDirectoryURL = folder.url }
    process.standardInput = input
    process.standardOutput = output.pipe
    process.standardError = (errors ?? output).pipe
    let ended = ended
    process.terminationHandler = { _ in ended.signal() }
    try Self.withSignalsUnblocked { try process.run() }
    try? output.pipe.fileHandleForWriting.close()
    try? errors?.pipe.fileHandleForWriting.close()
    try? input.fileHandleForReading.close()
    output.collect()
    errors?.collect()
  }

  /// Threads of a pool block signals, which a program started by one would inherit.
  private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_UNBLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  /// A program that ends before its input does must not take the tests with it; and where these run
  /// in the background, Ctrl-C may be ignored, which a child would inherit.
  private static let signalsAreSet: Bool = {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGINT, SIG_DFL)
    signal(SIGHUP, SIG_DFL)
    return true
  }()

  var processIdentifier: Int32 { process.processIdentifier }

  /// What has come out so far.
  var outputSoFar: [UInt8] { output.bytes }

  /// Writes to standard input without waiting for a reader.
  func write(_ bytes: [UInt8]) {
    if bytes.isEmpty { return }
    let handle = input.fileHandleForWriting
    writes.async { try? handle.write(contentsOf: Data(bytes)) }
  }

  func write(_ text: String) { write(Array(text.utf8)) }

  /// Writes the same again and again, until the program ends.
  func writeWithoutEnd(_ text: String) {
    let handle = input.fileHandleForWriting
    let data = Data(text.utf8)
    writes.async { while (try? handle.write(contentsOf: data)) != nil {} }
  }

  func closeInput() {
    let handle = input.fileHandleForWriting
    writes.async { try? handle.close() }
  }

  /// Sends a signal.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Closes the reading end of its standard output.
  func closeOutput() { try? output.pipe.fileHandleForReading.close() }

  /// Waits until standard output holds `text`.
  ///
  /// - Returns: whether it came, before standard output ended.
  func waitForOutput(_ text: String) -> Bool {
    output.wait(for: Array(text.utf8), seconds: Self.patience)
  }

  /// Only a hang takes so long, however busy the machine is.
  private static let patience = 600.0

  /// Whether it has ended.
  var hasEnded: Bool { !process.isRunning }

  /// Waits for the end; a program that hangs is killed.
  func waitForEnd() -> Program.Result {
    if ended.wait(timeout: .now() + Self.patience) == .timedOut {
      Issue.record("\(process.arguments ?? []) did not end within \(Self.patience) s")
      send(SIGKILL)
      ended.wait()
    }
    output.waitForEnd()
    errors?.waitForEnd()
    let status = process.terminationStatus
    return Program.Result(
      output: output.bytes, errors: errors?.bytes ?? [],
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status)
  }
}

/// A pipe that is read to its end by a thread of its own.
private final class CollectedPipe: Sendable {
  let pipe = Pipe()
  private let collected = Mutex<[UInt8]>([])
  private let isOver = Mutex(false)
  private let changed = DispatchSemaphore(value: 0)
  private let group = DispatchGroup()

  var bytes: [UInt8] { collected.withLock { $0 } }

  func collect() {
    group.enter()
    Thread.detachNewThread { [self] in
      while true {
        let data = pipe.fileHandleForReading.availableData
        if data.isEmpty { break }
        collected.withLock { $0.append(contentsOf: data) }
        changed.signal()
      }
      isOver.withLock { $0 = true }
      changed.signal()
      group.leave()
    }
  }

  func wait(for text: [UInt8], seconds: Double) -> Bool {
    let deadline = DispatchTime.now() + seconds
    // What has been searched is not searched again, but for a part of the text at its end.
    var searched = 0
    while true {
      let isLast = isOver.withLock { $0 }
      let rest = collected.withLock { Array($0[searched...]) }
      if rest.contains(text) { return true }
      if isLast { return false }
      searched += max(0, rest.count - text.count)
      if changed.wait(timeout: deadline) == .timedOut { return bytes.contains(text) }
    }
  }

  func waitForEnd() { group.wait() }
}
