internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// Several requests of one read.
extension Conversation {
  /// Carries out the requests that ``batch`` has found, as far as there is room for replies.
  ///
  /// - Returns: how many bytes are done with.
  mutating func runBatch(_ bytes: UnsafeRawBufferPointer) -> Int {
    if batch.count > 1 { prefetchKeys(bytes) }
    var done = 0
    var place = 0
    var isPlain = isPlain
    repeat {
      let request = batch[place]
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      if let words = Arguments(rest, request.arguments, byteCount: request.byteCount) {
        if !isPlain || !runShort(words) {
          short.move(to: &writer)
          perform(words)
          // It may have been MULTI, AUTH, begin and the like.
          isPlain = self.isPlain
        }
      }
      done &+= request.byteCount
      place &+= 1
    } while place < batch.count && writer.bytes.count &+ short.count < room && mayGoOn
      && ending == nil
    short.move(to: &writer)
    return done
  }

  /// Whether a command is carried out at once, with nobody else to be told of it.
  private var isPlain: Bool {
    isLoggedIn && queue == nil && replyMode == .on && session.pointee.transaction == nil
      && !session.pointee.keepsUndo && !session.pointee.isReadOnly
      && !service.clients.hasMonitors.load(ordering: .relaxed)
  }

  /// GET and SET in their common form: those that are given most of all.
  ///
  /// - Returns: false if nothing has been done.
  @inline(__always)
  private mutating func runShort(_ words: Arguments) -> Bool {
    guard let entry = index.find(words[0]), tally.isRun(of: entry.command) else { return false }
    switch entry.command {
    case .get where words.count == 2:
      guard getShort(words[1]) else { return false }
      tally.noteLookUp(found: true)
    case .set where words.count == 3:
      guard mayBeNoInteger(words[2]), table.put(string: words[2], forKey: words[1]) else {
        return false
      }
      short.ok()
    default: return false
    }
    tally.noteAgain()
    replyCount &+= 1
    return true
  }

  @inline(__always)
  private mutating func getShort(_ key: UnsafeRawBufferPointer) -> Bool {
    table.withValue(of: key) { type, value in
      guard type == .string, value.count <= ShortReplies.valueByteLimit else { return false }
      short.bulk(value)
      return true
    } ?? false
  }

  /// Whether a text surely is no integer, at a glance.
  @inline(__always)
  private func mayBeNoInteger(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let first = text.first, text.count <= 20 else { return true }
    return first &- UInt8(ascii: "0") > 9 && first != UInt8(ascii: "-")
  }

  /// Asks for what the requests of a batch will read. The second word is the key of nearly all of them,
  /// and does no harm where it is none.
  private func prefetchKeys(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    withUnsafeTemporaryAllocation(
      of: UnsafeRawBufferPointer.self, capacity: RequestBatch.requestLimit
    ) { keys in
      var count = 0
      var start = base
      for place in 0..<batch.count {
        let request = batch[place]
        if request.arguments.count > 1 {
          let key = request.arguments[1]
          keys[count] = UnsafeRawBufferPointer(start: start + key.offset, count: key.byteCount)
          count &+= 1
        }
        start += request.byteCount
      }
      table.prefetch(UnsafeBufferPointer(rebasing: keys[..<count]))
    }
  }
}
