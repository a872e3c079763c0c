internal import QrrotAgent
internal import QrrotCore
internal import Synchronization

/// The recordings of a run, by their files' names.
final class Recordings: Sendable {
  private struct State {
    var writers: [String: RecordingWriter] = [:]
    var replays: [String: (Recording, ReplayTransport)] = [:]
  }

  private let state = Mutex(State())

  /// The recording that is being written to a file; it is begun if there is none.
  ///
  /// - Throws: as ``RecordingWriter/init(_:replacing:_:_:secondsNow:)``.
  func writer(
    _ file: String, replacing: Bool, _ endpoint: WireEndpoint, _ filter: SecretFilter,
    secondsNow: Int64
  ) throws(QrrotError) -> RecordingWriter {
    try state.withLock { state throws(QrrotError) in
      if let writer = state.writers[file] {
        writer.use(filter)
        return writer
      }
      let writer = try RecordingWriter(
        file, replacing: replacing, endpoint, filter, secondsNow: secondsNow)
      state.writers[file] = writer
      return writer
    }
  }

  /// The recording that answers are taken from; it goes on where it was.
  ///
  /// - Throws: as ``Recording/init(file:)``.
  func replay(_ file: String) throws(QrrotError) -> (Recording, ReplayTransport) {
    try state.withLock { state throws(QrrotError) in
      if let replay = state.replays[file] { return replay }
      let recording = try Recording(file: file)
      let replay = (recording, ReplayTransport(recording))
      state.replays[file] = replay
      return replay
    }
  }
}
