internal import QrrotWireFuzzing

/// Runs an empty input before libFuzzer looks, so that what happens once in a process does not count
/// as the coverage of the first one.
///
/// This is a file of its own also because Swift takes a module of one file for a script, which has a
/// `main` that libFuzzer's would clash with.
@_cdecl("LLVMFuzzerInitialize")
public func initializeCallsFuzzer(
  _ argumentCount: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  _ = try? CallsFuzzing.check([])
  return 0
}
