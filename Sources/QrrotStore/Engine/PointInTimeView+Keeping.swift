internal import QrrotCore

/// What is kept for a view.
extension PointInTimeView {
  /// A value that several views may keep.
  struct SharedValue {
    private(set) var bytes: [UInt8]?
    private var charge: ViewBudget.Charge?

    /// Copies the value, if no other view has done so.
    mutating func take(
      _ value: UnsafeRawBufferPointer, _ budget: ViewBudget?
    ) -> (bytes: [UInt8], charge: ViewBudget.Charge?)? {
      if let budget, charge == nil {
        charge = budget.charge(value.count)
        if charge == nil { return nil }
      }
      let copy = bytes ?? Array(value)
      bytes = copy
      return (copy, budget == nil ? nil : charge)
    }
  }

  /// Whether nothing has to be kept of `key`.
  @inline(__always)
  func ignores(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
    if !needs.scope.contains(hash) { return true }
    return !passedKey.isEmpty && passedKey.withRawBytes { compareBytes(key, $0) <= 0 }
  }

  /// Keeps what a key held, or that it has nothing to hand out.
  func keep(
    _ name: [UInt8], _ record: QrrotStore.Record?, _ shared: inout SharedValue
  ) {
    let value = needs.keepsValues ? record?.value : nil
    let nameByteCount = name.count + Self.imageByteCount
    let byteCount = nameByteCount + (value?.count ?? 0)
    if let budget = needs.budget {
      // What it shares with others is its own here.
      guard keptByteCount + byteCount <= budget.byteCount, budget.take(nameByteCount) else {
        return overrun()
      }
      chargedByteCount += nameByteCount
    }
    guard let record else {
      keptByteCount += nameByteCount
      images[name] = Image.none
      return
    }
    var image: (bytes: [UInt8], charge: ViewBudget.Charge?) = ([], nil)
    if let value {
      guard let taken = shared.take(value, needs.budget) else { return overrun() }
      image = taken
    }
    keptByteCount += byteCount
    images[name] = .value(
      image.bytes, record.type, version: record.version, expiry: record.expiry,
      charge: image.charge)
    waitingKeys.append(name)
  }

  /// Forgets the value that was kept of a key, which has been handed out.
  func release(_ name: [UInt8]) {
    if case .value(let bytes, _, _, _, _)? = images[name] { keptByteCount -= bytes.count }
    images[name] = Image.none
  }

  /// Notes that keys up to this one, in byte order, will not be asked for again.
  func pass(_ key: UnsafeRawBufferPointer) {
    passedKey = Array(key)
    if hasImages, hasImage(of: key) { release(passedKey) }
  }

  /// Gives up: what is kept is freed, and nothing is kept any more.
  private func overrun() {
    isOverrun = true
    cursor = nil
    memoryWalk = nil
    images = [:]
    waitingKeys = []
    needs.budget?.giveBack(chargedByteCount)
    chargedByteCount = 0
  }

  /// What an image takes beside its bytes, about.
  private static var imageByteCount: Int { 128 }
}

extension EngineState {
  /// Leaves behind, for every open view that needs it, what `key` holds. Call it before each change of
  /// a key while there are views.
  ///
  /// - Parameters:
  ///   - record: what the table holds under `key` now.
  ///   - bringsBack: whether the change is an undo's, which gives the key a version that is not new.
  ///   - isDue: whether it is no change, but the key's time that is up.
  func preserve(
    _ key: UnsafeRawBufferPointer, hash: UInt64, _ record: Record?, bringsBack: Bool = false,
    isDue: Bool = false
  ) {
    var shared = PointInTimeView.SharedValue()
    for view in views {
      guard let cursor = view.cursor, !keyspace.isBefore(hash, cursor),
        !view.ignores(key, hash: hash)
      else { continue }
      if isDue, !view.needs.keepsDue { continue }
      let wasThere =
        record.map { $0.version <= view.version && !$0.isDue(at: view.moment) } ?? false
      // What the walk in the order of memory has visited has been handed out. If it gets an old version,
      // perhaps elsewhere, it would be again.
      let isHandedOut = wasThere && record.map { view.hasVisited($0) } ?? false
      if isHandedOut, !bringsBack { continue }
      // What was not there needs nothing as long as it carries a version newer than the view's.
      guard wasThere || bringsBack else { continue }
      let name = Array(key)
      guard view.images[name] == nil else { continue }
      view.keep(name, wasThere && !isHandedOut ? record : nil, &shared)
    }
  }
}
