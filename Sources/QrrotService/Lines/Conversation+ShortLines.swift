internal import QrrotCore
internal import QrrotParser
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// The short lines that stand complete at the front of some bytes, found in one pass; see `ShortLine`.
struct ShortLineBatch: ~Copyable {
  // Memory that is taken with the first line: most clients speak another language.
  private var lines: UnsafeMutablePointer<ShortLine>?
  private(set) var count = 0

  init() {}

  deinit { lines?.deallocate() }

  subscript(index: Int) -> ShortLine {
    @inline(__always)
    get {
      guard let lines, index >= 0, index < count else { preconditionFailure("no such line") }
      return lines[index]
    }
  }

  /// Finds the lines at the front of `input`; they are good as long as its bytes.
  ///
  /// - Returns: how many there are.
  /// - Complexity: O(bytes of the lines).
  mutating func read(_ input: UnsafeRawBufferPointer) -> Int {
    let lines = self.lines ?? .allocate(capacity: RequestBatch.requestLimit)
    self.lines = lines
    count = 0
    var position = 0
    while count < RequestBatch.requestLimit,
      let line = ShortLine(UnsafeRawBufferPointer(rebasing: input[position...]))
    {
      // A value without a destructor: its place may be written over.
      (lines + count).initialize(to: line)
      position &+= line.byteCount
      count &+= 1
    }
    return count
  }
}

/// Several plain lines of one read.
extension Conversation {
  /// Whether ``runShortLines(_:prefetches:)`` may carry out what comes next.
  @inline(__always)
  var takesShortLines: Bool {
    reader.mayReadLines(ofAtMost: ShortLine.byteLimit) && isLoggedIn
      && session.pointee.transaction == nil && !session.pointee.isReadOnly
      && !service.clients.hasMonitors.load(ordering: .relaxed)
  }

  /// Carries out the lines at the front of `bytes` that are short, as far as there is room for replies.
  ///
  /// - Parameter prefetches: whether nobody has asked yet for what they will read.
  /// - Returns: how many bytes are done with; 0 if the first line is another one.
  mutating func runShortLines(_ bytes: UnsafeRawBufferPointer, prefetches: Bool) -> Int {
    guard shortLines.read(bytes) > 0 else { return 0 }
    if prefetches, shortLines.count > 1 { prefetchKeysOfShortLines() }
    client.protocolVersion.store(0, ordering: .relaxed)
    var done = 0
    var place = 0
    // What can be undone takes memory; see `requireClientMemory()`.
    let mayPut = service.refusalOfInput(0) == nil
    repeat {
      let line = shortLines[place]
      if line.isPut ? mayPut && putShort(line) : getShort(line) {
        tally.noteLine()
        replyCount &+= 1
      } else {
        short.move(to: &writer)
        if line.isPut && mayPut {
          putAnywhere(line)
        } else if line.isPut || !getAnywhere(line) {
          let end = done &+ line.byteCount &- line.endByteCount
          runLine(UnsafeRawBufferPointer(rebasing: bytes[done..<end]))
        }
      }
      done &+= line.byteCount
      place &+= 1
    } while place < shortLines.count && writer.bytes.count &+ short.count < room && mayGoOn
    short.move(to: &writer)
    countKept()
    return done
  }

  @inline(__always)
  private mutating func getShort(_ line: ShortLine) -> Bool {
    table.withValue(of: line.key) { type, value in type == .string && short.quoted(value) } ?? false
  }

  @inline(__always)
  private mutating func putShort(_ line: ShortLine) -> Bool {
    guard table.put(string: line.value, forKey: line.key, undo: &session.pointee.undo) else {
      return false
    }
    short.plainOK()
    return true
  }

  /// The same for any key and any value that is not long.
  @inline(never)
  private mutating func getAnywhere(_ line: ShortLine) -> Bool {
    let isAnswered = answer(valueOf: line.key)
    guard isAnswered != false else { return false }
    if isAnswered == nil { writer.bytes.append("(nil)\n") }
    tally.noteLine()
    replyCount &+= 1
    return true
  }

  /// The same for any key.
  @inline(never)
  private mutating func putAnywhere(_ line: ShortLine) {
    session.pointee.keepsUndo = true
    tally.noteLine()
    replyCount &+= 1
    do throws(QrrotError) {
      var access = service.engine.access(session)
      try access.put(line.key, .string, line.value)
      writer.bytes.append("OK\n")
    } catch {
      answer(error)
    }
  }

  private func prefetchKeysOfShortLines() {
    withUnsafeTemporaryAllocation(
      of: UnsafeRawBufferPointer.self, capacity: RequestBatch.requestLimit
    ) { keys in
      let count = shortLines.count
      for place in 0..<count { keys[place] = shortLines[place].key }
      table.prefetch(UnsafeBufferPointer(rebasing: keys[..<count]))
    }
  }
}
