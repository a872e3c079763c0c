internal import QrrotStore

/// The inputs in `Tests/Fuzz/Corpus`: those with which each fuzzer begins, and which every run of
/// the tests plays once.
package enum FuzzCorpus {
  /// The name and the bytes of every input, in order of the names.
  ///
  /// - Parameter fuzzer: The folder: `log`, `snapshot`, `commands`, `paths`, `resp` or `conversation`.
  package static func inputs(of fuzzer: String) throws -> [(name: String, bytes: [UInt8])] {
    let tests = DiskPath(#filePath).parent.parent.parent
    let folder = try POSIXDisk().openFolder(
      tests.appending("Fuzz").appending("Corpus").appending(fuzzer))
    return try folder.names().sorted().map { name in
      let file = try folder.open(name, .read)
      var bytes = [UInt8](repeating: 0, count: Int(try file.status().byteCount))
      let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
      return (name, Array(bytes[..<count]))
    }
  }
}
