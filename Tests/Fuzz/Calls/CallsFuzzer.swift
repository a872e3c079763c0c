internal import QrrotTesting
internal import QrrotWireFuzzing

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCalls(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzRun.check(start, count) { bytes in try CallsFuzzing.check(bytes) }
}
