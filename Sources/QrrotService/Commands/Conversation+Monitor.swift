internal import QrrotCore

/// What those see who have given MONITOR: a line for each command that is carried out.
///
/// What is only for those who run the server is not shown, as in Redis, and of a command with secrets
/// nothing but its name.
extension Conversation {
  /// Shows a command.
  func showToMonitors(_ words: Arguments, _ command: RedisCommand) {
    let flags = index[command].flags
    guard flags.isDisjoint(with: [.admin, .skipMonitor]) else { return }
    if flags.contains(.container), words.count > 1,
      RedisSubcommandSpec.find(words[1], of: command)?.flags.contains(.admin) == true
    {
      return
    }
    let isSecret = flags.contains(.sensitive) || command == .qrrot && Self.isLogin(words[1])
    var line = monitorHead()
    for index in 0..<words.count {
      line.append(UInt8(ascii: " "))
      if index > 0, isSecret {
        line += "\"(redacted)\"".utf8
      } else {
        Self.appendQuoted(words[index], to: &line)
      }
    }
    send(line)
  }

  /// Shows a line of our own language; one that logs in never comes here.
  func showToMonitors(line text: UnsafeRawBufferPointer) {
    var line = monitorHead()
    line.append(UInt8(ascii: " "))
    Self.appendQuoted(text, to: &line)
    send(line)
  }

  private func send(_ line: [UInt8]) {
    service.clients.show(line + [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
  }

  /// When, in which database and by whom: `+1339518083.107412 [0 127.0.0.1:60866]`.
  private func monitorHead() -> [UInt8] {
    let now = service.configuration.microseconds()
    let fraction = String(now % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
    return Array("+\(now / 1_000_000).\(zeros)\(fraction) [0 \(client.address)]".utf8)
  }

  /// Whether a line logs in: its first word is `auth`.
  private static func isLogin(_ line: UnsafeRawBufferPointer) -> Bool {
    let word = line.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != 0x20 && $0 != 0x09 }
    return UnsafeRawBufferPointer(rebasing: word).isWord("auth")
  }

  /// A text in double quotes as Redis writes it (`sdscatrepr`): escapes of C, other bytes that are no
  /// printable ASCII in hexadecimal.
  static func appendQuoted(_ text: UnsafeRawBufferPointer, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): line += [UInt8(ascii: "\\"), byte]
      case 0x0A: line += "\\n".utf8
      case 0x0D: line += "\\r".utf8
      case 0x09: line += "\\t".utf8
      case 0x07: line += "\\a".utf8
      case 0x08: line += "\\b".utf8
      case 0x20...0x7E: line.append(byte)
      default: line += "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      }
    }
    line.append(UInt8(ascii: "\""))
  }
}
