internal import QrrotAgent
internal import QrrotCore
internal import SystemPackage

/// A recording that answers are taken from.
struct Recording: Sendable {
  /// The largest one, in bytes (256 MiB).
  static let byteCountMax = 256 << 20

  /// An exchange, and which format it speaks.
  struct Entry: Sendable {
    var format: WireFormat
    var exchange: RecordedExchange
  }

  /// Whom it was made with, as its first line says.
  let format: WireFormat
  /// The model.
  let model: String
  /// The exchanges, in order.
  let entries: [Entry]

  /// Reads a file.
  ///
  /// - Throws: `io`; `refused` for what is no regular file; `too-large`; `syntax`, with the line, for
  ///   what is no recording.
  init(file name: String) throws(QrrotError) {
    let bytes: [UInt8]
    do {
      let file = try FileDescriptor.open(
        FilePath(name), .readOnly, options: [.nonBlocking, .closeOnExec])
      bytes = try file.closeAfter { try Self.read(file, name) }
    } catch let error as QrrotError {
      throw error
    } catch {
      throw QrrotError(.io, "can't read the recording \(name): \(error)")
    }
    try self.init(bytes, name)
  }

  private static func read(_ file: FileDescriptor, _ name: String) throws -> [UInt8] {
    let status = try file.stat()
    guard status.type == .regular else {
      throw QrrotError(.refused, "\(name) is not a regular file; name a recording")
    }
    guard status.size <= byteCountMax else {
      throw QrrotError(.tooLarge, "the recording \(name) is larger than 256 MiB")
    }
    let count = Int(status.size)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(buffer)[filled...]
        let got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: rest))
        if got == 0 { return }
        filled += got
      }
    }
  }

  /// Reads a recording's text.
  ///
  /// - Throws: `syntax`, with the line.
  init(_ bytes: [UInt8], _ name: String) throws(QrrotError) {
    var head: (format: WireFormat, model: String)?
    var entries: [Entry] = []
    for (index, line) in bytes.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    )
    .enumerated() where !line.allSatisfy({ $0 <= 0x20 }) {
      func error(_ what: String) -> QrrotError {
        QrrotError(.syntax, "\(name):\(index + 1): \(what); this is no recording of qrrot")
      }
      guard let json = WireJSON(Array(line)) else { throw error("not JSON") }
      guard head != nil else {
        guard json["qrrot-recording"]?.count == RecordingForm.version else {
          throw error(#"the first line lacks "qrrot-recording":1"#)
        }
        guard let format = json["provider"]?.string.flatMap({ WireFormat(rawValue: $0) }) else {
          throw error("an unknown provider")
        }
        head = (format, json["model"]?.string ?? "unknown")
        continue
      }
      guard let url = json["request"]?["url"]?.string else { throw error("no request") }
      guard let exchange = Self.exchange(json["response"]) else { throw error("no response") }
      // Anything else that was asked, such as for a list of models, is nobody's answer.
      guard let format = Self.format(ofURL: url) else { continue }
      entries.append(Entry(format: format, exchange: exchange))
    }
    guard let head else {
      throw QrrotError(.syntax, "\(name) is empty; this is no recording of qrrot")
    }
    (format, model) = head
    self.entries = entries
  }

  private static func exchange(_ response: WireJSON?) -> RecordedExchange? {
    var exchange = RecordedExchange()
    guard let response else { return exchange }
    guard let status = response["status"]?.count else { return nil }
    exchange.status = status
    response["headers"]?.forEachMember { name, value in
      if let value = value.string {
        exchange.headers.append(WireRequest.Header(name.lowercased(), value))
      }
    }
    exchange.chunks = (response["chunks"]?.elements ?? []).map { Array(($0.string ?? "").utf8) }
    exchange.isCut = response["cut"]?.isTrue ?? false
    exchange.isWithheld = response["withheld"]?.isTrue ?? false
    return exchange
  }

  static func format(ofURL url: String) -> WireFormat? {
    let path = url.prefix { $0 != "?" }
    if path.hasSuffix(":streamGenerateContent") { return .gemini }
    if path.hasSuffix("/chat/completions") { return .openai }
    if path.hasSuffix("/messages") { return .anthropic }
    return nil
  }
}
