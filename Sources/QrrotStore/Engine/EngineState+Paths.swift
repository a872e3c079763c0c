internal import QrrotCore

/// The commands that reach inside json values.
///
/// A read hands out bytes of the stored text. A write splices a new text and stores it as `put` would,
/// so the log, transactions and undo know nothing of paths; it keeps the key's expiry.
extension EngineState {
  /// `get KEY PATH`.
  func getPart(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    guard command.hasPath else { throw Self.malformed(command) }
    var scratch = JSONScratch(interrupt: session.interrupt)
    try command.bytes.withRawBytes { bytes throws(QrrotError) in
      let key = UnsafeRawBufferPointer(rebasing: bytes[command.arguments[0].range])
      let path = UnsafeRawBufferPointer(rebasing: bytes[command.arguments[1].range])
      // What most paths are needs no compiling, and so no allocation.
      let compiled = JSONPath.isPlain(path) ? nil : try JSONPath(Array(path))
      try withValue(of: key, in: &session) { value throws(QrrotError) in
        guard let value else { return reply.reset(.none) }
        try Self.requireJSON(value, at: key)
        if let compiled, !compiled.isSingular {
          let matches = try Self.matches(of: compiled, in: value.bytes, scratch: &scratch)
          reply.reset(.single)
          return reply.append(.json, matches)
        }
        let place =
          if let compiled {
            try compiled.first(in: value.bytes, scratch: &scratch)
          } else {
            try JSONPath.first(ofPlain: path, in: value.bytes, scratch: &scratch)
          }
        guard let place else { return reply.reset(.none) }
        reply.reset(.single)
        reply.append(.json, UnsafeRawBufferPointer(rebasing: value.bytes[place]))
      }
    }
  }

  /// The JSON array of all that a path matches.
  private static func matches(
    of path: JSONPath, in document: UnsafeRawBufferPointer, scratch: inout JSONScratch
  ) throws(QrrotError) -> [UInt8] {
    var array = [UInt8(ascii: "[")]
    try path.forEach(in: document, scratch: &scratch) { range throws(QrrotError) in
      if array.count > 1 { array.append(UInt8(ascii: ",")) }
      guard array.count + range.count < Limits.valueByteCount else {
        throw QrrotError(
          .tooLarge,
          "the matches of \(QrrotError.excerpt(path.text)) take more than \(Limits.valueByteCount) bytes"
        )
      }
      array.append(contentsOf: document[range])
      return true
    }
    array.append(UInt8(ascii: "]"))
    return array
  }

  /// `put KEY PATH VALUE`.
  mutating func putPart(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    guard command.arguments.count == 3, command.arguments[2].kind == .value(.json) else {
      throw Self.malformed(command)
    }
    let path = try Self.path(of: command)
    try command.bytes.withRawBytes { bytes throws(QrrotError) in
      let key = UnsafeRawBufferPointer(rebasing: bytes[command.arguments[0].range])
      let value = UnsafeRawBufferPointer(rebasing: bytes[command.arguments[2].range])
      if path.isRoot { return try write(key, .json, value, in: &session) }
      try edit(key, command, in: &session) {
        (document, scratch, output) throws(QrrotError) in
        try JSONEdit.set(path, to: value, in: document, scratch: &scratch, into: &output)
      }
    }
    reply.reset(.ok)
  }

  /// `incr KEY PATH [BY]` and `decr KEY PATH [BY]`.
  mutating func addToPart(
    _ command: Command, isNegative: Bool, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let path = try Self.path(of: command)
    let number = command.arguments.count > 2 ? command.arguments[2].integer : 1
    var sum: Int64 = 0
    try command.withKey(0) { key throws(QrrotError) in
      try edit(key, command, in: &session) {
        (document, scratch, output) throws(QrrotError) in
        sum = try JSONEdit.add(
          number, isNegative: isNegative, at: path, in: document, scratch: &scratch, into: &output)
      }
    }
    reply.set(integer: sum)
  }

  /// `del KEY PATH`.
  mutating func delPart(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let path = try Self.path(of: command)
    var count = 0
    try command.withKey(0) { key throws(QrrotError) in
      if path.isRoot {
        count = try remove([key], in: &session)
      } else if contains(key, in: &session) {
        try edit(key, command, in: &session) {
          (document, scratch, output) throws(QrrotError) in
          count = try JSONEdit.remove(path, from: document, scratch: &scratch, into: &output)
        }
      }
    }
    reply.set(integer: Int64(count))
  }

  /// Gives `key` the text that `body` makes of its own, keeping its expiry; an empty one changes
  /// nothing.
  private mutating func edit(
    _ key: UnsafeRawBufferPointer, _ command: Command, in session: inout Session,
    _ body: (UnsafeRawBufferPointer, inout JSONScratch, inout [UInt8]) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    let interrupt = session.interrupt
    let stagedByteLimit = session.transaction == nil ? Int.max : session.stagedByteLimit
    var edited: [UInt8] = []
    try withValue(of: key, in: &session) { value throws(QrrotError) in
      guard let value else {
        throw QrrotError(
          .path, "there is no key \(QrrotError.excerpt(key)); put KEY $ VALUE creates one as json")
      }
      try Self.requireJSON(value, at: key)
      // The new text stands beside the old one for a while.
      if value.bytes.count > Self.uncountedByteCount {
        try requireMemory(value.bytes.count)
        try Session.requireStagingRoom(value.bytes.count, limit: stagedByteLimit)
      }
      var scratch = JSONScratch(interrupt: interrupt)
      do throws(QrrotError) {
        try body(value.bytes, &scratch, &edited)
      } catch {
        throw Self.named(error, key)
      }
    }
    guard !edited.isEmpty else { return }
    try edited.withRawBytes { text throws(QrrotError) in
      try write(key, .json, text, expiry: .keep, in: &session)
    }
  }

  /// Below this, the memory that an edit takes on its way is not worth counting.
  private static var uncountedByteCount: Int { 1 << 20 }

  /// An error of an edit, which knows no keys, with the key in front.
  private static func named(_ error: QrrotError, _ key: UnsafeRawBufferPointer) -> QrrotError {
    switch error.code {
    case .path, .type, .range:
      QrrotError(error.code, "\(QrrotError.excerpt(key)): \(error.message)")
    default: error
    }
  }

  private static func requireJSON(
    _ value: StoredValue, at key: UnsafeRawBufferPointer
  ) throws(QrrotError) {
    guard value.type == .json else {
      throw QrrotError(
        .type, "\(QrrotError.excerpt(key)) holds \(value.type.name); a path leads into json only")
    }
  }

  private static func path(of command: Command) throws(QrrotError) -> JSONPath {
    guard command.hasPath else { throw malformed(command) }
    return try JSONPath(command.content(1))
  }
}

extension Command {
  /// Whether the second argument is a path inside the value of the first one.
  var hasPath: Bool { arguments.count > 1 && arguments[1].kind == .path }
}
