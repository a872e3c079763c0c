internal import QrrotCoreFuzzing
internal import QrrotTesting

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPaths(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzRun.check(start, count) { bytes in try PathsFuzzing.check(bytes) }
}
