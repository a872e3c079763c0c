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
    if let password = Self.password(in: line) { return logIn(line: password) }
    do throws(QrrotError) {
      guard isLoggedIn else {
        // Nothing is told of what a line would have been.
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
        throw QrrotError(.auth, "this server wants a password first: auth PASSWORD")
      }
      guard try parse(line) else { return }
      replyCount += 1
      if service.clients.hasMonitors.load(ordering: .relaxed) { showToMonitors(line: line) }
      try service.engine.execute(
        language.command, in: &session.pointee, into: &language.reply)
      TextForm.append(language.reply, to: &writer.bytes)
      if language.reply.shape == .keys || language.reply.shape == .rows {
        writer.bytes.append(UInt8(ascii: "\n"))
      }
    } catch {
      answer(error)
    }
  }

  private mutating func answer(_ error: QrrotError) {
    tally.noteError()
    writer.bytes.append(contentsOf: "\(error)\n".utf8)
  }

  /// What follows `auth` in a line; nil in all others.
  private static func password(in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
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
    replyCount += 1
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
}
