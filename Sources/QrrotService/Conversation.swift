public import QrrotCore
internal import QrrotParser
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// What one client says and is answered: bytes in, bytes out.
///
/// It knows no network. Its owner hands it the bytes that have come (``receive(_:)``), sends what is in
/// ``output`` once ``isSettled`` says that it may be shown, and closes the connection when ``ending`` is set
/// and all has been sent. It is used by one thread at a time.
public struct Conversation: ~Copyable {
  /// Why a connection is to be closed, once what was answered has been sent.
  public enum Ending: Sendable, Equatable {
    /// The client has asked for it.
    case quit
    /// What came can't be read on.
    case fault(String)
  }

  let service: Service
  let client: ClientRecord
  // Behind a pointer, so that it can be handed to the engine while the rest of this is used; it is made
  // here and given back in `deinit`.
  let session: UnsafeMutablePointer<Session>
  var reader: RequestReader
  var batch = RequestBatch()
  /// Replies of a batch on their way to ``writer``.
  var short = ShortReplies()
  var shortLines = ShortLineBatch()
  /// The table, for the common commands; `service` keeps its engine.
  let table: ShortPath
  let index = RedisCommandIndex.shared
  var writer = ReplyWriter()
  /// What is left of a reply that comes in parts; nothing else is answered before it is over.
  var stream: (any ReplyStream)?
  /// Up to where ``output`` is of such a reply alone, and the last commit that it speaks of.
  var streamedEnd = 0
  var streamedCommit: UInt64 = 0
  /// The replies of this call may fill so many bytes.
  var room = 0
  /// Whether the client has logged in, or need not.
  var isLoggedIn: Bool
  /// The commands that MULTI has queued; nil outside of it.
  var queue: CommandQueue?
  /// What WATCH looks at.
  var watched = WatchedKeys()
  /// What the last command waits for that another thread does; see ``isWaiting``.
  var pendingReply: PendingReply?
  /// Whether a command has been refused for want of memory since this was last set to false.
  var isOutOfMemory = false
  /// Whether replies are sent at all; see `CLIENT REPLY`.
  var replyMode = ReplyMode.on
  /// For lines of our own language.
  var language = LanguageState()
  /// How much of what is kept for it is counted; see ``countKept()``.
  var countedByteCount = 0
  /// For a shell far away, once it has said so.
  var calls: CallDesk?
  /// Whether a call runs beside; see ``isWaiting``.
  var isCallRunning = false
  /// How many commands have been answered in ``output``.
  public internal(set) var replyCount = 0
  var tally = CommandTally()

  /// Why the connection is to be closed once all has been sent; nil as long as it goes on.
  public internal(set) var ending: Ending?
  /// For how long neither what is answered is to be sent nor anything read, in milliseconds.
  public internal(set) var delayMilliseconds = 0
  /// Whether bytes that have come were left alone because replies wait, or a reply has more to come:
  /// ``receive(_:)`` is to be called again, with what is left, when some have been sent.
  public private(set) var isBlocked = false
  /// Whether ``receive(_:)`` is to be called again when others have had their turn, though nothing was
  /// answered.
  public internal(set) var wantsTurn = false
  /// Whether ``output`` begins in the midst of a reply.
  public private(set) var outputContinues = false

  /// Begins to speak with a client.
  public init(_ service: Service, _ client: ClientRecord) {
    self.service = service
    self.client = client
    table = service.engine.shortPath
    isLoggedIn = service.configuration.password == nil
    session = .allocate(capacity: 1)
    session.initialize(to: Session(isReadOnly: service.configuration.isReadOnly))
    // A client of Redis has no undo, and so does not pay for it; see `language`.
    session.pointee.keepsUndo = false
    session.pointee.stagedByteLimit = Self.stagedByteLimit
    reader = RequestReader(
      limits: service.requestLimits(isLoggedIn: isLoggedIn), isInlineWord: Self.isInlineWord)
    client.isLoggedIn.store(isLoggedIn, ordering: .relaxed)
  }

  deinit {
    service.countInput(-countedByteCount)
    client.calls.abandon()
    if let queue { service.countInput(-queue.byteCount) }
    session.deinitialize(count: 1)
    session.deallocate()
  }

  /// What a transaction over the network may stage.
  private static var stagedByteLimit: Int { 64 << 20 }

  /// What is to be sent; who sends it calls ``outputWasTaken()``.
  public var output: [UInt8] {
    @inline(__always) get { writer.bytes }
  }

  /// Whether there is anything in ``output``.
  public var hasOutput: Bool {
    @inline(__always) get { !writer.bytes.isEmpty }
  }

  /// Hands ``output`` to `body` where it is; it is not to be kept.
  public borrowing func withOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
    writer.bytes.withUnsafeBytes(body)
  }

  /// Whether the client has logged in, or need not.
  public var isKnown: Bool { isLoggedIn }

  /// Goes on after ``delayMilliseconds``.
  public mutating func endDelay() { delayMilliseconds = 0 }

  /// A last error in the form that the client understands.
  public func farewell(_ message: String) -> [UInt8] {
    replies(1, saying: QrrotError(.auth, message))
  }

  /// Forgets what is in ``output``, keeping its memory unless it is large.
  ///
  /// - Returns: how many replies that was.
  @discardableResult
  public mutating func outputWasTaken() -> Int {
    defer { replyCount = 0 }
    outputContinues = isMidReply
    streamedEnd = 0
    writer.bytes.removeAll(keepingCapacity: writer.bytes.count <= Self.keptByteCount)
    return replyCount
  }

  private static var keptByteCount: Int { 8 << 10 }

  /// The last commit that what has been answered so far may speak of; see ``Service/isSettled(_:)``.
  public var seenCommit: UInt64 {
    guard service.engine.needsSettling else { return 0 }
    let isStreamed = streamedEnd > 0 && streamedEnd == writer.bytes.count
    return isStreamed ? streamedCommit : service.engine.lastCommit
  }

  /// Carries out what has come, as far as there is room for replies.
  ///
  /// - Parameter input: all bytes that have come and were not done with; those that are done with may be
  ///   changed.
  /// - Returns: how many bytes from the front are done with.
  /// - Complexity: O(bytes) and what the commands take; bytes that come one by one cost no more.
  public mutating func receive(_ input: UnsafeMutableRawBufferPointer) -> Int {
    var done = 0
    // Up to where lines have been looked through for their keys.
    var lookedAhead = 0
    isBlocked = false
    wantsTurn = false
    // Others have their turn between two parts.
    var hasStreamed = false
    room = service.replyBudget.room(held: client.outputByteCount.load(ordering: .relaxed))
    room = min(room, isLoggedIn ? Self.turnByteCount : Self.roomBeforeLogin)
    while ending == nil, done < input.count || stream != nil {
      guard mayGoOn else {
        if stream != nil, !hasStreamed {
          hasStreamed = true
          continueStream()
          continue
        }
        isBlocked = true
        break
      }
      let rest = UnsafeMutableRawBufferPointer(rebasing: input[done...])
      if reader.mayBatch, batch.read(UnsafeRawBufferPointer(rest)) > 0 {
        done += runBatch(UnsafeRawBufferPointer(rest))
        continue
      }
      if takesShortLines {
        let byteCount = runShortLines(
          UnsafeRawBufferPointer(rest), prefetches: done >= lookedAhead)
        done += byteCount
        if byteCount > 0 { continue }
      }
      if reader.kind == .lines, done >= lookedAhead {
        lookedAhead = done + prefetchKeys(ofLinesIn: UnsafeRawBufferPointer(rest))
      }
      do throws(ProtocolError) {
        let step = try reader.next(rest)
        guard step.outcome != .more else { break }
        run(step, rest)
        done += step.byteCount
      } catch {
        stop(for: error)
      }
    }
    if ending != nil { done = input.count }
    noteActivity(input: done)
    return done
  }

  /// Whether there is room for another reply, and nothing that it has to wait for.
  @inline(__always)
  var mayGoOn: Bool {
    writer.bytes.count < room && stream == nil && delayMilliseconds == 0 && !isWaiting
  }

  /// Carries out what one step has found.
  private mutating func run(_ step: RequestReader.Step, _ bytes: UnsafeMutableRawBufferPointer) {
    switch step.outcome {
    case .more, .nothing: break
    case .command:
      let items = reader.takeArguments()
      items.withUnsafeBufferPointer { places in
        if let words = Arguments(UnsafeRawBufferPointer(bytes), places, byteCount: step.byteCount) {
          perform(words)
        }
      }
      reader.giveBack(items)
    case .line(let range):
      runLine(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// What a client is answered in one call, so that others have their turn: a few bytes of requests can ask
  /// for very many of replies.
  private static var turnByteCount: Int { 1 << 20 }

  /// What a client is answered at a time that has not logged in.
  private static var roomBeforeLogin: Int { 4 << 10 }

  /// Carries out one command, as loudly as the client wants it.
  @inline(__always)
  mutating func perform(_ words: Arguments) {
    if replyMode == .on { run(words) } else { runQuietly(words) }
  }

  private mutating func noteActivity(input: Int) {
    tally.flush(to: service.statistics)
    service.statistics.inputBytes.add(input, ordering: .relaxed)
    if tally.isNew {
      tally.isNew = false
      client.lastActive.store(service.configuration.clock.milliseconds(), ordering: .relaxed)
      client.lastCommand.store(tally.lastCommand, ordering: .relaxed)
    }
  }

  private mutating func stop(for error: ProtocolError) {
    error.appendReply(to: &writer.bytes)
    ending = .fault(error.message)
    service.journal.note(
      .protocolFault(id: client.id, address: client.address, reason: error.message))
  }

  /// Replies that take the place of `count` others which must not be sent.
  public func replies(_ count: Int, saying error: QrrotError) -> [UInt8] {
    if calls != nil { return callReplies(count, saying: error) }
    var writer = ReplyWriter(version: self.writer.version)
    for _ in 0..<count {
      if reader.kind == .lines {
        writer.bytes.append(contentsOf: "\(error)\n".utf8)
      } else {
        writer.error(error.message, code: Self.code(of: error))
      }
    }
    return writer.bytes
  }

  /// Whether a first line that begins with this word is one of Redis' inline commands. What is a word of
  /// both languages is ours.
  private static let isInlineWord: @Sendable (UnsafeRawBufferPointer) -> Bool = { word in
    guard RedisCommandIndex.shared.find(word) != nil else { return false }
    let text = String(decoding: word, as: UTF8.self).lowercased()
    return text != "auth" && !CommandName.allCases.contains { $0.text == text }
  }
}

/// What a conversation counts between two looks at the common counters.
struct CommandTally {
  private var commands = 0
  private var errors = 0
  private var hits = 0
  private var misses = 0
  private(set) var lastCommand: UInt8 = 255
  private var runLength = 0
  var isNew = false

  /// Whether a command is the one before it once more.
  @inline(__always)
  func isRun(of command: RedisCommand) -> Bool { command.rawValue == lastCommand }

  /// Notes a command for which ``isRun(of:)``.
  @inline(__always)
  mutating func noteAgain() {
    commands &+= 1
    runLength &+= 1
    isNew = true
  }

  /// Notes any command.
  mutating func note(_ command: RedisCommand, _ statistics: ServiceStatistics) {
    if command.rawValue != lastCommand {
      flushRun(statistics)
      lastCommand = command.rawValue
    }
    noteAgain()
  }

  mutating func noteLine() {
    commands += 1
    isNew = true
  }

  mutating func noteError() { errors += 1 }
  mutating func noteLookUp(found: Bool) {
    if found { hits &+= 1 } else { misses &+= 1 }
  }

  private mutating func flushRun(_ statistics: ServiceStatistics) {
    guard runLength > 0 else { return }
    statistics.calls[Int(lastCommand)].value.add(runLength, ordering: .relaxed)
    runLength = 0
  }

  mutating func flush(to statistics: ServiceStatistics) {
    flushRun(statistics)
    func add(_ counter: borrowing Atomic<Int>, _ count: inout Int) {
      if count > 0 { counter.add(count, ordering: .relaxed) }
      count = 0
    }
    add(statistics.commands, &commands)
    add(statistics.errors, &errors)
    add(statistics.hits, &hits)
    add(statistics.misses, &misses)
  }
}
