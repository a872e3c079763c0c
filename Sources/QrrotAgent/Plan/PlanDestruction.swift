internal import QrrotCore

/// One reason why a plan is not applied without a yes.
public struct PlanDestruction: Equatable, Sendable {
  /// What is destroyed.
  public enum Reason: Equatable, Sendable {
    /// The key is removed.
    case keyRemoved
    /// Its value is replaced by another one, and not a number by a number.
    case valueReplaced
    /// Members or elements of its value are removed or replaced, and not numbers by numbers.
    case partsLost
    /// It gets an expiry, and had none.
    case expirySet
    /// It expires earlier than before.
    case expiryShortened
    /// The plan touches more than ``Plan/keyLimit`` keys: this many.
    case manyKeys(Int)
  }

  /// What is destroyed.
  public var reason: Reason
  /// The key; nil where it is about the whole plan.
  public var key: [UInt8]?

  /// Makes a reason.
  public init(reason: Reason, key: [UInt8]?) {
    self.reason = reason
    self.key = key
  }
}

extension Plan {
  /// More changed keys than this need a yes by their number alone.
  public static let keyLimit = 100

  /// Why it needs a yes, in the order of the keys; empty if nothing is destroyed.
  ///
  /// Destroyed is: a key removed; a stored value, or a part of one, removed or replaced, except a number
  /// by a number; an expiry set or shortened; more than ``keyLimit`` keys touched. It is decided by what
  /// the database holds before and after, never by commands. What a comparison of two JSON texts can't
  /// explain (``JSONDifference``) counts as replaced.
  ///
  /// - Complexity: O(changes).
  public var destroys: [PlanDestruction] {
    var destructions: [PlanDestruction] = []
    for (change, effect) in zip(changes, effects) {
      if let reason = effect.contentReason {
        destructions.append(PlanDestruction(reason: reason, key: change.key))
      }
      if effect.destroysByExpiry {
        destructions.append(
          PlanDestruction(
            reason: effect.expiry == .set ? .expirySet : .expiryShortened, key: change.key))
      }
    }
    if changes.count > Self.keyLimit {
      destructions.append(PlanDestruction(reason: .manyKeys(changes.count), key: nil))
    }
    return destructions
  }

  /// Whether it needs a yes: whether ``destroys`` has a reason.
  public var isDestructive: Bool {
    changes.count > Self.keyLimit || effects.contains(where: \.destroys)
  }

  /// How many changes destroy something.
  public var destroyingChangeCount: Int { effects.count(where: \.destroys) }

  /// How many stored numbers become other numbers, inside json values too.
  public var changedNumberCount: Int { effects.reduce(0) { $0 + $1.changedNumberCount } }

  /// What `undo` needs to take it back; beyond ``Limits/undoByteCount`` it can't.
  public var beforeImageByteCount: Int {
    changes.reduce(0) { sum, change in
      sum
        + UndoLog.imageByteCount(
          keyByteCount: change.key.count,
          valueByteCount: change.before?.value.storedByteCount ?? 0,
          hasExpiry: change.before.map { $0.expiry != 0 } ?? false)
    }
  }
}

extension PlanEffect {
  fileprivate var contentReason: PlanDestruction.Reason? {
    guard destroysContent else { return nil }
    switch content {
    case .removed: return .keyRemoved
    case .edited: return .partsLost
    case .added, .same, .number, .replaced: return .valueReplaced
    }
  }
}
