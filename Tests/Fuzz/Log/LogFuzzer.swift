internal import QrrotStoreFuzzing
internal import QrrotTesting

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLog(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzRun.check(start, count) { bytes in try LogFuzzing.check(bytes) }
}
