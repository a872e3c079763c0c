internal import QrrotCore

/// What a change does to what is stored. It decides whether a person is asked, whatever the commands
/// were that led to it.
struct PlanEffect: Sendable {
  /// What becomes of the value.
  enum Content: Sendable {
    case added
    case removed
    /// Only the expiry changes.
    case same
    /// A number, int or JSON, for which another one stands.
    case number
    /// Another value stands in its place.
    case replaced
    /// Some places of a json value differ; they are in the difference.
    case edited(JSONDifference)
  }

  /// What becomes of the expiry of a key that stays.
  enum Expiry: Sendable {
    case same, set, shortened, lengthened, ended
  }

  let content: Content
  let expiry: Expiry

  init(_ change: Plan.Change) {
    switch (change.before, change.after) {
    case (let before?, let after?):
      content = Self.content(before.value, after.value)
      expiry = Self.expiry(before.expiry, after.expiry)
    case (nil, _):
      content = .added
      expiry = .same
    case (_, nil):
      content = .removed
      expiry = .same
    }
  }

  private static func content(_ before: Value, _ after: Value) -> Content {
    if before == after { return .same }
    if before.isNumber, after.isNumber { return .number }
    guard
      let difference = difference(from: before, to: after, placeLimit: shownPlaceLimit)
    else { return .replaced }
    return .edited(difference)
  }

  private static func expiry(_ before: Int64, _ after: Int64) -> Expiry {
    if before == after { return .same }
    if before == 0 { return .set }
    if after == 0 { return .ended }
    return after < before ? .shortened : .lengthened
  }

  /// The places in which two json values differ; nil if they have nothing in common.
  ///
  /// - Parameter placeLimit: how many of them are kept.
  static func difference(
    from before: Value, to after: Value, placeLimit: Int
  ) -> JSONDifference? {
    guard case .json(let first) = before, case .json(let second) = after else { return nil }
    // A text that is too long to be compared is a value replaced.
    let difference = first.withUnsafeBytes { first in
      second.withUnsafeBytes { second in
        try? JSONDifference(from: first, to: second, placeLimit: placeLimit)
      }
    }
    guard let difference, difference.counts.total > 0 else { return nil }
    // One place that has no path is the value itself.
    if difference.counts.total == 1, let place = difference.places.first,
      place.before == 0..<first.count
    {
      return nil
    }
    return difference
  }

  /// How many places of a document are kept to be shown: a plan may have many documents.
  static let shownPlaceLimit = 8

  /// Whether a stored value, or a part of it, is removed or replaced other than a number by a number.
  var destroysContent: Bool {
    switch content {
    case .added, .same, .number: false
    case .removed, .replaced: true
    case .edited(let difference): difference.counts.removed + difference.counts.replaced > 0
    }
  }

  /// Whether the key goes earlier than it would have.
  var destroysByExpiry: Bool { expiry == .set || expiry == .shortened }

  /// Whether any of it is destroyed.
  var destroys: Bool { destroysContent || destroysByExpiry }

  /// How many stored numbers become other numbers.
  var changedNumberCount: Int {
    switch content {
    case .added, .removed, .same, .replaced: 0
    case .number: 1
    case .edited(let difference): difference.counts.numbers
    }
  }
}

extension Value {
  /// Whether it is a number: an int, or a JSON number.
  var isNumber: Bool {
    switch self {
    case .int: true
    case .string: false
    case .json(let text): text.first.map { $0 == UInt8(ascii: "-") || 48...57 ~= $0 } ?? false
    }
  }
}
