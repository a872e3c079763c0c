/// What the evaluation of paths and filters needs besides the document: memory that is used again
/// from document to document, a budget of steps, and a request to stop.
///
/// One for each command and thread. Making one allocates nothing.
///
/// A step is about ten nanoseconds of work: to look at one child, or at 64 bytes. A command may take
/// as many steps as ``JSONScratch/defaultStepLimit``, and a few more for every byte of every document:
/// so the time of a search over many documents is bounded by their size, and only paths whose work
/// grows beyond that, such as `$..*..*..*`, meet the limit.
public struct JSONScratch {
  /// The steps that a command may take beyond those that its documents' bytes allow.
  public static var defaultStepLimit: Int { 100_000_000 }

  /// The steps that each byte of a document allows.
  static let stepsPerByte = 4
  /// After so many steps the interrupt is looked at.
  private static let stepsBetweenChecks = 4_096

  private let interrupt: Interrupt?
  /// Steps that may be taken before the next look at the interrupt.
  private var credit = 0
  /// Steps that may be taken after those.
  private var stepsLeft: Int

  /// The containers that are being walked over, the innermost last.
  var frames: [PathFrame] = []
  /// The members of those of them that are objects.
  var members: [JSONMember] = []
  /// For each filter at work: where the members are with whose names its queries begin; 0 for none.
  var slots: [Int] = []
  /// How many of ``slots`` are in use; the array never shrinks.
  var slotCount = 0
  /// The containers whose equality is being looked at, the innermost last.
  var equalityFrames: [EqualityFrame] = []
  /// The patterns that were used last, each with what its matcher has learnt.
  var patterns: [PatternEntry] = []
  /// Which of those is replaced next.
  var nextPattern = 0
  /// A string without its escapes.
  var unescaped: [UInt8] = []

  /// Makes one whose work ends with `interrupted` when `interrupt` is raised, and with `budget` past
  /// `stepLimit` steps.
  public init(interrupt: Interrupt? = nil, stepLimit: Int = JSONScratch.defaultStepLimit) {
    self.interrupt = interrupt
    stepsLeft = max(0, stepLimit)
  }

  /// Allows the steps that a document of `byteCount` bytes adds.
  @inline(__always)
  mutating func beginDocument(byteCount: Int) {
    stepsLeft += byteCount &* Self.stepsPerByte &+ 16
    // What an error has left behind.
    slotCount = 0
  }

  /// Takes `count` steps.
  ///
  /// - Throws: `budget`, `interrupted`.
  @inline(__always)
  mutating func step(_ count: Int = 1) throws(QrrotError) {
    credit &-= count
    if credit < 0 { try refill() }
  }

  /// Hands the steps that are left to `body`, which takes some of them.
  ///
  /// - Throws: `budget` if they were not enough, `interrupted`.
  mutating func withSteps<T>(_ body: (inout JSONScratch, inout Int) -> T) throws(QrrotError) -> T {
    try interrupt?.check()
    let before = max(0, credit) + stepsLeft
    var left = before
    let result = body(&self, &left)
    try step(before - left)
    return result
  }

  @inline(never)
  private mutating func refill() throws(QrrotError) {
    try interrupt?.check()
    guard stepsLeft + credit >= 0 else {
      throw QrrotError(
        .budget,
        "the path or filter took more steps than its documents allow and was stopped; use fewer "
          + "segments with .. or *, name the members on the way, or give a narrower pattern of keys"
      )
    }
    stepsLeft += credit
    credit = min(stepsLeft, Self.stepsBetweenChecks)
    stepsLeft -= credit
  }
}

/// The members with whose names a filter's queries begin: a part of ``JSONScratch/slots``.
struct FilterSlots {
  var start = 0
}

/// A container in the walk over a document.
struct PathFrame {
  /// The offset of its opening bracket.
  var start: Int
  /// The segment that is applied to it.
  var segment: Int
  /// The selector of that segment that is at work; past the last one, a descendant segment goes down.
  var selector: Int
  /// Where the walk over the children stands: in an array the offset of the next element, in an
  /// object an index into the members. -1 before it has begun.
  var position = -1
  /// The index of the next element.
  var index = 0
  /// For a slice: the index from which on, by the step, elements are wanted, and where they end.
  var wanted = 0
  var limit = 0
  /// The frame's members begin here in ``JSONScratch/members``...
  var membersStart: Int
  /// ... and are there already.
  var hasMembers = false
  var isObject: Bool
}

/// A member of an object.
struct JSONMember {
  let hash: UInt32
  // 32 bits are enough: see JSONBytes.maximumCount.
  private let nameOffset: UInt32
  private let valueOffset: UInt32

  init(hash: UInt64, name: Int, value: Int) {
    self.hash = UInt32(truncatingIfNeeded: hash)
    nameOffset = UInt32(truncatingIfNeeded: name)
    valueOffset = UInt32(truncatingIfNeeded: value)
  }

  /// The offset of the name's opening quote.
  var name: Int { Int(nameOffset) }
  /// The offset of the value.
  var value: Int { Int(valueOffset) }
}
