import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The arguments as the system handed them over.
///
/// The argument parser sees strings, in which bytes that are not UTF-8 have been replaced; a command
/// that stores such bytes must not store their replacements.
enum RawArgument {
  /// The bytes of the argument that reads as `text`.
  static func bytes(of text: String) -> [UInt8] {
    guard text.unicodeScalars.contains("\u{FFFD}") else { return Array(text.utf8) }
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      if String(cString: argument) == text {
        return UnsafeBufferPointer(start: argument, count: strlen(argument)).map {
          UInt8(bitPattern: $0)
        }
      }
    }
    return Array(text.utf8)
  }

  /// The file that the argument which reads as `text` names.
  static func path(of text: String) -> FilePath {
    let name = bytes(of: text).map { CInterop.PlatformChar(bitPattern: $0) } + [0]
    return FilePath(platformString: name)
  }
}
