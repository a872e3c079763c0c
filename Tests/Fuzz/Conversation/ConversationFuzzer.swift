internal import QrrotServiceFuzzing
internal import QrrotTesting

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConversation(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzRun.check(start, count) { bytes in try ConversationFuzzing.check(bytes) }
}
