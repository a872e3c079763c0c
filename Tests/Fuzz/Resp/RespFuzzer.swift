internal import QrrotTesting
internal import QrrotWireFuzzing

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResp(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzRun.check(start, count) { bytes in try RespFuzzing.check(bytes) }
}
