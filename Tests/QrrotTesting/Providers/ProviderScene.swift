#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An HTTP answer of a provider, as a file of Tests/Fixtures/Providers: status line, headers, an empty
/// line, body; all with LF. The same files are served to the providers' own clients by
/// Tests/Providers/sdk_check.py.
public struct ProviderScene: Equatable, Sendable {
  /// The folder and the name: `gemini/ok`.
  public var name: String
  /// The status.
  public var status: Int
  /// The headers, with their names in small letters.
  public var headers: [(name: String, value: String)]
  /// The body.
  public var body: [UInt8]
  /// Whether the connection breaks behind the body, which is not whole.
  public var isCut: Bool

  /// Whether they are the same.
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.body == right.body
  }

  /// Reads the scene of this name; nil if it is not there or not in the form.
  public init?(_ name: String) {
    self.name = name
    guard let bytes = Self.bytes(ofFile: Self.folder + "/" + name + ".http") else { return nil }
    let lineFeed = UInt8(ascii: "\n")
    guard let end = bytes.firstRange(of: [lineFeed, lineFeed]) else { return nil }
    let lines = bytes[..<end.lowerBound].split(separator: lineFeed)
      .map { String(decoding: $0, as: UTF8.self) }
    guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    self.status = status
    headers = lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[colon...].dropFirst().drop { $0 == " " }))
    }
    isCut = headers.contains { $0.name == "x-scene-end" && $0.value == "cut" }
    headers.removeAll { $0.name == "x-scene-end" }
    body = Array(bytes[end.upperBound...])
  }

  /// The names of all scenes of a folder (`gemini`, `openai`, `anthropic`, `any`), in order.
  public static func names(of provider: String) -> [String] {
    guard let directory = opendir(folder + "/" + provider) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".http") { names.append("\(provider)/\(name.dropLast(5))") }
    }
    return names.sorted()
  }

  /// The scenes' folder.
  public static var folder: String {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/") + "/Fixtures/Providers"
  }

  /// The bytes of a file; nil if it can't be read.
  public static func bytes(ofFile path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Writes a file; whether that worked.
  public static func write(_ bytes: [UInt8], toFile path: String) -> Bool {
    guard let file = fopen(path, "wb") else { return false }
    defer { fclose(file) }
    return fwrite(bytes, 1, bytes.count, file) == bytes.count
  }
}
