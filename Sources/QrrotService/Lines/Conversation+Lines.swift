internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// Plain lines: a command of our own language a line, and its reply in text form.
extension Conversation {
  /// Answers one line. A list ends with an empty line; a blank line and a comment have no reply.
  mutating func runLine(_ line: UnsafeRawBufferPointer) {
    tally.noteLine()
    client.protocolVersion.store(0, ordering: .relaxed)
    replyCount += 1
    if let password = Self.password(in: line) { return logIn(line: password) }
    do throws(QrrotError) {
      guard isLoggedIn else {
        // Nothing is told of what a line would have been.
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return replyCount -= 1 }
        throw QrrotError(.auth, "this server wants a password first: auth PASSWORD")
      }
      guard try parse(line) else { return replyCount -= 1 }
      if service.clients.hasMonitors.load(ordering: .relaxed) { showToMonitors(line: line) }
      if getAtOnce() { return }
      defer { countKept() }
      try requireClientMemory()
      if try streamLanguage(isPlain: true) { return }
      try executeLine()
      TextForm.append(language.reply, to: &writer.bytes)
      if language.reply.shape == .keys || language.reply.shape == .rows {
        writer.bytes.append(UInt8(ascii: "\n"))
      }
    } catch {
      answer(error)
    }
  }

  /// Answers `get KEY` outside of a transaction out of the table, without a reply in between.
  ///
  /// - Returns: false if it has not been answered.
  private mutating func getAtOnce() -> Bool {
    guard language.command.name == .get, session.pointee.transaction == nil,
      language.command.arguments.count == 1
    else { return false }
    return language.command.bytes.withUnsafeBytes { bytes in
      answer(
        valueOf: UnsafeRawBufferPointer(rebasing: bytes[language.command.arguments[0].range]))
    } ?? false
  }

  /// Answers with what a key holds, outside of a transaction.
  ///
  /// - Returns: false if that is long, nil if the key is absent; nothing has been answered then.
  mutating func answer(valueOf key: UnsafeRawBufferPointer) -> Bool? {
    service.engine.withValue(of: key) { type, value in
      // Who writes waits as long as the lock is held.
      guard value.count <= Self.textAtOnceByteCount else { return false }
      TextForm.append(stored: value, type, to: &writer.bytes)
      writer.bytes.append(UInt8(ascii: "\n"))
      return true
    }
  }

  private static var textAtOnceByteCount: Int { 4 << 10 }

  mutating func answer(_ error: QrrotError) {
    tally.noteError()
    writer.bytes.append(contentsOf: "\(error)\n".utf8)
  }

  /// What follows `auth` in a line; nil in all others.
  private static func password(in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    // Nearly no line is one.
    guard let first = line.first,
      first | 0x20 == UInt8(ascii: "a") || first == 0x20 || first == 0x09
    else { return nil }
    var start = 0
    func skipBlanks() {
      while start < line.count, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
    }
    skipBlanks()
    let end = line[start...].firstIndex { $0 == 0x20 || $0 == 0x09 } ?? line.count
    guard UnsafeRawBufferPointer(rebasing: line[start..<end]).isWord("auth") else { return nil }
    start = end
    skipBlanks()
    var last = line.count
    while last > start, line[last - 1] == 0x20 || line[last - 1] == 0x09 { last -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[start..<last])
  }

  private mutating func logIn(line password: UnsafeRawBufferPointer) {
    guard !password.isEmpty else {
      return answer(QrrotError(.arity, "usage: auth PASSWORD"))
    }
    guard service.configuration.password != nil else {
      return answer(QrrotError(.auth, "this server has no password, so there is none to give"))
    }
    guard logIn(with: Self.unquoted(password)) else {
      return answer(QrrotError(.auth, "wrong password"))
    }
    writer.bytes.append(contentsOf: "OK\n".utf8)
  }

  /// A password may stand in quotes, as every word of a line.
  private static func unquoted(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard text.count >= 2, let quote = text.first, quote == text.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { return text }
    return UnsafeRawBufferPointer(rebasing: text[1..<(text.count - 1)])
  }

  /// Asks for what the lines at the front of `bytes` will read, if there are several: the second word is
  /// the key of nearly all of them, and does no harm where it is none.
  ///
  /// - Returns: how many bytes those lines have.
  func prefetchKeys(ofLinesIn bytes: UnsafeRawBufferPointer) -> Int {
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.lineLimit) {
      keys in
      var start = 0
      var count = 0
      let end = min(bytes.count, Self.lookAheadByteCount)
      while count < Self.lineLimit, start < end {
        let lineEnd = WireBytes.firstLineFeed(in: bytes, from: start, to: end)
        keys[count] = Self.secondWord(of: UnsafeRawBufferPointer(rebasing: bytes[start..<lineEnd]))
        count &+= 1
        start = min(lineEnd &+ 1, end)
      }
      if count > 1 { table.prefetch(UnsafeBufferPointer(rebasing: keys[..<count])) }
      return start
    }
  }

  private static var lineLimit: Int { 16 }
  private static var lookAheadByteCount: Int { 4 << 10 }

  /// What stands between the first and the second blank of a line.
  private static func secondWord(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let base = line.baseAddress else { return line }
    let start = min(wordEnd(in: line, from: 0) &+ 1, line.count)
    return UnsafeRawBufferPointer(
      start: base + start, count: wordEnd(in: line, from: start) &- start)
  }

  /// Where the first blank or control from `start` on is, or the line's end.
  private static func wordEnd(in line: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard let base = line.baseAddress else { return start }
    var place = start
    while line.count &- place >= ByteWord.byteCount {
      let word = (base + place).loadUnaligned(as: UInt64.self).littleEndian
      let marks = ByteWord.below(word, 0x21)
      if marks != 0 { return place &+ ByteWord.firstIndex(of: marks) }
      place &+= ByteWord.byteCount
    }
    while place < line.count, line[place] > 0x20 { place &+= 1 }
    return place
  }
}
