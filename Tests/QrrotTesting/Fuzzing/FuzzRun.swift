/// The way from libFuzzer to a checked function.
package enum FuzzRun {
  /// Checks one input; what fails ends the process, so that libFuzzer keeps the input.
  ///
  /// - Returns: 0, as libFuzzer wants it.
  package static func check(
    _ start: UnsafePointer<UInt8>?, _ count: Int, _ body: ([UInt8]) throws -> Void
  ) -> CInt {
    do {
      try body(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
      fatalError("\(error)")
    }
    return 0
  }
}
