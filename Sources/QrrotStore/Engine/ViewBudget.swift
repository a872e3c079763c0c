internal import Synchronization

/// How much may be kept for views whose readers take their time.
///
/// Any thread may use it.
public final class ViewBudget: Sendable {
  /// The bytes that may be kept, for one view or for all.
  let byteCount: Int
  private let totalByteCount: Int
  private let total = Atomic<Int>(0)
  private let others = Atomic<Int>(0)

  /// Makes a budget.
  ///
  /// - Parameters:
  ///   - byteCount: the bytes that may be kept, for one view or for all. A value that several keep is counted
  ///     once.
  ///   - totalByteCount: the same, together with what ``addOthers(_:)`` counts.
  public init(byteCount: Int, totalByteCount: Int) {
    self.byteCount = byteCount
    self.totalByteCount = totalByteCount
  }

  /// How many bytes are kept.
  public var used: Int { total.load(ordering: .relaxed) }

  /// Notes that something else takes so many bytes more (or fewer) of the total; it is not refused.
  public func addOthers(_ byteCount: Int) { others.add(byteCount, ordering: .relaxed) }

  /// Takes so many bytes.
  ///
  /// - Returns: whether there were so many left; nothing is taken if not.
  func take(_ byteCount: Int) -> Bool {
    let (_, after) = total.add(byteCount, ordering: .relaxed)
    let isTooMuch =
      after > self.byteCount || after + others.load(ordering: .relaxed) > totalByteCount
    if isTooMuch { giveBack(byteCount) }
    return !isTooMuch
  }

  /// Gives back what was taken.
  func giveBack(_ byteCount: Int) { total.subtract(byteCount, ordering: .relaxed) }

  /// Takes so many bytes for as long as what is returned is there.
  ///
  /// - Returns: nil if there are not so many left.
  func charge(_ byteCount: Int) -> Charge? { take(byteCount) ? Charge(self, byteCount) : nil }

  /// Bytes that have been taken.
  final class Charge: Sendable {
    private let budget: ViewBudget
    private let byteCount: Int

    fileprivate init(_ budget: ViewBudget, _ byteCount: Int) {
      self.budget = budget
      self.byteCount = byteCount
    }

    deinit { budget.giveBack(byteCount) }
  }
}
