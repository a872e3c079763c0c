import Foundation
import QrrotCore
import QrrotTesting

/// One command of the model test.
enum ModelCommand {
  case put(String, Value)
  case get(String)
  case del([String])
  case exists([String])
  case type(String)
  case add(String, Int64, isNegative: Bool)
  /// The same at a member of a json value.
  case getPart(String, member: String)
  case putPart(String, member: String, Int64)
  case addPart(String, member: String, Int64, isNegative: Bool)
  case delPart(String, member: String)
  case all(String?)
  case keys(String?)
  case size, clear, begin, commit, rollback
  case undo(Int)
  case expire(String, Int64), ttl(String), persist(String)
  /// A time so many milliseconds from now.
  case expireat(String, Int64)
  /// A get and a put of a string as embedders make them.
  case look(String), embed(String, [UInt8])

  var isWrite: Bool {
    switch self {
    case .put, .del, .add, .clear, .undo, .expire, .expireat, .persist: true
    case .putPart, .addPart, .delPart: true
    default: false
    }
  }

  /// As it is typed at this time. Patterns are a prefix and a star.
  func line(at now: Int64) -> [UInt8] {
    switch self {
    case .expire(let key, let seconds): return Array("expire \(key) \(seconds)".utf8)
    case .expireat(let key, let distance): return Array("expireat \(key) \(now + distance)".utf8)
    case .ttl(let key): return Array("ttl \(key)".utf8)
    case .persist(let key): return Array("persist \(key)".utf8)
    case .put(let key, let value):
      var line = Array("put \(key) ".utf8)
      TextForm.append(value, to: &line)
      return line
    case .get(let key): return Array("get \(key)".utf8)
    case .del(let keys): return Array("del \(keys.joined(separator: " "))".utf8)
    case .exists(let keys): return Array("exists \(keys.joined(separator: " "))".utf8)
    case .type(let key): return Array("type \(key)".utf8)
    case .add(let key, let by, let isNegative):
      return Array("\(isNegative ? "decr" : "incr") \(key) \(by)".utf8)
    case .getPart(let key, let member): return Array("get \(key) $.\(member)".utf8)
    case .putPart(let key, let member, let number):
      return Array("put \(key) $['\(member)'] \(number)".utf8)
    case .addPart(let key, let member, let by, let isNegative):
      return Array("\(isNegative ? "decr" : "incr") \(key) $.\(member) \(by)".utf8)
    case .delPart(let key, let member): return Array("del \(key) $.\(member)".utf8)
    case .all(let prefix): return Array("all\(prefix.map { " \($0)*" } ?? "")".utf8)
    case .keys(let prefix): return Array("keys\(prefix.map { " \($0)*" } ?? "")".utf8)
    case .undo(let count): return Array("undo \(count)".utf8)
    case .look(let key): return Array("look \(key)".utf8)
    case .embed(let key, let value): return Array("embed \(key) \(value)".utf8)
    default: return Array("\(self)".utf8)
    }
  }
}

/// The engine as a dictionary and a list of before-images: slow, and simple enough to believe.
///
/// What has expired is taken out before each command.
struct EngineModel {
  /// A value, and when it expires; 0 for never.
  struct Held: Equatable {
    var value: Value
    var expiry: Int64 = 0
  }

  struct Slot: Equatable {
    var held: Held
    var version: Int
    var value: Value { held.value }
  }

  struct Image {
    var key: String
    var before: Slot?
    /// The key's version before, or that of its absence.
    var versionBefore: Int
    /// The version that the write gave the key, or its absence if it removed it.
    var versionAfter: Int
  }

  struct Overlay {
    /// What was written: a value, or nil for a removal.
    var staged: [String: Held?] = [:]
    /// The version that each key had when it was seen; -1 if it had changed in between.
    var seen: [String: Int] = [:]
    var seenClock: Int?
    var seenExpirations = 0
  }

  struct Client {
    var isReadOnly = false
    var overlay: Overlay?
    var log: [[Image]] = []
  }

  struct Failure: Error {
    var code: QrrotError.Code
  }

  var data: [String: Slot] = [:]
  private var absences: [String: Int] = [:]
  /// Grows with every command that changed something.
  var clock = 0
  /// The time in milliseconds, which only goes on.
  var now: Int64
  /// How many keys have expired.
  private(set) var expirations = 0
  var clients: [Client]

  init(clientCount: Int, now: Int64) {
    self.now = now
    clients = Array(repeating: Client(), count: clientCount)
  }

  /// What client `index` gets for `command`, in the words of ``EngineClient``.
  mutating func run(_ command: ModelCommand, by index: Int) -> String {
    do throws(Failure) {
      takeOutExpired()
      if clients[index].isReadOnly, command.isWrite { throw Failure(code: .readOnly) }
      return try answer(command, index)
    } catch {
      return "error[\(error.code.rawValue)]"
    }
  }

  private mutating func answer(_ command: ModelCommand, _ index: Int) throws(Failure) -> String {
    switch command {
    case .put(let key, let value):
      write([(key, Held(value: value))], index)
      return "OK"
    case .get(let key): return Self.text(see(key, index)?.value)
    case .type(let key): return see(key, index)?.value.type.name ?? "(nil)"
    case .exists(let keys): return "\(keys.count { see($0, index) != nil })"
    case .del(let keys):
      let found = Set(keys.filter { see($0, index) != nil })
      write(found.map { ($0, nil) }, index)
      return "\(found.count)"
    case .add(let key, let by, let isNegative):
      let before = see(key, index)
      let sum = try sum(before?.value, by, isNegative)
      write([(key, Held(value: .int(sum), expiry: before?.expiry ?? 0))], index)
      return "\(sum)"
    case .getPart, .putPart, .addPart, .delPart: return try answerPart(command, index)
    case .expire(let key, let seconds): return expire(key, now + seconds * 1_000, index)
    case .expireat(let key, let distance): return expire(key, now + distance, index)
    case .ttl(let key):
      guard let held = see(key, index) else { return "-2" }
      return held.expiry == 0 ? "-1" : "\((held.expiry - now + 999) / 1_000)"
    case .persist(let key):
      guard let held = see(key, index), held.expiry != 0 else { return "0" }
      write([(key, Held(value: held.value))], index)
      return "1"
    case .all(let prefix):
      return scan(prefix, index).map { "\($0.0) \($0.1.type.name) \(Self.text($0.1))" }
        .joined(separator: "\n")
    case .keys(let prefix): return scan(prefix, index).map(\.0).joined(separator: "\n")
    case .size: return "\(seeAll(index).count)"
    case .clear:
      let keys = seeAll(index).keys
      _ = scan(nil, index)
      write(keys.map { ($0, nil) }, index)
      return "\(keys.count)"
    case .begin:
      guard clients[index].overlay == nil else { throw Failure(code: .refused) }
      clients[index].overlay = Overlay()
      return "OK"
    case .rollback:
      guard clients[index].overlay != nil else { throw Failure(code: .refused) }
      clients[index].overlay = nil
      return "OK"
    case .commit:
      try commit(index)
      return "OK"
    case .undo(let count): return try undo(count, index)
    case .look(let key): return Self.text(data[key]?.value)
    case .embed(let key, let value):
      clock += 1
      data[key] = Slot(held: Held(value: .string(value)), version: clock)
      return "OK"
    }
  }

  private mutating func answerPart(
    _ command: ModelCommand, _ index: Int
  ) throws(Failure) -> String {
    switch command {
    case .getPart(let key, let member):
      return try members(of: see(key, index))?.first { $0.name == member }?.text ?? "(nil)"
    case .putPart(let key, let member, let number):
      try set(member, to: number, key, index)
      return "OK"
    case .addPart(let key, let member, let by, let isNegative):
      let text = try members(of: see(key, index))?.first { $0.name == member }?.text ?? "0"
      let sum = try sum(Int64(text).map { .int($0) } ?? .string([]), by, isNegative)
      try set(member, to: sum, key, index)
      return "\(sum)"
    case .delPart(let key, let member):
      let held = see(key, index)
      guard var members = try members(of: held), let held else { return "0" }
      let count = members.count
      members.removeAll { $0.name == member }
      if members.count < count { write([(key, Self.object(members, held.expiry))], index) }
      return "\(count - members.count)"
    default: return ""
    }
  }

  private mutating func set(
    _ member: String, to number: Int64, _ key: String, _ index: Int
  ) throws(Failure) {
    let held = see(key, index)
    guard var members = try members(of: held), let held else { throw Failure(code: .path) }
    if let place = members.firstIndex(where: { $0.name == member }) {
      members[place].text = "\(number)"
    } else {
      members.append((member, "\(number)"))
    }
    write([(key, Self.object(members, held.expiry))], index)
  }

  /// The members of a json object, which has no object in it; nil for other json and what is absent.
  private func members(of held: Held?) throws(Failure) -> [(name: String, text: String)]? {
    guard let held else { return nil }
    guard case .json(let bytes) = held.value else { throw Failure(code: .type) }
    guard bytes.first == UInt8(ascii: "{") else { return nil }
    let text = String(decoding: bytes.dropFirst(2).dropLast(), as: UTF8.self)
    if text.isEmpty { return [] }
    return text.components(separatedBy: ",\"").map { member in
      let parts = member.components(separatedBy: "\":")
      return (parts[0], parts[1])
    }
  }

  private static func object(
    _ members: [(name: String, text: String)], _ expiry: Int64
  ) -> Held {
    let text = members.map { "\"\($0.name)\":\($0.text)" }.joined(separator: ",")
    return Held(value: .json(Array("{\(text)}".utf8)), expiry: expiry)
  }

  private func sum(_ before: Value?, _ by: Int64, _ isNegative: Bool) throws(Failure) -> Int64 {
    guard case .int(let integer) = before ?? .int(0) else { throw Failure(code: .type) }
    let (sum, overflow) =
      isNegative
      ? integer.subtractingReportingOverflow(by) : integer.addingReportingOverflow(by)
    if overflow { throw Failure(code: .range) }
    return sum
  }

  // MARK: - Expiry

  /// What the absence of a key is whose value of this version has expired.
  private static func expired(_ version: Int) -> Int { version + 1 << 40 }

  private mutating func takeOutExpired() {
    for (key, slot) in data where isDue(slot.held) {
      absences[key] = Self.expired(slot.version)
      data[key] = nil
      expirations += 1
    }
  }

  private func isDue(_ held: Held) -> Bool { held.expiry != 0 && held.expiry <= now }

  /// Nothing where the time is up.
  private func live(_ held: Held?) -> Held? { held.flatMap { isDue($0) ? nil : $0 } }

  private mutating func expire(_ key: String, _ time: Int64, _ index: Int) -> String {
    guard let held = see(key, index) else { return "0" }
    write([(key, time <= now ? nil : Held(value: held.value, expiry: time))], index)
    return "1"
  }

  // MARK: - Reading

  private mutating func see(_ key: String, _ index: Int) -> Held? {
    if let staged = clients[index].overlay?.staged[key] { return live(staged) }
    note(key, index)
    return data[key]?.held
  }

  /// That of the value, or that of the absence, which is below 0.
  private func version(of key: String) -> Int { data[key]?.version ?? absences[key] ?? 0 }

  private mutating func note(_ key: String, _ index: Int) {
    let version = version(of: key)
    // Seen in two states: no version will be this one, so the commit is a conflict.
    let isChanged = clients[index].overlay?.seen[key].map { $0 != version } ?? false
    clients[index].overlay?.seen[key] = isChanged ? .min : version
  }

  private func visible(_ index: Int) -> [String: Value] {
    var values = data.mapValues(\.value)
    for (key, held) in clients[index].overlay?.staged ?? [:] { values[key] = live(held)?.value }
    return values
  }

  private mutating func seeAll(_ index: Int) -> [String: Value] {
    if clients[index].overlay?.seenClock == nil {
      clients[index].overlay?.seenClock = clock
      clients[index].overlay?.seenExpirations = expirations
    }
    return visible(index)
  }

  private mutating func scan(_ prefix: String?, _ index: Int) -> [(String, Value)] {
    let rows = visible(index).filter { $0.key.hasPrefix(prefix ?? "") }.sorted { $0.key < $1.key }
    for row in rows where clients[index].overlay?.staged[row.key] == nil { note(row.key, index) }
    return rows.map { ($0.key, $0.value) }
  }

  // MARK: - Writing

  private mutating func write(_ changes: [(String, Held?)], _ index: Int) {
    guard clients[index].overlay != nil else { return apply(changes, index) }
    for (key, held) in changes {
      note(key, index)
      clients[index].overlay?.staged[key] = .some(held)
    }
  }

  private mutating func apply(_ changes: [(String, Held?)], _ index: Int) {
    var images: [Image] = []
    for (key, held) in changes where data[key]?.held != held {
      images.append(
        Image(
          key: key, before: data[key], versionBefore: version(of: key),
          versionAfter: held == nil ? -clock - 1 : clock + 1))
      data[key] = held.map { Slot(held: $0, version: clock + 1) }
      if held == nil { absences[key] = -clock - 1 }
    }
    guard !images.isEmpty else { return }
    clock += 1
    clients[index].log.append(images)
    if clients[index].log.count > Limits.undoWriteCount { clients[index].log.removeFirst() }
  }

  private mutating func commit(_ index: Int) throws(Failure) {
    guard let overlay = clients[index].overlay else { throw Failure(code: .refused) }
    clients[index].overlay = nil
    if let seen = overlay.seenClock, seen != clock || overlay.seenExpirations != expirations {
      throw Failure(code: .conflict)
    }
    for (key, seen) in overlay.seen where version(of: key) != seen {
      throw Failure(code: .conflict)
    }
    apply(overlay.staged.map { ($0.key, live($0.value)) }, index)
  }

  private mutating func undo(_ count: Int, _ index: Int) throws(Failure) -> String {
    guard clients[index].overlay == nil, count <= clients[index].log.count else {
      throw Failure(code: .refused)
    }
    var outcome: [String: Image] = [:]
    for image in clients[index].log.suffix(count).reversed().joined() {
      let now = outcome[image.key]?.versionBefore ?? version(of: image.key)
      guard now == image.versionAfter || now == Self.expired(image.versionAfter) else {
        throw Failure(code: .conflict)
      }
      outcome[image.key] = image
    }
    clients[index].log.removeLast(count)
    for (key, image) in outcome where image.before.map({ isDue($0.held) }) ?? false {
      outcome[key]?.before = nil
      outcome[key]?.versionBefore = Self.expired(image.versionBefore)
    }
    if outcome.contains(where: { data[$0.key]?.held != $0.value.before?.held }) { clock += 1 }
    for (key, image) in outcome {
      data[key] = image.before
      if image.before == nil { absences[key] = image.versionBefore }
    }
    return outcome.sorted { $0.key < $1.key }.map { key, image in
      image.before.map { "\(key) \($0.value.type.name) \(Self.text($0.value))" } ?? "\(key) nil"
    }.joined(separator: "\n")
  }

  static func text(_ value: Value?) -> String {
    guard let value else { return "(nil)" }
    var text: [UInt8] = []
    TextForm.append(value, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
