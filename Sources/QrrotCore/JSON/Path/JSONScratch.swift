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
  /// The containers whose equality is being looked at, the innermost last.
  var equalityFrames: [EqualityFrame] = []

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
  }

  /// Takes `count` steps.
  ///
  /// - Throws: `budget`, `interrupted`.
  @inline(__always)
  mutating func step(_ count: Int = 1) throws(QrrotError) {
    credit &-= count
    if credit < 0 { try refill() }
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

/// A member of an object that no later one of the same name replaces; or an element.
struct JSONMember {
  var hash: UInt64
  /// The offset of the name's opening quote.
  var name: Int
  /// The offset of the value.
  var value: Int
}
