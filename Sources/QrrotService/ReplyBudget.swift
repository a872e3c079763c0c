internal import QrrotStore
internal import Synchronization

/// The memory that replies may take which have not been sent yet, together with what is kept so that long
/// ones can be.
///
/// Who has little waiting is always answered; so a few clients that never read can't keep others from
/// theirs.
public final class ReplyBudget: Sendable {
  private let clientByteCount: Int
  private let totalByteCount: Int
  private let total = Atomic<Int>(0)
  /// What is kept for clients that read a long reply slowly while others change what it reads.
  let views: ViewBudget

  init(clientByteCount: Int, totalByteCount: Int) {
    self.clientByteCount = clientByteCount
    self.totalByteCount = totalByteCount
    views = ViewBudget(byteCount: clientByteCount, totalByteCount: totalByteCount)
  }

  /// How many bytes wait for all clients.
  public var used: Int { total.load(ordering: .relaxed) }

  /// Notes that so many bytes more (or fewer) wait.
  public func add(_ byteCount: Int) {
    total.add(byteCount, ordering: .relaxed)
    views.addOthers(byteCount)
  }

  /// How many bytes more may be answered to a client for whom `held` bytes wait already.
  public func room(held: Int) -> Int {
    let own = clientByteCount - held
    let common = totalByteCount - used - views.used
    return max(Self.leastByteCount - held, min(own, common))
  }

  /// What everybody may have waiting.
  private static var leastByteCount: Int { 16 << 10 }
}
